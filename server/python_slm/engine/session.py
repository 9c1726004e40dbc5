"""One ONNX Runtime session and its KV cache, behind one call: ids at a position → logits.

Two graphs are known, told apart by their inputs: ours (the cache is one buffer, written in place) and Optimum's (the
cache grows by concatenation), which is slower but runs in float32 on every provider, and in float16 on CUDA.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import onnxruntime as ort

if TYPE_CHECKING:
    from numpy.typing import NDArray


PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class NetworkShape(Protocol):
    """The sizes that decide the cache's; a Manifest has them."""

    @property
    def layers(self) -> int:
        """Number of layers."""

    @property
    def kv_heads(self) -> int:
        """Key-value heads a layer."""

    @property
    def head_dim(self) -> int:
        """Values a head."""

    @property
    def context_length(self) -> int:
        """Tokens the cache holds."""

    @property
    def vocab_size(self) -> int:
        """Logits a token."""


class CachedSession(Protocol):
    """The network and what it has read so far."""

    @property
    def provider(self) -> str:
        """The execution provider that really runs it; onnxruntime falls back to the CPU without an error."""

    @property
    def kv_bytes(self) -> int:
        """Memory reserved or held for keys and values now."""

    def run(self, ids: NDArray[np.int32], past: int, positions: NDArray[np.int32]) -> NDArray[np.float32]:
        """Logits (n, vocab) after each of ``positions`` (n,) of ``ids`` (tokens,), which follow ``past`` cached tokens.

        The cache then holds past + tokens; anything that lay beyond ``past`` is forgotten.
        """


def open_session(graph: bytes, shape: NetworkShape, *, device: str, threads: int) -> CachedSession:
    """Load a graph on a device.

    Raises ValueError when the graph is of another shape; onnxruntime's errors pass: the caller knows the file's name.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(graph, options, providers=[PROVIDERS[device]])
    _check(session, shape)
    if "seqlens_k" in {node.name for node in session.get_inputs()}:
        return SharedCacheSession(session, shape)
    return GrowingCacheSession(session, shape, device)


def _check(session: Any, shape: NetworkShape) -> None:
    caches = [node.shape for node in session.get_inputs() if node.name.startswith("past")]
    found = (len(caches), *(caches[0][1::2] if caches else ()), session.get_outputs()[0].shape[-1])
    wanted = (2 * shape.layers, shape.kv_heads, shape.head_dim, shape.vocab_size)
    if found != wanted:
        raise ValueError(f"the graph has (caches, heads, head size, vocabulary) {found}, its manifest says {wanted}")


class SharedCacheSession:
    """Our graph. Keys and values live in one zeroed buffer, bound once as past and as present.

    The operating system gives memory to a page of the buffer when it is first written, so a short prompt costs little.
    Everything bound is written in place: a decode step allocates nothing (0.1 ms a token saved, measured).
    """

    def __init__(self, session: Any, shape: NetworkShape) -> None:
        self._session = session
        self._binding = session.io_binding()
        cache = (1, shape.kv_heads, shape.context_length, shape.head_dim)
        self._cache = [np.zeros(cache, np.float32) for _ in range(2 * shape.layers)]
        names = [f"{layer}.{kind}" for layer in range(shape.layers) for kind in ("key", "value")]
        for name, array in zip(names, self._cache, strict=True):
            value = ort.OrtValue.ortvalue_from_numpy(array)
            self._binding.bind_ortvalue_input(f"past.{name}", value)
            self._binding.bind_ortvalue_output(f"present.{name}", value)
        self._vocab = shape.vocab_size
        self._last = self._input("seqlens_k", np.zeros(1, np.int32))
        self._total = self._input("total_length", np.zeros((), np.int32))
        self._bind_ids(1)
        self._bind_positions(1)

    @property
    def provider(self) -> str:
        """See CachedSession."""
        return str(self._session.get_providers()[0])

    @property
    def kv_bytes(self) -> int:
        """Size of the buffer."""
        return sum(array.nbytes for array in self._cache)

    def run(self, ids: NDArray[np.int32], past: int, positions: NDArray[np.int32]) -> NDArray[np.float32]:
        """See CachedSession. The caller keeps past + tokens within the buffer."""
        if len(ids) != self._ids.shape[1]:
            self._bind_ids(len(ids))
        if len(positions) != len(self._positions):
            self._bind_positions(len(positions))
        self._ids[0] = ids
        self._positions[:] = positions
        self._total[...] = past + len(ids)
        self._last[0] = past + len(ids) - 1
        self._session.run_with_iobinding(self._binding)
        return self._logits.copy()

    def _bind_ids(self, tokens: int) -> None:
        self._ids = self._input("ids", np.zeros((1, tokens), np.int32))

    def _bind_positions(self, count: int) -> None:
        self._positions = self._input("positions", np.zeros(count, np.int32))
        self._logits = np.zeros((count, self._vocab), np.float32)
        self._binding.bind_ortvalue_output("logits", ort.OrtValue.ortvalue_from_numpy(self._logits))

    def _input(self, name: str, array: NDArray[np.int32]) -> NDArray[np.int32]:
        self._binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
        return array


class GrowingCacheSession:
    """Optimum's graph (``text-generation-with-past``). The cache stays on the device while tokens are only appended."""

    def __init__(self, session: Any, shape: NetworkShape, device: str) -> None:
        self._session = session
        self._device = device
        self._names = [f"{layer}.{kind}" for layer in range(shape.layers) for kind in ("key", "value")]
        self._inputs = {node.name for node in session.get_inputs()}
        half = any(node.type == "tensor(float16)" for node in session.get_inputs())
        empty = np.zeros((1, shape.kv_heads, 0, shape.head_dim), np.float16 if half else np.float32)
        self._value_bytes = empty.itemsize
        self._cache = [self._value(empty) for _ in self._names]
        self._length = 0

    @property
    def provider(self) -> str:
        """See CachedSession."""
        return str(self._session.get_providers()[0])

    @property
    def kv_bytes(self) -> int:
        """Size of the keys and values held now."""
        return sum(self._value_bytes * int(np.prod(value.shape())) for value in self._cache)

    def run(self, ids: NDArray[np.int32], past: int, positions: NDArray[np.int32]) -> NDArray[np.float32]:
        """See CachedSession."""
        if past < self._length:
            self._cache = [self._value(np.ascontiguousarray(value.numpy()[:, :, :past])) for value in self._cache]
        total = past + len(ids)
        feeds = {
            "input_ids": ids[None].astype(np.int64),
            "attention_mask": np.ones((1, total), np.int64),
            "position_ids": np.arange(past, total, dtype=np.int64)[None],
        }
        binding = self._session.io_binding()
        for name, array in feeds.items():
            if name in self._inputs:
                binding.bind_cpu_input(name, array)
        binding.bind_output("logits", "cpu")
        for name, value in zip(self._names, self._cache, strict=True):
            binding.bind_ortvalue_input(f"past_key_values.{name}", value)
            binding.bind_output(f"present.{name}", self._device)
        self._session.run_with_iobinding(binding)
        logits, *self._cache = binding.get_outputs()
        self._length = total
        chosen: NDArray[np.float32] = logits.numpy()[0, positions]
        return chosen

    def _value(self, array: NDArray[np.floating[Any]]) -> Any:
        return ort.OrtValue.ortvalue_from_numpy(array, self._device, 0)
