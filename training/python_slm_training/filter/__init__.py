"""What the show filter is learned from, and how: outcomes of simulated typing → ``filter.json``."""
