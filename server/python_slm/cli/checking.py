"""What ``slm check``, ``slm fix`` and ``slm review`` share: files, what is looked for, in how many processes."""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.errors import DocumentError, SLMError
from python_slm.findings import graded
from python_slm.project.files import source_files
from python_slm.settings import DiagnosticsSettings, Settings
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from python_slm.bugs.finder import Finder
    from python_slm.findings import Finding
    from python_slm.style.profile import Profile

    _Map: TypeAlias = Callable[[Callable[["Source"], list[Finding]], Sequence["Source"]], Iterator[list[Finding]]]

MOST_BYTES = 1_000_000_000
_RUFF_CODE = re.compile(r"[A-Z]+\d*|ALL")
_FILES_A_PROCESS = 16
"""Fewer are done before another process has begun."""


@dataclass(frozen=True)
class Source:
    """A file to be looked at. ``shown`` is its path as the user would type it."""

    path: Path
    shown: str
    document: Document
    on_disk: bool
    """Whether the file says the same as the document."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for: ``select`` and ``ignore`` are codes or beginnings of codes."""

    settings: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def chosen(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those that were asked for, as loud as asked for."""
        found = [
            one
            for one in graded(findings, self.settings.severity)
            if (not self.select or one.code.startswith(self.select) or one.origin in self.select)
            and not (self.ignore and (one.code.startswith(self.ignore) or one.origin in self.ignore))
        ]
        return sorted(found, key=lambda one: (one.start, one.end, one.code))

    @property
    def by_ruff(self) -> bool:
        """Whether ruff has a say in what was asked for."""
        theirs = any(_RUFF_CODE.fullmatch(code) for code in self.select) or "ruff" in self.select
        return self.settings.ruff and (theirs or not self.select)

    @property
    def ruff_options(self) -> list[str]:
        """Rules of ruff's that are asked for by name, whether or not the project's configuration selects them."""
        return [f"--extend-select={code}" for code in self.select if _RUFF_CODE.fullmatch(code)]


def settings_of(severities: Sequence[str], profile: str, *, bugs: bool) -> DiagnosticsSettings:
    """Settings from the options of a command; raises SettingsError."""
    pairs = dict(one.partition("=")[::2] for one in severities)
    values = {"profile": profile, "severity": pairs, "bugs": bugs}
    return Settings.from_dict({"diagnostics": values}).diagnostics


@contextmanager
def failing_as_ruff() -> Iterator[None]:
    """Exit with 2 where something cannot be done: 1 says that something was found."""
    try:
        yield
    except SLMError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(2) from error


def sources(paths: Iterable[Path]) -> list[Source]:
    """Files as named, and the Python files of folders that git knows or does not ignore; raises DocumentError."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(one.path for one in source_files(path, most_bytes=MOST_BYTES))))
        else:
            found[path.resolve()] = None
    named = {path.resolve() for path in paths}
    return [source for path in found if (source := _source(path, required=path in named)) is not None]


def source_of(path: Path, text: str) -> Source:
    """A file with a text that may not be the one on disk."""
    return Source(path, _shown(path), Document(path.absolute().as_uri(), text), on_disk=False)


def examined(
    listed: Sequence[Source], wanted: Wanted, root: Path, *, jobs: int = 0
) -> Iterator[tuple[Source, list[Finding]]]:
    """Each file with what is found in it, in order; a bar on stderr where there is a terminal and much to do."""
    from python_slm.syntax.blocks import BlockIndex

    by_ruff = _by_ruff(listed, wanted) if wanted.by_ruff else {}
    work = partial(_found, settings=wanted.settings, profile=_profile(wanted.settings, root), root=root)
    processes = min(jobs or os.cpu_count() or 1, max(1, len(listed) // _FILES_A_PROCESS))
    with _bar(len(listed)) as step, _mapping(processes) as mapped:
        finder = _finder(wanted.settings)
        for source, found in zip(listed, mapped(work, listed), strict=True):
            step()
            by_model = finder.find(BlockIndex.of(source.document.text), path=_path(source, root)) if finder else []
            yield source, wanted.chosen([*by_ruff.get(source.path, ()), *found, *by_model])


def _by_ruff(listed: Sequence[Source], wanted: Wanted) -> dict[Path, list[Finding]]:
    """What ruff finds: all files in one process, texts that are on no disk one by one."""
    from python_slm.linter.run import check, check_text
    from python_slm.syntax.blocks import BlockIndex

    saved = {source.path: source.document.text for source in listed if source.on_disk}
    found = check(saved, options=wanted.ruff_options)
    for source in listed:
        if not source.on_disk:
            index = BlockIndex.of(source.document.text)
            found[source.path] = check_text(source.document, index, source.path, options=wanted.ruff_options)
    return found


def _found(source: Source, *, settings: DiagnosticsSettings, profile: Profile | None, root: Path) -> list[Finding]:
    """What is found in one file without ruff and the model. Runs in a process of its own where there are many files."""
    from python_slm.linter import syntax
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.tasks.analyze import analyze

    index = BlockIndex.of(source.document.text)
    found = analyze(index, path=_path(source, root), settings=settings, profile=profile)
    return [*syntax.find(source.document, index), *found]


def _path(source: Source, root: Path) -> str:
    return source.path.relative_to(root).as_posix() if source.path.is_relative_to(root) else source.path.name


def _finder(settings: DiagnosticsSettings) -> Finder | None:
    """The shipped model, where it is asked for; None too where it is not right often enough about anything."""
    from python_slm.bugs.finder import Finder
    from python_slm.engine.model import shipped_folder

    return Finder.load(shipped_folder()) if settings.bugs else None


def _profile(settings: DiagnosticsSettings, root: Path) -> Profile | None:
    from python_slm.style.profile import load

    return load(settings.profile, root)


@contextmanager
def _mapping(processes: int) -> Iterator[_Map]:
    """``map``, over several processes where that pays."""
    if processes <= 1:
        yield map
        return
    with ProcessPoolExecutor(processes) as pool:
        yield partial(pool.map, chunksize=4)


@contextmanager
def _bar(length: int) -> Iterator[Callable[[], None]]:
    """Call what it yields after each file."""
    hidden = length < _FILES_A_PROCESS or not sys.stderr.isatty()
    with click.progressbar(length=length, label="checking", file=sys.stderr, hidden=hidden) as bar:
        yield partial(bar.update, 1)


def _source(path: Path, *, required: bool) -> Source | None:
    """None for a file of a folder that is no text; one that was named must be."""
    try:
        return replace(source_of(path, path.read_bytes().decode("utf-8")), on_disk=True)
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError as error:
        reason = f"not UTF-8 text (byte {error.start})"
    if required:
        raise DocumentError(f"{_shown(path)}: {reason}; name a file that can be read")
    click.echo(f"{_shown(path)}: left out: {reason}", err=True)
    return None


def _shown(path: Path) -> str:
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()
