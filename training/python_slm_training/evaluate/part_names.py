"""What ``slm eval`` is made of, by name; on its own, so that ``slm eval --help`` loads nothing else."""

from typing import Literal, get_args

PartName = Literal[
    "replay",
    "typing",
    "breaking",
    "validity",
    "infilling",
    "programs",
    "bugs",
    "docstrings",
    "bits",
    "contamination",
    "latency",
]
PARTS: tuple[PartName, ...] = get_args(PartName)
