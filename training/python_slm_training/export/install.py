"""A finished export takes the place of an earlier one, so that being killed at any moment leaves nothing that lies.

At every moment the folder loads as what it was, does not load at all, or loads as what it becomes: the old manifest
goes first, the new one comes last, and every file arrives whole. A folder left without a manifest is mended by
exporting again.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.engine.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_STAGING = ".export"


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """An empty folder inside ``out`` to write an export to; gone afterwards, with what a killed run left there."""
    folder = out / _STAGING
    shutil.rmtree(folder, ignore_errors=True)
    new = not out.exists()
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if new and not any(out.iterdir()):
            out.rmdir()


def install(staged: Path, out: Path, stale: Collection[str] = ()) -> None:
    """Move the files of ``staged``, a manifest among them, into ``out``.

    What the former manifest listed, and the ``stale`` names, go unless they come again; other files stay.
    """
    new = {path.name for path in staged.iterdir()}
    old = _listed(out)
    (out / MANIFEST).unlink(missing_ok=True)
    for name in sorted(({*old, *stale}) - new):
        (out / name).unlink(missing_ok=True)
    for name in sorted(new - {MANIFEST}):
        (staged / name).replace(out / name)
    (staged / MANIFEST).replace(out / MANIFEST)


def _listed(out: Path) -> set[str]:
    """Plain names in the manifest that is there; an unreadable one lists nothing."""
    try:
        names = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if Path(name).name == name}
