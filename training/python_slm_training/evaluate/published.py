"""Figures that others published for small models, with their sources: what ours are put beside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Published:
    """One figure: ``value`` in 0 to 1 of one of ``measures.MEASURES``; ``parameters`` and ``tokens`` in millions."""

    model: str
    parameters: float
    tokens: float | None
    measure: str
    value: float
    source: str


def published(measures: Iterable[str]) -> list[Published]:
    """What ``published.json`` has for ``measures``, smallest models first; ``source`` is the full citation."""
    data = json.loads((files("python_slm_training.evaluate") / "published.json").read_text(encoding="utf-8"))
    wanted = set(measures)
    found = [
        Published(
            one["model"],
            one["parameters"],
            one["tokens"],
            one["measure"],
            one["percent"] / 100,
            data["sources"][one["source"]],
        )
        for one in data["figures"]
        if one["measure"] in wanted
    ]
    return sorted(found, key=lambda one: (one.measure, one.parameters))
