"""What files take out of each other, and whether it is still there after a change: what rope does not look after."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping


def modules(paths: Collection[str]) -> dict[str, str]:
    """Dotted name → path, for each name that a file may be imported by from the root or from a source folder."""
    found: dict[str, str] = {}
    for path in paths:
        parts = path.removesuffix(".py").split("/")
        if parts[-1] == "__init__":
            parts = parts[:-1]
        for first in range(len(parts)):
            if first and "/".join([*parts[:first], "__init__.py"]) in paths:
                continue  # within a package, the package's own name comes first
            found.setdefault(".".join(parts[first:]), path)
    return found


def taken(path: str, tree: ast.Module, known: Mapping[str, str]) -> Iterator[tuple[ast.ImportFrom, ast.alias, str]]:
    """(statement, name, path of the file that it is taken from) of each ``from … import`` out of the project."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            source = known.get(_absolute(path, node))
            for alias in node.names if source else ():
                assert source is not None
                yield node, alias, source


def missing(texts: Mapping[str, str], known: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """(path, file, name) of each name that one of ``texts`` imports from another, which binds no such name."""
    trees = {path: tree_of(text) for path, text in texts.items()}
    found = set()
    for path, tree in trees.items():
        if tree is None:
            continue
        for node, alias, source in taken(path, tree, known):
            other = trees.get(source)
            inside = f"{_absolute(path, node)}.{alias.name}"
            if other is not None and inside not in known and alias.name not in bound(other):
                found.add((path, source, alias.name))
    return found


def reaches(one: str, other: str, read: Callable[[str], str], known: Mapping[str, str]) -> bool:
    """Whether the file ``other`` is read when ``one`` is imported, be it by way of others."""
    seen, todo = {one}, [one]
    while todo:
        path = todo.pop()
        tree = tree_of(read(path))
        for following in _at_once(path, tree, known) if tree else ():
            if following == other:
                return True
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return False


def bound(tree: ast.Module) -> set[str]:
    """Names that a module certainly or possibly has; with a star import or ``__getattr__`` that is any."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
    return (
        _Any() if names & {"*", "__getattr__"} else names | {"__all__", "__file__", "__name__", "__doc__", "__path__"}
    )


def without(text: str, path: str, known: Mapping[str, str], source: str, names: set[str]) -> str:
    """``text`` without taking ``names`` out of the file ``source``, as far as nothing else in it reads them."""
    tree = tree_of(text)
    if tree is None:
        return text
    read = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    lines = text.splitlines(keepends=True)
    statements: dict[ast.ImportFrom, list[ast.alias]] = {}
    for node, alias, file in taken(path, tree, known):
        if file == source and alias.name in names and (alias.asname or alias.name) not in read:
            statements.setdefault(node, []).append(alias)
    for node, gone in sorted(statements.items(), key=lambda one: -one[0].lineno):
        old = "".join(lines[node.lineno - 1 : node.end_lineno])
        if "#" in old or ";" in old:
            continue
        kept = [one for one in node.names if one not in gone]
        assert node.end_lineno is not None
        new = ""
        if kept:
            head = re.match(r"[ \t]*from\s+[.\w]+\s+import\s+", old)
            assert head is not None  # what ast calls a from import, with no comment in it
            new = head[0] + ", ".join(ast.unparse(one) for one in kept) + "\n"
        lines[node.lineno - 1 : node.end_lineno] = [new]
    return "".join(lines)


def listed(text: str) -> list[str]:
    """The words of the module's ``__all__``, in order."""
    tree = tree_of(text)
    return [str(one.value) for one in _words(tree)] if tree else []


def listed_as(text: str, old: str, new: str) -> str:
    """``text`` with ``old`` in its ``__all__`` called ``new``, if the module binds ``new`` and no ``old``."""
    tree = tree_of(text)
    names = bound(tree) if tree else set()
    if tree is None or new not in names or old in names:
        return text
    lines = text.splitlines(keepends=True)
    for node in _words(tree):
        if node.value == old and node.lineno == node.end_lineno:
            line = lines[node.lineno - 1].encode()
            inside = line[node.col_offset : node.end_col_offset].replace(old.encode(), new.encode())
            lines[node.lineno - 1] = (line[: node.col_offset] + inside + line[node.end_col_offset :]).decode()
    return "".join(lines)


def _words(tree: ast.Module) -> Iterator[ast.Constant]:
    for one in tree.body:
        if isinstance(one, ast.Assign | ast.AugAssign | ast.AnnAssign) and one.value:
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
                found = (inner for inner in ast.walk(one.value) if isinstance(inner, ast.Constant))
                yield from (inner for inner in found if isinstance(inner.value, str))


def new_names(before: str, after: str) -> set[str]:
    """What ``after`` imports by name and ``before`` does not."""
    trees = [tree_of(text) for text in (before, after)]
    names = [
        {alias.name for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) for alias in one.names}
        if tree
        else set()
        for tree in trees
    ]
    return names[1] - names[0]


def foreign_keywords(texts: Iterable[str], name: str) -> bool:
    """Whether a call passes ``name`` to what, by its own name, has no such parameter or field in any of the texts."""
    trees = [tree for text in texts if (tree := tree_of(text)) is not None]
    nodes = [one for tree in trees for one in ast.walk(tree)]
    takers: set[str] = set()
    for one in nodes:
        functions = isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        held = ast.walk(one.args if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) else one)
        if (functions or isinstance(one, ast.ClassDef)) and name in {
            getattr(inner, "arg", getattr(inner, "id", "")) for inner in held
        }:
            takers.add(one.name)  # type: ignore[attr-defined]
    if "__init__" in takers:
        takers |= {"super", "cls", "__class__"}
    calls = (one for one in nodes if isinstance(one, ast.Call) and any(each.arg == name for each in one.keywords))
    return any(getattr(one.func, "attr", getattr(one.func, "id", "")) not in takers for one in calls)


def tree_of(text: str) -> ast.Module | None:
    """None for what does not parse."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Any(set[str]):
    def __contains__(self, _: object) -> bool:
        return True


def _absolute(path: str, node: ast.ImportFrom) -> str:
    """The dotted name that is imported from; that of a relative one begins at the root."""
    if not node.level:
        return node.module or ""
    folder = path.split("/")[:-1]
    folder = folder[: len(folder) - (node.level - 1)]
    return ".".join([*folder, *([node.module] if node.module else [])])


def _at_once(path: str, tree: ast.Module, known: Mapping[str, str]) -> Iterator[str]:
    """The files that are read when a module is; functions run later."""
    top = [one for one in tree.body if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in (inner for one in top for inner in ast.walk(one)):
        if isinstance(node, ast.Import):
            yield from (known[one.name] for one in node.names if one.name in known)
        elif isinstance(node, ast.ImportFrom):
            name = _absolute(path, node)
            names = [name, *(f"{name}.{one.name}" for one in node.names)]
            yield from (known[one] for one in names if one in known)
