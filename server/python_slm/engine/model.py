"""A model folder, loaded: the one place that knows ONNX Runtime's providers, threads and failures."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import onnxruntime as ort
import psutil
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from python_slm.engine.manifest import TOKENIZER, Manifest, verify
from python_slm.engine.session import PROVIDERS, open_session
from python_slm.errors import ModelCorruptError, ModelError, ModelMissingError
from python_slm.tokenizer import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from python_slm.engine.session import CachedSession

__all__ = ["LanguageModel", "Manifest", "Model", "shipped_folder", "threads_for", "verify"]

_MOST_THREADS = 4
_RUNTIME_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class LanguageModel(Protocol):
    """Anything that continues tokens; the decoder needs no more."""

    @property
    def tokenizer(self) -> Tokenizer:
        """What its ids mean."""

    @property
    def vocab_size(self) -> int:
        """Length of a row of logits."""

    @property
    def capacity(self) -> int:
        """Tokens that fit in its memory, prompt and answer together."""

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda``."""

    def forward(self, ids: Sequence[int], *, past: int) -> NDArray[np.float32]:
        """Read ``ids`` at positions ``past``…, and give the logits (vocab,) of what follows the last one.

        What was read at ``past`` and later before is forgotten: rolling back is calling with a smaller ``past``.
        """

    def score(self, ids: Sequence[int], *, past: int, positions: Sequence[int]) -> NDArray[np.float32]:
        """As ``forward``, with logits (positions, vocab) after each of ``positions`` of ``ids``."""


class Model:
    """A ``LanguageModel`` on ONNX Runtime. Not thread-safe: it has one KV buffer."""

    def __init__(
        self, manifest: Manifest, tokenizer: Tokenizer, session: CachedSession, *, device: str, threads: int
    ) -> None:
        self.manifest = manifest
        self.tokenizer = tokenizer
        self.vocab_size = tokenizer.vocab_size
        self.capacity = manifest.context_length
        self.device = device
        self.threads = threads
        self._session = session

    @classmethod
    def load(cls, folder: Path | None = None, *, device: str = "auto", threads: int = 0) -> Self:
        """Verify a folder (None: the shipped model) and load it.

        ``device`` is cpu, cuda or auto, which takes CUDA when this onnxruntime, the folder and the machine have it.
        ``threads`` 0 chooses from the machine. Raises ModelMissingError, ModelCorruptError, or ModelError when the
        device asked for is not there. Once loaded, the files may go.
        """
        manifest = Manifest.load(folder := folder or shipped_folder())
        tokenizer = Tokenizer.from_json(manifest.read(TOKENIZER).decode("utf-8", "replace"), where=str(folder))
        if tokenizer.vocab_size > manifest.vocab_size:
            raise ModelCorruptError(
                f"{folder / TOKENIZER}: {tokenizer.vocab_size} tokens, the model knows {manifest.vocab_size}; "
                "export it again with 'slm export'"
            )
        cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
        threads = threads or threads_for(cores=cores, load=psutil.getloadavg()[0])
        for chosen in _devices(manifest, device):
            session = _open(manifest, chosen, threads)
            if session.provider == PROVIDERS[chosen]:
                return cls(manifest, tokenizer, session, device=chosen, threads=threads)
        raise ModelError(f"device {device}: onnxruntime could not start it; 'slm doctor' says more, device cpu works")

    def forward(self, ids: Sequence[int], *, past: int) -> NDArray[np.float32]:
        """See ``LanguageModel.forward``. Raises ModelError when the tokens do not fit or ``ids`` is empty."""
        logits: NDArray[np.float32] = self.score(ids, past=past, positions=[len(ids) - 1])[0]
        return logits

    def score(self, ids: Sequence[int], *, past: int, positions: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As ``forward``, with logits (n, vocab) after each of ``positions`` of ``ids``; None means all."""
        if not ids or past < 0 or past + len(ids) > self.capacity:
            raise ModelError(f"{len(ids)} tokens after {past}: the model reads 1 to {self.capacity} tokens")
        wanted = range(len(ids)) if positions is None else positions
        try:
            logits = self._session.run(np.asarray(ids, np.int32), past, np.asarray(wanted, np.int32))
        except _RUNTIME_ERRORS as error:
            raise ModelError(f"onnxruntime failed on {len(ids)} tokens after {past}: {_reason(error)}") from error
        return logits[:, : self.vocab_size]

    def describe(self) -> str:
        """One line for ``slm doctor``: what runs where, and the memory it takes."""
        graph = self.manifest.graphs[self.device]
        weights = self.manifest.files[graph].bytes
        return (
            f"{self.manifest.name} {self.manifest.version}, {graph} ({weights / 1e6:.1f} MB) "
            f"on {self._session.provider}, "
            f"{self.threads} thread{'s' * (self.threads != 1)}, {self.capacity} tokens of context "
            f"({self._session.kv_bytes / 1e6:.1f} MB of keys and values), onnxruntime {ort.__version__}"
        )


def shipped_folder() -> Path:
    """Where the shipped model lies. Raises ModelMissingError when the package is not installed."""
    try:
        return Path(str(files("python_slm_model")))
    except ModuleNotFoundError as error:
        raise ModelMissingError("python_slm_model: not installed; reinstall python-slm") from error


def threads_for(*, cores: int, load: float) -> int:
    """Engine threads for a machine with ``cores`` physical cores and a load average of ``load``.

    Cores that are taken are left alone: two threads on one free core wait for each other at every operator (8.3 ms a
    token against 5.0 with one thread). More than four gain nothing at these sizes.
    """
    return max(1, min(_MOST_THREADS, cores - round(load)))


def _devices(manifest: Manifest, asked: str) -> list[str]:
    built, has = PROVIDERS["cuda"] in ort.get_available_providers(), "cuda" in manifest.graphs
    if not manifest.graphs:
        raise ModelError(
            f"{manifest.folder}: holds no graph for python-slm; add one with 'slm export --variant cpu-int8'"
        )
    if asked == "auto" and "cpu" in manifest.graphs:
        return ["cuda", "cpu"] if built and has else ["cpu"]
    asked = "cuda" if asked == "auto" else asked
    if asked not in PROVIDERS:
        raise ModelError(f"device {asked!r}: not one of auto, {', '.join(PROVIDERS)}")
    if asked == "cuda" and not built:
        raise ModelError("device cuda: this onnxruntime has no CUDA; install onnxruntime-gpu in its place (see README)")
    if asked not in manifest.graphs:
        raise ModelError(f"device {asked}: {manifest.name} has no graph for it; choose {' or '.join(manifest.graphs)}")
    return [asked]


def _open(manifest: Manifest, device: str, threads: int) -> CachedSession:
    name = manifest.graphs[device]
    try:
        return open_session(manifest.read(name), manifest, device=device, threads=threads)
    except (*_RUNTIME_ERRORS, ValueError) as error:
        raise ModelCorruptError(
            f"{manifest.folder / name}: onnxruntime {ort.__version__} cannot load it ({_reason(error)}); "
            "export it again with 'slm export', or upgrade onnxruntime"
        ) from error


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
