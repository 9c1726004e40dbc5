"""Which import gives a name its meaning."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from python_slm.checks.conventions import ALIASES, BASES, NAMES, PACKAGES
from python_slm.project.imports import statements_in

if TYPE_CHECKING:
    from python_slm.project.surroundings import Surroundings


def import_for(name: str, attribute: str, surroundings: Surroundings) -> str | None:
    """The statement that binds ``name``, of which ``attribute`` is used (or nothing); None where it is not clear.

    First as other files do it, then as everybody does it, where it is installed.
    """
    if statement := surroundings.imports.get(name) or _elsewhere(name, surroundings):
        return statement
    if name in NAMES:
        return f"from {NAMES[name]} import {name}"
    installed = surroundings.installed or frozenset()
    if attribute and ALIASES.get(name, "").partition(".")[0] in installed:
        return f"import {ALIASES[name]} as {name}"
    is_package = name in PACKAGES and name in installed
    is_base = name in BASES and hasattr(importlib.import_module(name), attribute)
    return f"import {name}" if attribute and (is_package or is_base) else None


def _elsewhere(name: str, surroundings: Surroundings) -> str | None:
    """How the code of other files that is at hand imports it, if all of it does so alike."""
    found = {
        statement for chunk in surroundings.chunks for bound, statement in statements_in(chunk.text) if bound == name
    }
    return found.pop() if len(found) == 1 else None
