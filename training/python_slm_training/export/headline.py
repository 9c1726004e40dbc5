"""The few figures of an evaluation report that a model is judged by, for the manifest and the model card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURES: dict[str, tuple[str, ...]] = {
    "exact match of the line": ("replay", "*", "total", "exact"),
    "exact match within three suggestions": ("replay", "*", "total", "exact@3"),
    "edit similarity of the line": ("replay", "*", "total", "similarity"),
    "file parses with the suggestion": ("replay", "*", "total", "valid"),
    "ratio of completed code": ("typing", "*", "line", "completed"),
    "acceptance": ("typing", "*", "line", "acceptance"),
    "HumanEval, pass@1": ("programs", "HumanEval", "*"),
    "MBPP, pass@1": ("programs", "MBPP", "*"),
    "HumanEval-Infilling single-line, pass@1": ("infilling", "*", "single-line"),
    "HumanEval-Infilling multi-line, pass@1": ("infilling", "*", "multi-line"),
    "HumanEval-Infilling random-span, pass@1": ("infilling", "*", "random-span"),
    "HumanEvalPack, correct code likelier than buggy": ("bugs", "HumanEvalPack", "*", "prefers"),
    "HumanEvalPack, bug on the most surprising line": ("bugs", "HumanEvalPack", "*", "top-1"),
    "docstrings, chrF": ("docstrings", "*", "chrf"),
    "docstrings, written without a wrong claim": ("docstrings", "*", "faultless"),
    "bits per byte, held-out files": ("bits_per_byte", "*"),
}
"""Measure → where the report of ``slm eval`` has it; ``*`` is whoever was measured."""


def headline(report: Mapping[str, Any]) -> dict[str, Any]:
    """Command and date of the report, and measure → contestant → value, low and high (95 %); measures it has only."""
    figures = {measure: _by_contestant(report, path) for measure, path in MEASURES.items()}
    found: dict[str, Any] = {name: report[name] for name in ("command", "created") if name in report}
    found |= {"figures": {measure: values for measure, values in figures.items() if values}}
    return found if found["figures"] else {}


def _by_contestant(report: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, dict[str, float]]:
    place = path.index("*")
    section: Any = report
    for name in path[:place]:
        section = section.get(name) or {}
    found = {}
    for contestant, values in section.items():
        estimate: Any = values
        for name in path[place + 1 :]:
            estimate = (estimate or {}).get(name)
        if estimate and estimate.get("value") is not None:
            found[contestant] = {name: estimate[name] for name in ("value", "low", "high")}
    return found
