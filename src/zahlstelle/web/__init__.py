"""The frame around every page: headers, health, what all templates know."""
