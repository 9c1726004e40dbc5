"""A small real show filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from python_slm.checks.show import OperatingPoint, ShowFilter

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = {"completed": 0.3, "acceptance": 0.6, "wrong_per_100": 20.0, "characters_per_acceptance": 9.0}


def tiny_filter(path: Path) -> Path:
    """One that goes by the model's own likelihood; written to ``path``."""
    point = OperatingPoint(threshold=0.5, wrong=0.25, shown=1.0)
    learned = ShowFilter(
        features=("logprob", "tokens"),
        means=np.array([-2.0, 4.0]),
        scales=np.array([2.0, 3.0]),
        weights=np.array([1.5, -0.5]),
        bias=0.0,
        calibration=((-4.0, 0.02), (0.0, 0.5), (4.0, 0.98)),
        points=dict.fromkeys(("quiet", "balanced", "eager"), point),
        provenance={"stretches": 4, "typing": {"balanced": FIGURES}},
    )
    path.write_text(learned.to_json(), encoding="utf-8")
    return path
