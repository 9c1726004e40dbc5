"""Bugs that need judgement: small rewrites of the code, and which of them the model finds much likelier than it."""
