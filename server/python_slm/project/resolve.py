"""What the names of an open file stand for in other files and in the user's environment. Takes 10–500 ms: see resolver.

jedi follows a name to the file and line that define it, also in code that does not parse; what stands there is read
from that file's own syntax tree (see ``describe``). Nobody's code is run: not the project's, not the environment's.
"""

from __future__ import annotations

import ast
import os
import sys
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jedi
from jedi.api.environment import InterpreterEnvironment

from python_slm.project import describe
from python_slm.project.environment import find_environment, installed, own_library
from python_slm.project.names import names_used
from python_slm.project.secret import is_secret
from python_slm.project.surroundings import Definition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from python_slm.project.surroundings import DefinitionKind, Parameter

_KEPT_TREES = 128
_MAX_BASES = 20
_OTHER_SYSTEMS = frozenset(("ntpath", "posixpath")) - {os.path.__name__}
"""What ``os.path`` is elsewhere: jedi takes the last import there is."""
_WITHOUT_MEMBERS = frozenset(("Generic", "Protocol", "ABC", "object"))


@dataclass(frozen=True)
class _Found:
    """Where a name leads: the node, its file, and the scope it belongs to (None for a module)."""

    node: ast.stmt | ast.Module
    scope: ast.Module | ast.ClassDef | None
    path: Path
    module: str


def resolve(
    text: str, offset: int, path: str, root: str | Path, python: str = "", *, variables: Mapping[str, str] | None = None
) -> dict[str, Definition]:
    """What the names at ``offset`` of ``text`` stand for, by the name as the file spells it (``np``, ``np.zeros``).

    ``path`` is the file's, from ``root`` if relative; ``python`` is an interpreter or environment folder (see
    ``environment.find_environment``, which also says what ``variables`` are for: by default the process's own).
    """
    return Resolver(Path(root), python, os.environ if variables is None else variables).resolve(text, offset, path)


