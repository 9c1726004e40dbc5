r"""python-slm: completions for Python from a small model that runs on this machine.

::

    from python_slm import Document, PythonSLM

    slm = PythonSLM.load()
    document = Document("file:///app.py", "import os\nprint(os.")
    for completion in slm.complete(document, len(document.text)).completions:
        print(completion.text)

``PythonSLM``, ``Completion`` and ``Trace`` are imported when first used: they bring ONNX Runtime and libcst with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from python_slm.errors import (
    DocumentError,
    MissingExtraError,
    ModelCorruptError,
    ModelError,
    ModelMissingError,
    SettingsError,
    SLMError,
    TokenizerError,
)
from python_slm.settings import CompletionSettings, ModelSettings, Settings
from python_slm.text import Change, Document, Position

if TYPE_CHECKING:
    from python_slm.api import PythonSLM
    from python_slm.tasks.complete import Answer, Completion, Trace

__all__ = [
    "Answer",
    "Change",
    "Completion",
    "CompletionSettings",
    "Document",
    "DocumentError",
    "MissingExtraError",
    "ModelCorruptError",
    "ModelError",
    "ModelMissingError",
    "ModelSettings",
    "Position",
    "PythonSLM",
    "SLMError",
    "Settings",
    "SettingsError",
    "TokenizerError",
    "Trace",
]

_LAZY = {
    "Answer": "python_slm.tasks.complete",
    "Completion": "python_slm.tasks.complete",
    "PythonSLM": "python_slm.api",
    "Trace": "python_slm.tasks.complete",
}


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
