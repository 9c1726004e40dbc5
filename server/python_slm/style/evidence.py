"""How strongly code speaks for a convention: counts, and a share that holds with 97.5 % certainty."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_Z = 1.959964
LEAST_SHARE = 0.85
"""The lower bound of a share from which on it is a convention: seven of eight, with certainty."""
LEAST_LIMIT_SHARE = 0.98
"""The same for limits of size, which nearly everything keeps or nobody means: 49 of 50."""
LEAST_PLACES = 20
LEAST_FILES = 3
"""Places in one file are one author's afternoon."""


def lower_bound(kept: int, total: int) -> float:
    """Wilson's lower bound of the share ``kept / total``, 95 % interval (J. Am. Stat. Assoc. 22, 1927); 0 of 0 is 0."""
    if not total:
        return 0.0
    share, square = kept / total, _Z * _Z
    middle = share + square / (2 * total)
    spread = _Z * math.sqrt((share * (1 - share) + square / (4 * total)) / total)
    return max(0.0, (middle - spread) / (1 + square / total))


@dataclass(frozen=True)
class Place:
    """Where something was seen: ``path`` relative to what was learned from, line from 1, and what it does there."""

    path: str
    line: int
    value: str


@dataclass(frozen=True)
class Evidence:
    """What code does about one convention: ``kept`` of ``total`` places in ``files`` files do as ``wanted``.

    ``subject`` is the entry of a table (a module); ``others`` counts what the rest does instead.
    """

    key: str
    what: str
    wanted: str | float | tuple[str, ...]
    kept: int
    total: int
    files: int
    subject: str = ""
    least: float = LEAST_SHARE
    least_places: int = LEAST_PLACES
    least_files: int = LEAST_FILES
    others: Mapping[str, int] = field(default_factory=dict)
    exceptions: tuple[Place, ...] = ()

    @property
    def lower(self) -> float:
        """The least share of places that keep it, with 97.5 % certainty."""
        return lower_bound(self.kept, self.total)

    @property
    def adopted(self) -> bool:
        """Whether that is strong enough to hold others to it."""
        return self.lower >= self.least and self.total >= self.least_places and self.files >= self.least_files

    @property
    def name(self) -> str:
        """The key, with its entry where it is a table's."""
        return f"{self.key}.{self.subject}" if self.subject else self.key

    @property
    def told(self) -> str:
        """``143 of 151 (94.7 %, certainly over 89.9 %) in 31 files``."""
        share = 100 * self.kept / self.total if self.total else 0.0
        sure = f"{share:.1f} %, certainly over {100 * self.lower:.1f} %"
        return f"{self.kept} of {self.total} ({sure}) in {self.files} files"
