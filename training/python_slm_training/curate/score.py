"""A score of quality from 0 to 1, as a weighted mean of what reviewers ask for and a program can count."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from python_slm_training.collect.record import Record
    from python_slm_training.curate.survey import Survey

WEIGHTS = {
    "documented": 0.25,  # share of public modules, classes and functions with a docstring
    "short functions": 0.20,  # share of functions of at most 50 lines
    "distinct lines": 0.15,  # share of long lines that occur once
    "short lines": 0.10,  # share of lines of at most 100 characters
    "annotated": 0.10,  # share of arguments with a type
    "clean": 0.10,  # 1 / (1 + bare except, import *, mutable defaults and == None a hundred lines)
    "named": 0.10,  # share of functions in snake_case with more than two letters
}
POPULARITY_WEIGHT = 0.1  # log10(1 + stars or downloads a day) / 5, where the source knows them
_LONG_FUNCTION, _LONG_LINE, _MIN_LINE = 50, 100, 12


def quality_of_code(record: Record, found: Survey) -> float:
    """Quality of a module, rounded to hundredths; a part that does not apply (no functions, say) is left out."""
    lines = record.text.split("\n")
    functions = found.functions
    parts: dict[str, float] = {
        "documented": found.documented / found.public,
        "distinct lines": _distinct(lines),
        "short lines": _share(len(line) <= _LONG_LINE for line in lines),
        "clean": 1 / (1 + 100 * found.smells / len(lines)),
    }
    if functions:
        parts["short functions"] = _share(size <= _LONG_FUNCTION for _, size in functions)
        parts["named"] = _share(len(name) > 2 and name == name.lower() for name, _ in functions)  # noqa: PLR2004
    if found.arguments:
        parts["annotated"] = found.annotated / found.arguments
    return _mean(parts, WEIGHTS, record.metadata.extra)


TEXT_WEIGHTS = {"distinct lines": 0.4, "words": 0.3, "short lines": 0.3}


def quality_of_text(record: Record) -> float:
    """Quality of prose or of a question: distinct lines, words rather than symbols, and votes where there are some."""
    lines = record.text.split("\n")
    letters = sum(map(str.isalpha, record.text)) / max(1, len(record.text.replace(" ", "")))
    parts = {
        "distinct lines": _distinct(lines),
        "words": min(1.0, letters / 0.8),
        "short lines": _share(len(line) <= 5 * _LONG_LINE for line in lines),
    }
    score = _mean(parts, TEXT_WEIGHTS, record.metadata.extra)
    votes = record.metadata.extra.get("score")
    if not isinstance(votes, int | float):
        return score
    return round((score + 1 / (1 + math.exp(-votes / 5))) / 2, 2)  # ten votes are worth 0.88, none 0.5


def _distinct(lines: list[str]) -> float:
    long = [stripped for line in lines if len(stripped := line.strip()) >= _MIN_LINE]
    return len(set(long)) / len(long) if long else 1.0


def _share(values: Iterable[bool]) -> float:
    counted = list(values)
    return sum(counted) / len(counted) if counted else 1.0


def _mean(parts: Mapping[str, float], weights: Mapping[str, float], extra: Mapping[str, object]) -> float:
    total = sum(weights[name] for name in parts)
    score = sum(weights[name] * value for name, value in parts.items()) / total
    known = [value for name in ("stars", "downloads") if isinstance(value := extra.get(name), int | float)]
    if known:
        popularity = min(1.0, math.log10(1 + max(0, *known)) / 5)
        score = (1 - POPULARITY_WEIGHT) * score + POPULARITY_WEIGHT * popularity
    return round(score, 2)
