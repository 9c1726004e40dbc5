"""How far an exported graph's logits are from torch's, on real Python, read the way serving reads it."""

from __future__ import annotations

import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from python_slm.engine.cache import CHUNK_TOKENS
from python_slm.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from python_slm.engine.session import CachedSession
    from python_slm.tokenizer import Tokenizer

TEXTS = ("argparse.py", "dataclasses.py", "inspect.py", "json/decoder.py", "pathlib.py", "tempfile.py", "textwrap.py")
"""Standard library modules: real Python that every machine has."""


@dataclass(frozen=True)
class Agreement:
    """Over ``tokens`` positions: largest logit difference, cosine of logit rows, share of equal likeliest tokens."""

    tokens: int
    max_difference: float
    min_cosine: float
    mean_cosine: float
    top1: float

    def as_json(self) -> dict[str, float]:
        """For the manifest, rounded to what repeats."""
        return {name: float(f"{value:.6g}") for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Tolerance:
    """What is still agreement; ``None`` leaves a figure free."""

    max_difference: float | None = None
    mean_cosine: float | None = None
    top1: float | None = None

    def admits(self, found: Agreement) -> bool:
        """Whether ``found`` is inside."""
        return not self._complaints(found)

    def check(self, found: Agreement, graph: str) -> None:
        """Raise ExportError with the numbers when ``found`` is outside."""
        if complaints := self._complaints(found):
            raise ExportError(f"{graph}: does not agree with the checkpoint ({'; '.join(complaints)}); not exported")

    def _complaints(self, found: Agreement) -> list[str]:
        complaints = []
        if self.max_difference is not None and not found.max_difference <= self.max_difference:
            complaints.append(f"largest logit difference {found.max_difference:.3g} > {self.max_difference:g}")
        if self.mean_cosine is not None and not found.mean_cosine >= self.mean_cosine:
            complaints.append(f"mean logit cosine {found.mean_cosine:.4f} < {self.mean_cosine:g}")
        if self.top1 is not None and not found.top1 >= self.top1:
            complaints.append(f"same likeliest token {found.top1:.2%} < {self.top1:.2%}")
        return complaints


def python_texts(names: Sequence[str] = TEXTS) -> Iterator[str]:
    """Sources of standard library modules."""
    library = Path(sysconfig.get_path("stdlib"))
    for name in names:
        yield (library / name).read_text(encoding="utf-8")


def windows(tokenizer: Tokenizer, texts: Iterable[str], *, length: int) -> list[list[int]]:
    """The middle ``length`` tokens of every text; shorter texts whole."""
    found = []
    for text in texts:
        ids = tokenizer.encode(text)
        start = max(0, (len(ids) - length) // 2)
        found.append(ids[start : start + length])
    return found


def compare(
    expected: Iterable[NDArray[np.float32]],
    read: Callable[[Sequence[int]], NDArray[np.float32]],
    sequences: Iterable[Sequence[int]],
) -> Agreement:
    """Expected logits (tokens, vocab) of each sequence against those that ``read`` gives."""
    differences, cosines, same = [], [], []
    for want, ids in zip(expected, sequences, strict=True):
        got = read(ids)
        differences.append(np.abs(want - got).max(-1))
        cosines.append((want * got).sum(-1) / (np.linalg.norm(want, axis=-1) * np.linalg.norm(got, axis=-1)))
        same.append(want.argmax(-1) == got.argmax(-1))
    difference, cosine = np.concatenate(differences), np.concatenate(cosines)
    return Agreement(
        tokens=len(cosine),
        max_difference=float(difference.max()),
        min_cosine=float(cosine.min()),
        mean_cosine=float(cosine.mean()),
        top1=float(np.concatenate(same).mean()),
    )


def served(session: CachedSession) -> Callable[[Sequence[int]], NDArray[np.float32]]:
    """A session's logits (tokens, vocab) of ids, read as serving reads: in chunks, and the last tokens one by one."""

    def read(ids: Sequence[int]) -> NDArray[np.float32]:
        single = min(len(ids), 16)
        sizes = [CHUNK_TOKENS] * ((len(ids) - single) // CHUNK_TOKENS)
        sizes += [len(ids) - single - sum(sizes)] + [1] * single
        rows, past = [], 0
        for size in filter(None, sizes):
            chunk = np.asarray(ids[past : past + size], np.int32)
            rows.append(session.run(chunk, past, np.arange(size, dtype=np.int32)))
            past += size
        return np.concatenate(rows)

    return read
