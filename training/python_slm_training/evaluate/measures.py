"""The figures that the report compares models by: name, unit, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """One line of the comparison."""

    label: str
    unit: Literal["percent", "number"] = "percent"
    lower_is_better: bool = False


EXACT, EXACT_AT_3 = "replay.exact", "replay.exact@3"
PREFERS, TOP_1, TOP_3 = "prefers", "top-1", "top-3"
BITS = "bits_per_byte"

MEASURES: dict[str, Measure] = {
    EXACT: Measure("exact match of the line, first suggestion"),
    EXACT_AT_3: Measure("exact match within three suggestions"),
    "replay.similarity": Measure("edit similarity of the line"),
    "replay.shown": Measure("cursors with a suggestion"),
    "replay.precision": Measure("exact among the shown"),
    "replay.valid": Measure("file parses with the suggestion"),
    "typing.completed": Measure("ratio of completed code"),
    "typing.saved": Measure("keystrokes saved"),
    "typing.acceptance": Measure("accepted, of shown"),
    "infilling.single-line": Measure("HumanEval-Infilling single-line, pass@1"),
    "infilling.multi-line": Measure("HumanEval-Infilling multi-line, pass@1"),
    "infilling.random-span": Measure("HumanEval-Infilling random-span, pass@1"),
    "infilling.random-span-light": Measure("HumanEval-Infilling random-span-light, pass@1"),
    "programs.HumanEval": Measure("HumanEval, pass@1"),
    "programs.MBPP": Measure("MBPP, pass@1"),
    "docstrings.chrf": Measure("docstring: chrF against the committed one"),
    "docstrings.facts": Measure("docstring: claims that are right"),
    "docstrings.faultless": Measure("docstring: written without a wrong claim"),
    "docstrings.parameters": Measure("docstring: parameters described"),
    BITS: Measure("bits per byte, held-out repositories", "number", lower_is_better=True),
}
"""Name → measure, in the order of the report. Bug pairs and task answers are named by their source as well."""

_BY_SOURCE = {
    PREFERS: "correct code likelier than buggy",
    TOP_1: "bug on the most surprising line",
    TOP_3: "bug among the 3 most surprising lines",
    "named": "asked, names the bug's line",
    "alarm": "asked, false alarm on correct code",
    "exact": "answers equal to the target",
    "chrf": "chrF of the answers",
}


def measure(name: str) -> Measure:
    """The measure of that name; ``bugs.SOURCE.KIND`` and ``answers.TASK.KIND`` are made up from their parts."""
    if name in MEASURES:
        return MEASURES[name]
    source, _, kind = name.partition(".")[2].rpartition(".")
    return Measure(f"{source}: {_BY_SOURCE.get(kind, kind)}", lower_is_better=kind == "alarm")
