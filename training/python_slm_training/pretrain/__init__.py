"""Shards → model: rows, optimiser, schedule, loop, checkpoints."""
