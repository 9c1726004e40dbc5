"""Checkpoint → the model folder that ``python_slm.engine`` runs."""
