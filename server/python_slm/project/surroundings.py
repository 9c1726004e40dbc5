"""What is known beyond the open file when a request comes: an immutable snapshot, gathered off the hot path.

Everything may be missing: a completion never waits for any of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from python_slm.syntax.parameters import Parameter, ParameterKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from python_slm.engine.recall import Memory

_WORD = re.compile(r"[^\W\d]\w{2,}")

__all__ = [
    "NOTHING_KNOWN",
    "Chunk",
    "ChunkSource",
    "Definition",
    "DefinitionKind",
    "Parameter",
    "ParameterKind",
    "Surroundings",
]

DefinitionKind = Literal["module", "class", "function", "variable"]
ChunkSource = Literal["definition", "importer", "related", "tab", "edit", "yank"]


@dataclass(frozen=True)
class Definition:
    """What a name of the open file resolves to in another file.

    ``parameters`` and ``members`` are None when they are not known for certain: nothing may be refused on account of
    them then. A class has the parameters of its constructor, ``self`` left out. ``members`` are what may stand after a
    dot, inherited names included. ``path`` is relative to the workspace folder if it lies there; ``line`` is from zero.
    """

    name: str
    kind: DefinitionKind
    module: str
    path: str
    line: int
    signature: str
    """Source text of the header, ``def area(self, scale=1) -> float:``; empty for modules and variables."""
    summary: str
    """First paragraph of the docstring."""
    parameters: tuple[Parameter, ...] | None = None
    members: frozenset[str] | None = None
    docstring: str = ""
    """All of it, dedented, up to ``describe.DOCSTRING_CHARACTERS``."""


@dataclass(frozen=True)
class Chunk:
    """Text of another place that may help, and why it is here; ``path`` is relative to the workspace folder."""

    source: ChunkSource
    path: str
    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        """Identifiers in it, to compare it with other text."""
        return words(self.text)


@dataclass(frozen=True)
class Surroundings:
    """``definitions`` by the name that the open file uses (``np``, ``path.join``); ``chunks``, most useful first.

    ``memory`` are the project's n-grams. ``installed`` tells whether ``import NAME`` finds a top-level module in the
    user's environment; None where the environment is not known. ``imports`` are the statements by which other files
    of the project import a name, where they agree.
    """

    definitions: Mapping[str, Definition] = field(default_factory=lambda: MappingProxyType({}))
    chunks: tuple[Chunk, ...] = ()
    memory: Memory | None = None
    installed: frozenset[str] | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """How much is known of each sort, for traces."""
        return {
            "definitions": len(self.definitions),
            "chunks": len(self.chunks),
            "installed": len(self.installed or ()),
            "memory": int(self.memory is not None),
        }

    imports: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def words(text: str) -> frozenset[str]:
    """Identifiers of at least three characters, keywords too."""
    return frozenset(_WORD.findall(text))


NOTHING_KNOWN = Surroundings()
