"""Who is measured, and everything about them that a result depends on. Models load when first needed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from python_slm.checks.show import FILTER, show_of
from python_slm.engine.decode import Decoder
from python_slm.engine.model import Model
from python_slm.errors import EvaluationError
from python_slm.settings import ContextSettings
from python_slm.tokenizer import Tokenizer
from python_slm_training.evaluate.completers import copy_from_file
from python_slm_training.evaluate.held_out import Read, read_by_model, read_by_ngram
from python_slm_training.evaluate.infilling import SOLUTION_PATH, InfillingProblem, line_writer
from python_slm_training.evaluate.neighbours import Neighbours
from python_slm_training.evaluate.ngram import NGram, NGramCompleter
from python_slm_training.evaluate.product import SETTINGS, Product, Writer
from python_slm_training.evaluate.shards import sample_tokens
from python_slm_training.tokenize.shards import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from python_slm.settings import CompletionSettings, Settings
    from python_slm_training.evaluate.completers import Completer
    from python_slm_training.evaluate.sources import Project, SourceFile

COPY, NGRAM = "copy-from-file", "n-gram"


@dataclass(frozen=True)
class Contestant:
    """One column of the report. ``identity`` is what its results depend on, fit for JSON.

    What it cannot do is None: floors complete lines, only models write programs and judge code.
    """

    name: str
    identity: dict[str, Any]
    completer: Callable[[], Completer] | None = None
    filler: Callable[[], Callable[[InfillingProblem], str]] | None = None
    reader: Callable[[SourceFile, str], Read] | None = None
    under_test: ModelUnderTest | None = None
    product: Callable[[], Product] | None = None


class ModelUnderTest:
    """The exported model in ``folder``. Its users take turns: they share one KV buffer."""

    def __init__(self, name: str, folder: Path, *, projects: Sequence[Project] = (), threads: int = 0) -> None:
        self.name = name
        self.folder = folder
        self._projects = projects
        self._threads = threads

    @cached_property
    def model(self) -> Model:
        """The loaded model. Raises ModelError."""
        return Model.load(self.folder, threads=self._threads)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Name, version, and the digests of the files that decide what it says."""
        manifest = self.model.manifest
        decisive = (manifest.graphs[self.model.device], "tokenizer.json", *({FILTER} & manifest.files.keys()))
        digests = {name: manifest.files[name].sha256 for name in decisive}
        parameters = manifest.training.get("parameters")
        return {"name": manifest.name, "version": manifest.version, "parameters": parameters, "sha256": digests}

    @cached_property
    def decoder(self) -> Decoder:
        """The one that knows what is in the KV buffer."""
        return Decoder(self.model)

    @cached_property
    def neighbours(self) -> Neighbours:
        """The projects that its completions are replayed in."""
        return Neighbours(self._projects, self.model.tokenizer)

    def product(
        self,
        settings: CompletionSettings = SETTINGS,
        sources: ContextSettings = ContextSettings(),  # noqa: B008 - immutable
    ) -> Product:
        """What a user would have under these settings."""
        show = show_of(self.model.manifest)
        return Product(self.decoder, settings, show=show, neighbours=self.neighbours, sources=sources)

    def writer(self) -> Writer:
        """The bare engine."""
        return Writer(self.decoder)

    def contestant(self) -> Contestant:
        """The product with its default settings, and the bare engine, on this model."""
        return Contestant(
            self.name,
            {**self.identity, **asdict(SETTINGS), "device": self.model.device},
            completer=self.product,
            product=self.product,
            filler=self._filler,
            reader=lambda file, text: read_by_model(self.model, file, text),
            under_test=self,
        )

    def variant(self, name: str, settings: Settings) -> Contestant:
        """The product with other settings, by another name; only what it completes is measured."""
        patient = replace(settings.completion, deadline_ms=SETTINGS.deadline_ms)
        sources = {f"context.{source}": wanted for source, wanted in asdict(settings.context).items() if wanted}
        identity = {**self.identity, **asdict(patient), **sources, "device": self.model.device}

        def product() -> Product:
            return self.product(patient, settings.context)

        return Contestant(name, identity, completer=product, product=product)

    def _filler(self) -> Callable[[InfillingProblem], str]:
        writer = self.writer()

        def fill(problem: InfillingProblem) -> str:
            most = problem.variant.most_tokens
            return writer.fill(problem.prefix, problem.suffix, path=SOLUTION_PATH, most=most, stop=problem.cut)

        return fill


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
            filler=lambda: line_writer(completer()),
            reader=lambda file, text: read_by_ngram(self.model, self.tokenizer, file, text),
        )


def floor() -> Contestant:
    """Copy from the file at hand."""
    return Contestant(COPY, {}, lambda: copy_from_file, lambda: line_writer(copy_from_file))
