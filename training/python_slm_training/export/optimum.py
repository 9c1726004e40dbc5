"""Optimum's ONNX graph: the float32 reference, and the graph for providers that lack our operators in float32."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from optimum.exporters.onnx import main_export

if TYPE_CHECKING:
    from pathlib import Path


def export_with_optimum(checkpoint: Path, folder: Path) -> Path:
    """Write ``folder/model.onnx`` with keys and values as inputs and outputs, and return its path.

    Optimum's own validation is off: it compares one short prompt, ``agreement`` compares real text in chunks.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing branches on shapes that do not change; torch deprecates its tracer
        main_export(
            str(checkpoint),
            folder,
            task="text-generation-with-past",
            framework="pt",
            local_files_only=True,
            do_validation=False,
        )
    return folder / "model.onnx"
