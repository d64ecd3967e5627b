"""The operator's pages (Betrieb): are the towns that run here well, for people at /betrieb/ and for machines at /metrics."""
