"""Who is measured, and everything about them that a result depends on. Models load when first needed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from python_slm.engine.decode import Decoder
from python_slm.engine.model import Model
from python_slm.errors import EvaluationError
from python_slm.tokenizer import Tokenizer
from python_slm_training.evaluate.bits import model_bits, ngram_bits
from python_slm_training.evaluate.completers import copy_from_file
from python_slm_training.evaluate.infilling import empty, line_writer, reference
from python_slm_training.evaluate.ngram import NGram, NGramCompleter
from python_slm_training.evaluate.product import SETTINGS, EngineWriter, Product
from python_slm_training.evaluate.shards import sample_tokens
from python_slm_training.tokenize.shards import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from python_slm_training.evaluate.completers import Completer
    from python_slm_training.evaluate.infilling import Problem
    from python_slm_training.evaluate.shards import Sample

Baseline = Literal["copy", "ngram"]

MODEL, COPY, NGRAM, REFERENCE, EMPTY = "model", "copy-from-file", "n-gram", "reference", "empty middle"


@dataclass(frozen=True)
class Contestant:
    """One column of the report. ``identity`` is what its results depend on, fit for JSON."""

    name: str
    identity: dict[str, Any]
    completer: Callable[[], Completer] | None = None
    writer: Callable[[], Callable[[Problem], str]] | None = None
    bits: Callable[[Sample], Iterator[float]] | None = None
    capacity: int | None = None
    """Most tokens it reads; None: any number."""


class ModelUnderTest:
    """The exported model in ``folder``: each user of it gets a decoder with a cache of its own."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._folder = folder
        self._threads = threads

    @cached_property
    def model(self) -> Model:
        """The loaded model. Raises ModelError."""
        return Model.load(self._folder, threads=self._threads)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Name, version, and the digests of the files that decide what it says."""
        manifest = self.model.manifest
        decisive = (manifest.graphs[self.model.device], "tokenizer.json")
        digests = {name: manifest.files[name].sha256 for name in decisive}
        return {"name": manifest.name, "version": manifest.version, "sha256": digests}

    def contestant(self) -> Contestant:
        """The product on this model."""
        return Contestant(
            MODEL,
            {**self.identity, **asdict(SETTINGS), "device": self.model.device},
            completer=lambda: Product(Decoder(self.model)),
            writer=lambda: EngineWriter(Decoder(self.model)),
            bits=lambda sample: model_bits(self.model, sample),
            capacity=self.model.capacity,
        )


class NGramUnderTest:
    """An n-gram model of the training split in ``shards``, trained when first needed."""

    def __init__(self, shards: Path, *, order: int, most_tokens: int, seed: int, show: Callable[[str], object]) -> None:
        self._shards, self._order, self._most_tokens, self._seed, self._show = shards, order, most_tokens, seed, show

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The shards' tokenizer."""
        return Tokenizer.from_file(self._shards / "tokenizer.json")

    @cached_property
    def model(self) -> NGram:
        """The counts. Raises TrainingError when the shards are missing."""
        sample = sample_tokens(self._shards, "train", self._most_tokens, self._seed)
        self._show(f"n-gram: counting {len(sample.ids):,} tokens of {len(sample.paths):,} files")
        return NGram.train(sample, self.tokenizer.vocab_size, self._order)

    @property
    def identity(self) -> dict[str, Any]:
        """Order, size and the shards' digest."""
        meta = self._shards / "meta.json"
        if not meta.exists():
            raise EvaluationError(f"{meta}: not found; --shards takes a folder that 'slm train shards' wrote")
        return {
            "order": self._order,
            "most_tokens": self._most_tokens,
            "seed": self._seed,
            "shards_sha256": sha256(meta),
        }

    def contestant(self) -> Contestant:
        """The n-gram completer."""

        def completer() -> Completer:
            return NGramCompleter(self.model, self.tokenizer)

        return Contestant(
            NGRAM,
            self.identity,
            completer=completer,
            writer=lambda: line_writer(completer()),
            bits=lambda sample: ngram_bits(self.model, sample),
        )


def floor() -> Contestant:
    """Copy from the file at hand."""
    return Contestant(COPY, {}, lambda: copy_from_file, lambda: line_writer(copy_from_file))


def infilling_bounds() -> list[Contestant]:
    """What infilling is between: nothing written, and the benchmark's own solutions."""
    return [
        Contestant(REFERENCE, {}, writer=lambda: reference),
        Contestant(EMPTY, {}, writer=lambda: empty),
    ]
