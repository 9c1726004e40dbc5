"""The models that the process holds: one for each ``ModelSettings`` in use, shared by all connections.

Where the settings name no model, the registry does, and what it says may change at any time: ``Models.stamp`` tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias
from weakref import WeakValueDictionary

from python_slm.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_slm.bugs.finder import Finder
    from python_slm.engine.decode import Decoder
    from python_slm.project.surroundings import Surroundings
    from python_slm.registry import Registry
    from python_slm.settings import CompletionSettings, ContextSettings, ModelSettings
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.tasks.complete import Answer
    from python_slm.text import Document
    from python_slm.tokenizer import Tokenizer


class Completer(Protocol):
    """``tasks.complete.complete`` with its decoder bound."""

    def __call__(
        self,
        document: Document,
        offset: int,
        *,
        settings: CompletionSettings,
        cancelled: Callable[[], bool],
        path: str,
        blocks: BlockIndex | None,
        count: int,
        others_ms: float,
        surroundings: Surroundings,
        sources: ContextSettings,
    ) -> Answer:
        """At most ``count`` completions at ``offset``, the likeliest first."""


Factory: TypeAlias = "Callable[[ModelSettings], LoadedModel]"
"""Makes the model for some settings, under the name that its manifest has."""


class LoadedModel:
    """A completer, kept alive by the sessions that use it. ``name`` is the model's, with its version.

    ``decoder`` is the model behind it, for everything else that is asked of one: from the worker's thread only.
    ``finder`` loads what looks for bugs with it, None where it cannot.
    """

    def __init__(
        self,
        completer: Completer,
        name: str,
        tokenizer: Tokenizer,
        decoder: Decoder,
        finder: Callable[[], Finder | None] = lambda: None,
    ) -> None:
        self.completer = completer
        self.name = name
        self.tokenizer = tokenizer
        self.decoder = decoder
        self.finder = finder

    def named(self, name: str) -> LoadedModel:
        """The same under another name."""
        return LoadedModel(self.completer, name, self.tokenizer, self.decoder, self.finder)


@dataclass(frozen=True)
class Chosen:
    """A model that runs for a session, why it does, and what was wrong with the one that was to (else empty)."""

    model: LoadedModel
    why: str
    problem: str


class Models:
    """Loads a model once for all who ask for it, and lets go of it when the last of them does.

    Call ``load`` from the worker's thread only: loading takes seconds.
    """

    def __init__(self, factory: Factory, registry: Registry) -> None:
        self._factory = factory
        self._registry = registry
        self._loaded: WeakValueDictionary[ModelSettings, LoadedModel] = WeakValueDictionary()

    def stamp(self, settings: ModelSettings) -> tuple[int, ...]:
        """Changes when the registry may say something else for these settings; costs one look at the file system."""
        return () if settings.path else self._registry.stamp()

    def load(self, settings: ModelSettings, workspaces: Sequence[str]) -> Chosen:
        """The model for ``settings`` in these folders. Raises ModelError when it does not run."""
        choice = self._registry.choose(workspaces, named=settings.path)
        if choice.folder is None or settings.path:
            return Chosen(self._load(settings), choice.why, choice.problem)
        try:
            return Chosen(self._load(replace(settings, path=str(choice.folder)), choice.name), choice.why, "")
        except ModelError as error:
            problem = f"The active model does not run, the shipped one does. {error}"
            return Chosen(self._load(settings), "came with python-slm", problem)

    def _load(self, settings: ModelSettings, registered_as: str = "") -> LoadedModel:
        found = self._loaded.get(settings)
        if found is None:
            made = self._factory(settings)
            found = self._loaded[settings] = made.named(registered_as or made.name)
        return found


def onnx_model(settings: ModelSettings) -> LoadedModel:
    """The real thing: the folder that ``settings`` name, else the shipped one."""
    from python_slm.api import PythonSLM  # noqa: PLC0415 - onnxruntime takes 100 ms that initialize need not wait
    from python_slm.bugs.finder import Finder  # noqa: PLC0415
    from python_slm.engine.model import shipped_folder  # noqa: PLC0415
    from python_slm.settings import Settings  # noqa: PLC0415
    from python_slm.tasks.complete import complete  # noqa: PLC0415

    named = replace(settings, path=settings.path or str(shipped_folder()))  # the registry had its say already
    slm = PythonSLM.load(Settings(model=named))
    completer = partial(complete, decoder=slm.decoder, corpus=slm.corpus, show=slm.show)
    finder = cache(partial(Finder.load, Path(named.path), device=named.device, threads=named.threads))
    return LoadedModel(completer, slm.name, slm.decoder.model.tokenizer, slm.decoder, finder)
