"""The models that the process holds: one for each ``ModelSettings`` in use, shared by all connections."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.settings import CompletionSettings, ModelSettings
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.tasks.complete import Completion
    from python_slm.text import Document


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
    ) -> list[Completion]:
        """At most ``count`` completions at ``offset``, the likeliest first."""


class LoadedModel:
    """A completer, kept alive by the sessions that use it."""

    def __init__(self, completer: Completer) -> None:
        self.completer = completer


class Models:
    """Loads a model once for all who ask for it, and lets go of it when the last of them does.

    Call ``load`` from the worker's thread only: loading takes seconds.
    """

    def __init__(self, factory: Callable[[ModelSettings], Completer]) -> None:
        self._factory = factory
        self._loaded: WeakValueDictionary[ModelSettings, LoadedModel] = WeakValueDictionary()

    def load(self, settings: ModelSettings) -> LoadedModel:
        """The model for ``settings``. Raises ModelError when it is missing, corrupt or does not run."""
        found = self._loaded.get(settings)
        if found is None:
            found = self._loaded[settings] = LoadedModel(self._factory(settings))
        return found


def onnx_completer(settings: ModelSettings) -> Completer:
    """The real thing: the model folder that ``settings`` name, on the device they ask for."""
    from python_slm.api import PythonSLM  # noqa: PLC0415 - onnxruntime takes 100 ms that initialize need not wait
    from python_slm.settings import Settings  # noqa: PLC0415
    from python_slm.tasks.complete import complete  # noqa: PLC0415

    return partial(complete, decoder=PythonSLM.load(Settings(model=settings)).decoder)
