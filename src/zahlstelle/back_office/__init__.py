"""The treasurer's way (/kasse/): today's money, what is in suspense, one claim's life, the book, bank files."""
