"""A graph as one file: what the engine reads whole, hashes and loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

    import onnx

_LARGEST_BYTES = (1 << 31) - 1
"""Protocol buffers end here."""


def save(model: onnx.ModelProto, path: Path) -> Path:
    """Write the graph with its weights inside. Raises ExportError when they are more than a file can hold."""
    if model.ByteSize() > _LARGEST_BYTES:
        raise ExportError(
            f"{path.name}: above 2 GB, more than one ONNX file can hold; export cpu-int4, or a GGUF variant"
        )
    path.write_bytes(model.SerializeToString())
    return path
