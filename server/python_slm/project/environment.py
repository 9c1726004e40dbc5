"""The user's Python environment as it lies on disk. Nothing in it is run: a repository may bring its own."""

from __future__ import annotations

import configparser
import json
import re
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

IN_WORKSPACE = (".venv", "venv", "env")
"""Where people keep a project's environment, in the order in which they are tried."""
VARIABLES = ("VIRTUAL_ENV", "CONDA_PREFIX")
_LIBRARIES = ("lib/python3*", "lib/python3", "local/lib/python3*", "Lib")
_SITES = ("site-packages", "dist-packages")
_SOURCES = ("", "src", "lib", "python")
_MODULE = re.compile(r"([^\W\d]\w*)(?:\.py|(?:\.[\w-]+)?\.(?:so|pyd))?")


@dataclass(frozen=True)
class Environment:
    """``prefix`` is its folder; ``libraries`` hold the standard library, ``sites`` what was installed, best first."""

    prefix: str
    libraries: tuple[str, ...]
    sites: tuple[str, ...]

    @property
    def search_path(self) -> tuple[str, ...]:
        """``sys.path`` of a program that it runs, but for the program's own folder."""
        dynamic = (str(Path(library, "lib-dynload")) for library in self.libraries)
        return (*self.libraries, *dynamic, *self.sites)


def find_environment(root: Path, python: str, variables: Mapping[str, str]) -> Environment | None:
    """The environment of a project: the one that ``python`` names, else in the workspace, else of ``variables``.

    ``python`` is an interpreter or an environment's folder, from ``root`` if relative. None where there is none.
    """
    named = [variables[name] for name in VARIABLES if variables.get(name)]
    places = [python] if python else [*IN_WORKSPACE, *named]
    found = (_environment_at(root / Path(place).expanduser()) for place in places)
    return next(filter(None, found), None)


def own_library() -> tuple[str, ...]:
    """Our interpreter's standard library, for a project whose environment is not known."""
    paths = sysconfig.get_paths()
    libraries = dict.fromkeys((paths["stdlib"], paths["platstdlib"]))
    return (*libraries, *(str(Path(library, "lib-dynload")) for library in libraries))


def installed(environment: Environment, root: Path, path: str) -> frozenset[str]:
    """Top-level modules that ``import`` may find from the file ``path`` (relative to ``root``): rather too many.

    Besides the environment's, they are those of ``root``, of its usual source folders, and of every folder on the way
    to the file, from which it may be run as a script.
    """
    folders = [root / part for part in _SOURCES]
    folders += [parent for parent in (root / path).parents if parent.is_relative_to(root)]
    names = set(sys.stdlib_module_names) | set(sys.builtin_module_names)
    for folder in dict.fromkeys([*map(Path, environment.search_path), *folders]):
        names.update(_modules(folder))
    return frozenset(names)


def _environment_at(place: Path) -> Environment | None:
    """The environment of a folder or of an interpreter in it; a system's interpreter is found by its real path."""
    if place.is_file():
        for prefix in (place.parent.parent, place.resolve().parent.parent, place.parent):
            if found := _environment_at(prefix):
                return found
        return None
    sites = [site for library in _libraries(place) for name in _SITES if (site := library / name).is_dir()]
    if not sites:
        return None
    home, sees_system = _base(place)
    if home is not None and sees_system:
        sites += [site for library in _libraries(home) for name in _SITES if (site := library / name).is_dir()]
    version = sites[0].parent.name
    standard = [library for library in _libraries(home or place) if (library / "os.py").is_file()]
    standard.sort(key=lambda library: library.name != version)
    every = dict.fromkeys(entry for site in sites for entry in [site, *_path_entries(site), *_editable(site)])
    return Environment(str(place), tuple(map(str, standard[:1])) or own_library()[:1], tuple(map(str, every)))


def _libraries(prefix: Path) -> list[Path]:
    return list(dict.fromkeys(found for pattern in _LIBRARIES for found in sorted(prefix.glob(pattern), reverse=True)))


def _base(prefix: Path) -> tuple[Path | None, bool]:
    """(the installation that a virtual environment was made from, whether it sees what is installed there)."""
    try:
        text = (prefix / "pyvenv.cfg").read_text(encoding="utf-8")
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(f"[venv]\n{text}")
    except (OSError, UnicodeDecodeError, configparser.Error):
        return None, False
    home = parser["venv"].get("home", "")
    sees = parser["venv"].get("include-system-site-packages", "").strip().lower() == "true"
    return (Path(home).parent if Path(home).name in ("bin", "Scripts") else Path(home)) if home else None, sees


def _path_entries(site: Path) -> Iterator[Path]:
    """Folders that ``.pth`` files name; lines that would run code are left out."""
    for file in sorted(site.glob("*.pth")):
        for line in _lines(file):
            entry = line.strip()
            if entry and not entry.startswith(("#", "import ", "import\t")) and (site / entry).is_dir():
                yield site / entry


def _editable(site: Path) -> Iterator[Path]:
    """Source folders of what was installed with ``pip install -e``, which may need code to be found (PEP 610, 660)."""
    for file in sorted(site.glob("*.dist-info/direct_url.json")):
        try:
            note = json.loads("\n".join(_lines(file)))
            is_editable, url = bool(note["dir_info"]["editable"]), urlsplit(note["url"])
        except (ValueError, KeyError, TypeError):
            continue
        if is_editable and url.scheme == "file":
            folder = Path(url2pathname(url.path))
            yield from (folder / part for part in _SOURCES if (folder / part).is_dir())


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _modules(folder: Path) -> Iterable[str]:
    """Names that can be imported from a folder, namespace packages among them."""
    try:
        entries = [entry.name for entry in folder.iterdir()]
    except OSError:
        return []
    return {match[1] for name in entries if (match := _MODULE.fullmatch(name))}
