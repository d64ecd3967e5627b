"""A payment provider, its card page and a bank to test against. Knows nothing of Zahlstelle's own code."""
