"""The operator's pages (Betrieb): are the towns that run here well, for people and, at /metrics, for machines."""
