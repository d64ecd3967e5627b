"""The tables of all rooms, one file a room; only its room opens a file (machine-checked)."""
