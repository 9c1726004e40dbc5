"""What is imported is installed, and is there."""

from __future__ import annotations
import __future__

import ast
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict
from python_slm.checks.written import Reader, Written, ended
from python_slm.syntax.bindings import start_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.checks.base import Candidate, Place
    from python_slm.syntax.bindings import Spot
    from python_slm.syntax.scope import Reading

_RECKONED_WITH = {"ImportError", "ModuleNotFoundError", "Exception", ""}
_IMPORTED = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class InstalledImports:
    """Top-level modules against the user's environment, names against modules whose members are known."""

    reader: Reader
    name = "imports"

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        if not place.settings.validate or place.late():
            return Verdict.keep(candidate)
        written = self.reader.read(candidate, place)
        lengths = [
            written.length_to(reading, spot)
            for reading, mention in written.mentions()
            if isinstance(mention.node, ast.Import | ast.ImportFrom) and _RECKONED_WITH.isdisjoint(mention.at.caught)
            for spot in _absent(mention.node, reading, written)
        ]
        return ended(
            candidate, place, lengths, cut="the rest imports what is not there", dropped="imports what is not there"
        )


def _absent(node: ast.Import | ast.ImportFrom, reading: Reading, written: Written) -> Iterator[Spot]:
    """Where the candidate wrote a module or a name that does not exist."""
    places = [(one, (one.lineno, one.col_offset)) for one in node.names]
    if isinstance(node, ast.Import):
        for one, spot in places:
            end = (spot[0], spot[1] + len(one.name.encode()))
            if written.wrote(reading, spot, end) and not _installed(one.name, written):
                yield spot
        return
    if node.level:
        return
    module = node.module or ""
    if written.wrote(reading, start_of(node), places[0][1]) and not _installed(module, written):
        yield start_of(node)
        return
    members = _members(module, written)
    for one, spot in places:
        end = (spot[0], spot[1] + len(one.name.encode()))
        if members is not None and one.name not in members and one.name != "*" and written.wrote(reading, spot, end):
            yield spot


def _installed(module: str, written: Written) -> bool:
    """Whether it may be there: also what the file, which runs, imports elsewhere, and the project's own."""
    top = module.partition(".")[0]
    installed = written.place.surroundings.installed
    if installed is None or top in installed or top in sys.stdlib_module_names:
        return True
    return top in _IMPORTED.findall(written.place.document.text) or top in written.place.path.split("/")


def _members(module: str, written: Written) -> frozenset[str] | None:
    """What can be imported from a module; None where that is not known, as with packages, which have submodules."""
    if module == "__future__":
        return frozenset(__future__.all_feature_names)
    for definition in written.place.surroundings.definitions.values():
        if definition.kind == "module" and definition.module == module and not definition.path.endswith("__init__.py"):
            return definition.members
    return None
