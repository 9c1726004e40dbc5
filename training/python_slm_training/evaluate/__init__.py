"""Measures a model: infilling in a sandbox, editor replay, bits per byte; the floors run beside it."""
