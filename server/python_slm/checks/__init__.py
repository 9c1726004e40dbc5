"""What a suggestion must pass before it is shown: one file a check."""
