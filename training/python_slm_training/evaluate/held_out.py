"""Bits per byte and perplexity on files of held-out repositories: how well a model predicts code.

Every model reads the same first bytes of the same files with its own tokens and as much context as it has. Bits per
byte compare models of any tokenizer; perplexity is a token's, and compares only models of the same one. The path,
which a model is told first, is not counted. The n-gram model learns from the file as it goes.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.evaluate.intervals import Observations
from python_slm_training.evaluate.product import surprise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.tokenizer import Tokenizer
    from python_slm_training.evaluate.ngram import NGram
    from python_slm_training.evaluate.product import Scorer
    from python_slm_training.evaluate.sources import SourceFile

MOST_CHARACTERS = 4096


@dataclass(frozen=True)
class Read:
    """What one document cost a model: ``bits`` over ``tokens`` of its own and ``size`` bytes."""

    file: str
    bits: float
    tokens: int
    size: int


def sample_documents(files: Sequence[SourceFile], count: int, seed: int) -> list[tuple[SourceFile, str]]:
    """``count`` random files, each with its first lines: 4096 characters at most."""
    chosen = random.Random(f"{seed}:documents").sample(files, min(count, len(files)))  # noqa: S311 - reproducible
    return [(file, _whole_lines(file.text)) for file in chosen]


def read_by_model(model: Scorer, file: SourceFile, text: str) -> Read:
    """A neural model reads the document."""
    nats = surprise(model, text, path=file.path).nats
    return Read(file.key, float(nats.sum()) / math.log(2), len(nats), len(text.encode()))


def read_by_ngram(model: NGram, tokenizer: Tokenizer, file: SourceFile, text: str) -> Read:
    """The n-gram model does."""
    ids = np.array(tokenizer.encode(text), np.int64)
    context = ids.tolist()
    bits = -sum(float(np.log2(model.distribution(context[:n], ids[:n])[ids[n]])) for n in range(len(ids)))
    return Read(file.key, bits, len(ids), len(text.encode()))


def bits_per_byte(reads: Sequence[Read]) -> Observations:
    """Bits over bytes, by document."""
    return Observations([one.bits for one in reads], [float(one.size) for one in reads], [one.file for one in reads])


def perplexity(reads: Sequence[Read]) -> float:
    """2 to the bits a token."""
    return float(2 ** (sum(one.bits for one in reads) / max(1, sum(one.tokens for one in reads))))


def _whole_lines(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[: text.rfind("\n", 0, MOST_CHARACTERS) + 1] or text[:MOST_CHARACTERS]
