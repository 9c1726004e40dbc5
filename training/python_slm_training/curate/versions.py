"""The oldest Python that could run a module: by its syntax, and by the modules and members it imports.

What the standard library has since when comes from vermin, whose tables are kept up to date. Its own visitor takes five
times as long as everything else that is done with a tree, and stops at modules that support two versions at once.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vermin import Config
from vermin.rules import MOD_MEM_REQS, MOD_REQS

if TYPE_CHECKING:
    from python_slm_training.curate.survey import Survey

_NEWEST = 14
VERSIONS = tuple(f"3.{minor}" for minor in range(_NEWEST + 1))


def minimum(found: Survey) -> str:
    """One of VERSIONS.

    Syntax counts always. A module of the standard library counts only if the file has no ``try`` to go without it.
    Not seen: underscores in numbers, ``f"{x=}"``, and methods of objects.
    """
    minor = found.since
    if not found.is_tolerant:
        table = _since()
        minor = max([minor, *(table.get(name, 0) for name in found.modules | found.members)])
    return VERSIONS[min(minor, _NEWEST)]


@cache
def _since() -> dict[str, int]:
    """Minor version of Python 3 that brought a module or a member of one; those of 3.0 are left out."""
    config = Config()
    required = {**MOD_MEM_REQS(config), **MOD_REQS(config)}
    return {name: three[1] for name, (_, three) in required.items() if three and three[1] > 0}
