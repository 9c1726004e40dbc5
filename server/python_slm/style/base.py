"""The interface of a rule of style: one file in ``catalog`` with a ``RULE``, found by being there."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from python_slm.rules.base import rules_in
from python_slm.style import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from python_slm.findings import Fix, Severity
    from python_slm.style.conventions import Convention, Sight, Value
    from python_slm.style.reading import Reading
    from python_slm.syntax.blocks import Block, BlockIndex
    from python_slm.syntax.located import Located


@dataclass(frozen=True)
class Whole:
    """The file, for what no block knows alone; ``path`` from the project's root, with forward slashes."""

    index: BlockIndex
    path: str
    test: bool

    @cached_property
    def blocks_with_members(self) -> Sequence[Block]:
        """Long classes, in order."""
        return [block for block in self.index.blocks if block.members]


class StyleRule(ABC):
    """Sights of its ``conventions``, whatever anybody wants there; a profile makes findings of them.

    Its file's docstring is its documentation in ruff's headings. Beside it stand its tests: ``PROFILE``, the values
    under which ``VALID`` raises nothing and ``INVALID`` what its ⟦…⟧ hold, and ``MENDED``, for those with a fix.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = "information"
    conventions: ClassVar[tuple[Convention, ...]]

    @abstractmethod
    def sights(self, block: Reading) -> Iterator[Sight]:
        """What the code of one block does; kept with it as long as its text stays."""

    def gathered(self, sights: Iterable[Sight], whole: Whole) -> Iterable[Sight]:  # noqa: ARG002 - for those who need it
        """What the file does, from the sights of its blocks: the same, unless a rule is about the whole."""
        return sights

    def mend(self, code: Located, sight: Sight, wanted: Value) -> Fix | None:  # noqa: ARG002 - for those who can
        """The edit that makes a place do as wanted; None where there is none that is certain."""
        return None

    @property
    def documentation(self) -> str:
        """Its file's docstring, Markdown."""
        return sys.modules[type(self).__module__].__doc__ or ""


def style_rules() -> list[StyleRule]:
    """Every one in ``catalog``, by name of its file."""
    return [one for one in rules_in(catalog) if isinstance(one, StyleRule)]
