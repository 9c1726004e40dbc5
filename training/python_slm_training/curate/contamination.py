"""Recognise benchmark problems inside training files, so that they can be left out."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.errors import CorpusError
from python_slm_training.curate.words import ngrams, word_hashes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

GRAM = 13  # words; the size of GPT-3's overlap study, arXiv:2005.14165 appendix C
MIN_LINE = 20  # characters
MIN_LINES = 3
MIN_SHARE = 0.6  # of a problem's long lines

_CODE_FIELDS = ("prompt", "canonical_solution", "suffix")
_OTHER_FIELDS = ("code", "text", "docstring", "instruction", "buggy_solution")


@dataclass(frozen=True)
class Benchmarks:
    """13-grams of every problem, sorted, and which problems a normalised line belongs to."""

    grams: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    lines: dict[str, tuple[int, ...]] = field(default_factory=dict)
    line_counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, folder: Path) -> Benchmarks:
        """Read all ``*.jsonl``, ``*.jsonl.gz`` and ``*.json`` below ``folder``. Raises CorpusError if there is none."""
        texts = sorted({text for item in _items(folder) for text in _texts(item)})
        if not texts:
            raise CorpusError(f"{folder}: no benchmark problems; expected *.jsonl, *.jsonl.gz or *.json with code")
        grams = np.unique(np.concatenate([ngrams(word_hashes(text), GRAM) for text in texts]))
        owners: dict[str, list[int]] = {}
        counts = []
        for index, text in enumerate(texts):
            lines = _long_lines(text)
            counts.append(len(lines))
            for line in lines:
                owners.setdefault(line, []).append(index)
        return cls(grams, {line: tuple(found) for line, found in owners.items()}, tuple(counts))

    def overlap(self, text: str, words: NDArray[np.uint64]) -> str | None:
        """How ``text`` (with its ``word_hashes``) overlaps a problem: ``13-gram``, ``lines`` or None."""
        if self._shares_gram(words):
            return "13-gram"
        return "lines" if self._shares_lines(text) else None

    def _shares_gram(self, words: NDArray[np.uint64]) -> bool:
        found = ngrams(words, GRAM)
        if not len(self.grams) or not len(found):
            return False
        places = np.searchsorted(self.grams, found)
        places[places == len(self.grams)] = 0
        return bool(np.any(self.grams[places] == found))

    def _shares_lines(self, text: str) -> bool:
        shared = self.lines.keys() & _long_lines(text) if self.lines else set()
        if len(shared) < MIN_LINES:
            return False
        hits = Counter(problem for line in shared for problem in self.lines[line])
        return any(count >= max(MIN_LINES, MIN_SHARE * self.line_counts[problem]) for problem, count in hits.items())


def _long_lines(text: str) -> set[str]:
    stripped = (line.strip() for line in text.split("\n"))  # most lines need no more: a third of the time
    lines = (" ".join(line.split()) if "  " in line or "\t" in line else line for line in stripped)
    return {line for line in lines if len(line) >= MIN_LINE and not line.startswith(("import ", "from "))}


def _items(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.json*")):
        if path.name.endswith((".jsonl", ".jsonl.gz")):
            with (
                gzip.open(path, "rt", encoding="utf-8")
                if path.suffix == ".gz"
                else path.open(encoding="utf-8") as lines
            ):
                yield from (json.loads(line) for line in lines if line.strip())
        elif path.suffix == ".json":
            data = json.loads(path.read_text("utf-8"))
            yield from (data if isinstance(data, list) else [])


def _texts(item: dict[str, Any]) -> Iterator[str]:
    """A problem with its solution as one text, and each other field as another."""
    code = [str(item[name]) for name in _CODE_FIELDS if item.get(name)]
    if item.get("suffix") and item.get("canonical_solution"):  # infilling: the solution goes between
        code = [str(item["prompt"]), str(item["canonical_solution"]), str(item["suffix"])]
    if code:
        yield "".join(code)
    yield from (str(item[name]) for name in _OTHER_FIELDS if item.get(name))