class Resolver:
    """Resolves names for one project; keeps what it has read of other files."""

    def __init__(self, root: Path, python: str, variables: Mapping[str, str]) -> None:
        self._root = root.absolute()
        self.environment = find_environment(self._root, python, variables)
        paths = self.environment.search_path if self.environment else own_library()
        self._project = jedi.Project(self._root, sys_path=[str(self._root / "src"), *paths])
        self._trees: OrderedDict[tuple[Path, int], ast.Module | None] = OrderedDict()
        self._scripts: dict[Path, Any] = {}
        self.left: frozenset[str] = frozenset()

    def installed(self, path: str) -> frozenset[str] | None:
        """Top-level modules that the file ``path`` may import; None where the environment is not known."""
        return installed(self.environment, self._root, path) if self.environment else None

    def resolve(
        self,
        text: str,
        offset: int,
        path: str,
        *,
        names: frozenset[str] | None = None,
        late: Callable[[], bool] = lambda: False,
    ) -> dict[str, Definition]:
        """See the function; only ``names`` where they are given.

        When ``late`` becomes true, ``left`` are those that there was no time for.
        """
        self._scripts = {}  # they keep what they inferred, also of files that have changed since
        file = self._root / path
        script = self._scripts[file] = self._new_script(text, file)
        lines = _Lines(text)
        found: dict[str, Definition] = {}
        wanted = names_used(text, offset)
        if names is not None:  # with what they are taken from: a method of a class is not called like one of an object
            owners = {name[:at] for name in names for at, letter in enumerate(name) if letter == "."}
            wanted = {name: at for name, at in wanted.items() if name in names or name in owners}
        self.left = frozenset(wanted)
        for name, place in wanted.items():
            if not late():
                self.left -= {name}
                owner = found.get(name.rpartition(".")[0])
                definition = self._definition(name, self._goto(script, *lines.at(place)), owner)
                if definition is not None and self._root / definition.path != file and not is_secret(definition.path):
                    found[name] = definition
        return found

    def _script(self, path: Path) -> Any:
        if path not in self._scripts:
            self._scripts[path] = self._new_script(None, path)
        return self._scripts[path]

    def _new_script(self, text: str | None, path: Path | None = None) -> Any:
        return jedi.Script(text, path=path, project=self._project, environment=InterpreterEnvironment())

    @staticmethod
    def _goto(script: Any, line: int, column: int) -> list[Any]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # extension modules that cannot be imported here
                return list(script.goto(line, column, follow_imports=True))
        except Exception:  # noqa: BLE001 - jedi trips over code it was not tested with, in any way there is
            return []

    def _definition(self, name: str, places: list[Any], owner: Definition | None) -> Definition | None:
        places = [here for one in places for here in self._on_this_system(one)]
        place = next((one for one in places if one.module_path is not None), None)
        if place is None:
            return None
        tree = self._tree(Path(place.module_path))
        kind: DefinitionKind = place.type if place.type in ("module", "class", "function") else "variable"
        found = _found(place, tree) if tree else None
        certain = len(places) == 1
        node = found.node if found and isinstance(found.node, ast.stmt) else None
        if node is not None and describe.is_attribute(node):
            kind = "variable"
        path = Path(place.module_path)
        shown = path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)
        return Definition(
            name,
            kind,
            place.module_name or "",
            shown,
            max(0, (place.line or 1) - 1),
            describe.header(node) if node is not None and kind != "variable" else "",
            describe.summary(found.node) if found else "",
            self._parameters(found, owner) if found and certain and kind in ("class", "function") else None,
            self._members(found) if found and certain and kind in ("class", "module") else None,
            describe.docstring(found.node) if found else "",
        )

    def _on_this_system(self, place: Any) -> list[Any]:
        if place.module_name not in _OTHER_SYSTEMS:
            return [place]
        module = os.path.__name__
        attribute = "" if place.type == "module" else f".{place.name}"
        return self._goto(self._new_script(f"import {module}\n{module}{attribute}"), 2, len(module + attribute) - 1)

    def _tree(self, path: Path) -> ast.Module | None:
        try:
            key = (path, path.stat().st_mtime_ns)
        except OSError:
            return None
        if key not in self._trees:
            self._trees[key] = describe.parse(path)
            while len(self._trees) > _KEPT_TREES:
                self._trees.popitem(last=False)
        self._trees.move_to_end(key)
        return self._trees[key]

    def _parameters(self, found: _Found, owner: Definition | None) -> tuple[Parameter, ...] | None:
        node, scope = found.node, found.scope
        if isinstance(node, ast.ClassDef):
            return self._constructor(found)
        if not isinstance(node, describe.Function) or scope is None or found.path.suffix == ".pyi":
            return None  # a stub may be of another version than what is installed
        if isinstance(scope, ast.ClassDef) and owner is None:
            return None
        return describe.parameters(node, scope, receiver=owner is not None and owner.kind == "variable")

    def _constructor(self, found: _Found) -> tuple[Parameter, ...] | None:
        lineage = self._lineage(found)
        if lineage is None or found.path.suffix == ".pyi":
            return None
        for one in lineage:
            node = one.node
            if not isinstance(node, ast.ClassDef) or one.module == "builtins" or not describe.has_plain_class(node):
                return None
            if any("dataclass" in ast.unparse(mark) for mark in node.decorator_list):
                return describe.dataclass_parameters(node) if not describe.has_constructor(node) else None
            if describe.has_constructor(node):
                maker = describe.constructor(node)
                return describe.parameters(maker, node, receiver=True) if maker else None
        return ()

    def _members(self, found: _Found) -> frozenset[str] | None:
        if isinstance(found.node, ast.Module):
            return _stub_members(found) if found.path.suffix == ".pyi" else _module_members(found)
        lineage = self._lineage(found)
        if lineage is None:
            return None
        every: set[str] = set()
        for one in lineage:
            if not isinstance(one.node, ast.ClassDef):
                return None
            builtin = one.module == "builtins"
            own = describe.builtin_members(one.node.name) if builtin else describe.own_members(one.node)
            if own is None or (one.path.suffix == ".pyi" and not builtin):
                return None
            every |= own
        return frozenset(every)

    def _lineage(self, found: _Found) -> list[_Found] | None:
        """The class and its bases, depth first; None when one of them is not found for certain."""
        lineage: list[_Found] = []
        pending = [found]
        while pending:
            one = pending.pop(0)
            if not isinstance(one.node, ast.ClassDef) or len(lineage) >= _MAX_BASES:
                return None
            lineage.append(one)
            if one.module == "builtins":
                continue
            bases = [self._base(one, base) for base in one.node.bases if not _adds_nothing(base)]
            if any(base is None for base in bases):
                return None
            pending = [*filter(None, bases), *pending]
        return lineage

    def _base(self, owner: _Found, base: ast.expr) -> _Found | None:
        named = base.value if isinstance(base, ast.Subscript) else base
        if not isinstance(named, ast.Name | ast.Attribute) or named.end_lineno is None:
            return None
        text = _read(owner.path)
        line = text.splitlines()[named.end_lineno - 1].encode()[: named.end_col_offset]
        column = len(line.decode(errors="replace")) - 1
        places = self._goto(self._script(owner.path), named.end_lineno, column)
        if len(places) != 1 or places[0].module_path is None or places[0].type != "class":
            return None
        tree = self._tree(Path(places[0].module_path))
        return _found(places[0], tree) if tree else None


class _Lines:
    """Offsets of a text as jedi counts: lines from 1, columns from 0."""

    def __init__(self, text: str) -> None:
        self._text = text

    def at(self, offset: int) -> tuple[int, int]:
        before = self._text[:offset].splitlines(keepends=True)
        if before and not before[-1].endswith(("\n", "\r")):
            return len(before), len(before[-1])
        return len(before) + 1, 0


def _found(place: Any, tree: ast.Module) -> _Found | None:
    path, module = Path(place.module_path), place.module_name or ""
    if place.type == "module":
        return _Found(tree, None, path, module)
    located = describe.locate(tree, place.name, place.line) if place.line else None
    return _Found(located[0], located[1], path, module) if located else None


def _module_members(found: _Found) -> frozenset[str] | None:
    return describe.module_members(found.node, found.path) if isinstance(found.node, ast.Module) else None


def _stub_members(found: _Found) -> frozenset[str] | None:
    """Members of a module that has no source: those built into this Python are asked themselves."""
    if found.module not in sys.builtin_module_names or not isinstance(found.node, ast.Module):
        return None
    return frozenset((*describe.bound(found.node.body), *dir(__import__(found.module))))


def _adds_nothing(base: ast.expr) -> bool:
    named = base.value if isinstance(base, ast.Subscript) else base
    return (named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")) in _WITHOUT_MEMBERS


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")
