"""What is learned about a model goes beside it: with an export, or into a folder that is there."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from python_slm.bugs.calibration import FILE as BUGS
from python_slm.bugs.calibration import Calibration
from python_slm.checks.show import FILTER, ShowFilter
from python_slm.engine.manifest import MANIFEST, Manifest
from python_slm.errors import ExportError
from python_slm_training.export.card import model_card
from python_slm_training.export.folder import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CARD = "README.md"
_ABOUT = ("created", "stretches", "questions", "history", "held_out", "typing")


def copy_filter(path: Path, folder: Path) -> dict[str, Any]:
    """Copy a filter into a folder under its name, and say what the manifest says of it. Raises ExportError."""
    text = _read(path)
    about = ShowFilter.from_json(text, where=str(path)).provenance
    (folder / FILTER).write_text(text, encoding="utf-8")
    return {"show_filter": {name: about[name] for name in _ABOUT if name in about}}


def install_filter(path: Path, model: Path) -> None:
    """Put a filter into an exported model's folder, in its manifest and in its card. Raises as ``_install``."""
    _install(model, FILTER, lambda folder: copy_filter(path, folder))


def install_bugs(path: Path, model: Path) -> None:
    """Put a calibration of bug findings there. Raises as ``_install``."""
    _install(model, BUGS, lambda folder: copy_bugs(path, folder))


def copy_bugs(path: Path, folder: Path) -> dict[str, Any]:
    """Copy a calibration of bug findings into a folder under its name, and say what the manifest says of it."""
    text = _read(path)
    learned = Calibration.from_json(text, where=str(path))
    (folder / BUGS).write_text(text, encoding="utf-8")
    return {"bug_findings": {**learned.provenance, "on": [name for name, kind in learned.kinds.items() if kind.on]}}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{path}: cannot be read ({error})") from error


def _install(model: Path, name: str, copy: Callable[[Path], dict[str, Any]]) -> None:
    """Put a file into a model's folder.

    Killed on the way, it leaves a folder that loads as before, or not at all until this is done again: the old manifest
    goes first, the new one comes last. Raises ExportError or ModelError.
    """
    Manifest.load(model)
    values = json.loads((model / MANIFEST).read_text(encoding="utf-8"))
    staged = model / ".beside"
    staged.mkdir(exist_ok=True)
    try:
        values.setdefault("export", {}).update(copy(staged))
        values["files"] = dict(sorted({**values["files"], name: fingerprint(staged / name)}.items()))
        text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
        (staged / MANIFEST).write_text(text, encoding="utf-8")
        card = model_card(values)
        (model / MANIFEST).unlink()
        (staged / name).replace(model / name)
        (model / _CARD).write_text(card, encoding="utf-8")
        (staged / MANIFEST).replace(model / MANIFEST)
    finally:
        shutil.rmtree(staged)
