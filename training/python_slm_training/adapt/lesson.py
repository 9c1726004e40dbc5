"""What is learned from: windows of the repository beside windows of general code, and gaps as a person leaves them.

Windows are told left to right or with a hidden middle, and every token of them counts: at equal cost they teach some
twenty times more tokens than single gaps do. The gaps (the rest of a line, lines, a block, in as much of their file as
fits) are what the model is asked when it serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm_training.collect.record import SUFFIX, Metadata, Record, writing
from python_slm_training.pretrain.spans import choose_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.random import Generator

    from python_slm_training.evaluate.sources import SourceFile

_MOST_WINDOWS = 3600
"""Tuning reads 4000 documents of general code; larger repositories get longer windows, of which it draws a part."""
_SHORTEST = 200
_STEERING = 20  # one general file in so many is for validation while training
_SIDE = 3000
"""Characters of a file before and after a gap; what does not fit the model's context is cut later."""


@dataclass(frozen=True)
class Lesson:
    """``corpus`` has the windows, in splits train and valid; ``gaps`` and ``valid`` are infilling examples."""

    corpus: Path
    gaps: list[dict[str, Any]]
    valid: list[dict[str, Any]]
    characters: int
    """Of the repository's code to learn from."""


def make_lesson(
    train: Sequence[SourceFile],
    development: Sequence[SourceFile],
    general: Sequence[SourceFile],
    *,
    corpus: Path,
    window: int,
    general_share: float,
    seed: int = 0,
) -> Lesson:
    """Write the windows to ``corpus`` and make the gaps. ``window`` is what the model reads at once, in characters."""
    rng = np.random.default_rng([seed, 7])
    characters = sum(len(file.text) for file in train)
    steering, replayed = general[::_STEERING], [file for at, file in enumerate(general) if at % _STEERING]
    own = _windows(train, max(window, round(characters / ((1 - general_share) * _MOST_WINDOWS))))
    wanted = round(len(own) * general_share / (1 - general_share))
    ahead = _windows(development, window)
    _write(corpus / "train" / f"folder-lesson{SUFFIX}", own + _drawn(_windows(replayed, window), wanted, rng))
    _write(corpus / "valid" / f"folder-lesson{SUFFIX}", ahead + _drawn(_windows(steering, window), len(ahead), rng))
    return Lesson(corpus, _gaps(train, 4 * len(own), rng), _gaps(development, 200, rng), characters)


def _windows(files: Iterable[SourceFile], size: int) -> list[SourceFile]:
    """Files cut at line ends into pieces of about ``size`` characters."""
    found: list[SourceFile] = []
    for file in files:
        start = 0
        while start < len(file.text):
            end = file.text.find("\n", start + size)
            end = len(file.text) if end < 0 or len(file.text) - end < _SHORTEST else end + 1
            found.append(type(file)(file.project, file.path, file.text[start:end]))
            start = end
    return found


def _drawn(windows: list[SourceFile], count: int, rng: Generator) -> list[SourceFile]:
    chosen = rng.permutation(len(windows))[:count]
    return [windows[int(at)] for at in chosen]


def _gaps(files: Sequence[SourceFile], count: int, rng: Generator) -> list[dict[str, Any]]:
    """``count`` infilling examples; every character of the files has the same chance to be near a gap."""
    sizes = np.array([len(file.text) for file in files], float)
    found: list[dict[str, Any]] = []
    for at in rng.choice(len(files), count, p=sizes / sizes.sum()):
        file = files[int(at)]
        middle = int(rng.integers(0, len(file.text)))
        low = file.text.rfind("\n", 0, max(0, middle - _SIDE)) + 1
        text = file.text[low : middle + _SIDE]
        near = max(0, middle - low - 200)
        start, end = choose_span(text[near : middle - low + 400], rng, line_share=1.0)
        target = text[near + start : near + end]
        if target.strip():
            gap = {"prefix": text[: near + start], "suffix": text[near + end :], "target": target}
            found.append({"task": "infill", "path": file.path, **gap})
    return found


def _write(path: Path, files: Iterable[SourceFile]) -> None:
    with writing(path) as put:
        for number, file in enumerate(files):
            about = Metadata("folder", file.project, file.path, "", "", "", None)
            put(Record(file.text, f"{file.key}#{number}", about))
