"""Where ruff is: the one spelling of it, for all that asks ruff something."""

from __future__ import annotations

import shutil
import sysconfig


def installed_ruff() -> str | None:
    """The executable that came with the product, else the user's own; None where there is none."""
    return shutil.which("ruff", path=sysconfig.get_path("scripts")) or shutil.which("ruff")
