"""Files of the project that import the open one, with the lines that use it: how its functions are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_slm.project.surroundings import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_FILES = 16
MAX_LINES = 12
"""Lines of one importing file that use the open one."""
_SOURCES = frozenset(("src", "lib", "python"))
_FROM = re.compile(
    r"^[ \t]*from[ \t]+(?P<level>\.*)[ \t]*(?P<module>[\w.]*)[ \t]+import[ \t]*"
    r"(?:\((?P<list>[^)]*)\)|(?P<names>[^\n]*))"
    r"|^[ \t]*import[ \t]+(?P<modules>[\w., \t]+)",
    re.MULTILINE,
)
_NAME = re.compile(r"#[^\n]*|(?P<name>[\w.]+|\*)(?:\s+as\s+(?P<alias>\w+))?")


def importers(path: str, files: Mapping[str, str]) -> tuple[Chunk, ...]:
    """Of ``files``, text by path, those that import the file ``path``, the nearest folder first, at most MAX_FILES.

    Reads import lines alone, so it costs a search of each text for the module's name: a millisecond for 100 files.
    """
    module = module_name(path)
    stem = module.rpartition(".")[2]
    if not stem:
        return ()
    found = []
    for other, text in files.items():
        if other != path and stem in text and (names := _names_bound(other, text, module)):
            lines = _using(text, names)
            if lines:
                found.append(Chunk("importer", other, "\n".join(lines) + "\n"))
    found.sort(key=lambda chunk: (-_shared(path, chunk.path), chunk.path))
    return tuple(found[:MAX_FILES])


def module_name(path: str) -> str:
    """Dotted name by which the file is imported from the project's root, without a leading source folder."""
    parts = path.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts[1:] if len(parts) > 1 and parts[0] in _SOURCES else parts)


def imported_modules(path: str, text: str) -> Iterator[str]:
    """Dotted names that the file ``path`` imports, or may: of ``from a import b`` first ``a.b``, then ``a``."""
    for source, name, _ in _imports(path, text):
        if source and name != "*":
            yield f"{source}.{name}"
        yield source or name


def _names_bound(path: str, text: str, module: str) -> set[str]:
    """Names that the file ``path`` knows the module, or what it took out of it, by."""
    names = set()
    for source, name, alias in _imports(path, text):
        inside = f"{source}.{name}" if source else name
        if _is(inside, module) or (source and _is(source, module)):
            names.add(alias)
    return names - {"*"}


def _imports(path: str, text: str) -> Iterator[tuple[str, str, str]]:
    """(module that it is taken from, name, what it is bound to); ``import a.b`` has no module."""
    own = module_name(path).split(".")
    package = own if path.endswith("__init__.py") else own[:-1]
    for match in _FROM.finditer(text):
        if match["modules"]:
            yield from (("", name, alias) for name, alias in _listed(match["modules"]))
            continue
        level = len(match["level"])
        base = package[: len(package) - level + 1] if level else []
        source = ".".join([*base, *filter(None, [match["module"]])])
        yield from ((source, name, alias) for name, alias in _listed(match["list"] or match["names"] or ""))


def _listed(text: str) -> Iterator[tuple[str, str]]:
    """(name, what it is bound to) of ``a.b as c, d``."""
    for match in _NAME.finditer(text):
        if match["name"]:
            yield match["name"], match["alias"] or match["name"]


def _is(name: str, module: str) -> bool:
    """Whether an import of ``name`` means ``module``: also by a shorter path, of two parts or more."""
    return name == module or ("." in name and module.endswith(f".{name}"))


def _using(text: str, names: set[str]) -> list[str]:
    """Lines that use one of ``names``, import lines and repetitions left out, their indentation too."""
    use = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, sorted(names)))})(?!\w)")
    found: dict[str, None] = {}
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith(("import ", "from ", "#")) and use.search(line):
            is_listed = re.fullmatch(r"[\w, ()]+,?", stripped) and not re.search(r"\w[ ]*\(|\.", stripped)
            if not is_listed:  # a line of an import list in parentheses
                found[stripped] = None
        if len(found) >= MAX_LINES:
            break
    return list(found)


def _shared(path: str, other: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for one, two in zip(path.split("/")[:-1], other.split("/")[:-1], strict=False):
        if one != two:
            break
        count += 1
    return count
