"""Optimum's ONNX graph: the float32 reference, and the graph for providers that lack our operators in float32."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from optimum.exporters.onnx import main_export

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Only errors of these loggers: the tied head, named twice in torch's graph, is no news."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def export_with_optimum(checkpoint: Path, folder: Path) -> Path:
    """Write ``folder/model.onnx`` with keys and values as inputs and outputs, and return its path.

    Optimum's own validation is off: it compares one short prompt, ``agreement`` compares real text in chunks.
    """
    with warnings.catch_warnings(), _quiet("optimum", "transformers"):
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
