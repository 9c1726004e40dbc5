"""Rules of our own: what is certain from the code alone and ruff does not say. One file a rule, in ``catalog``."""
