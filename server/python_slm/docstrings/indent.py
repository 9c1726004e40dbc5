"""Indentation that a file would have one level deeper."""

from __future__ import annotations

_STEP = 4


def step(indent: str) -> str:
    """One step of indentation in a file that has this one somewhere."""
    return "\t" if "\t" in indent else " " * _STEP
