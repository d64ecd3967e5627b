"""The conformance kit: what every provider adapter must keep, shown against something that plays its provider."""
