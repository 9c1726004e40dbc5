"""``slm refactor --project``: refactorings that change several files, shown, written, or refused with the reason."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

import click

from python_slm.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.refactor.across.question import Changes


def across(root: Path, path: Path, offset: int, work: str, to: str, *, write: bool, as_json: bool) -> None:
    """Do ``work`` at an offset of a file below ``root``; the status is 1 where it is refused."""
    from python_slm.refactor.across.client import ask
    from python_slm.refactor.across.question import WORKS, Question
    from python_slm.refactor.plan import Refusal

    found = next((one for one in WORKS if one == work), None)
    if found is None:
        raise click.UsageError(f"{work or 'no refactoring named'}: across files there are {', '.join(WORKS)}")
    if not to and found != "encapsulate-field":
        raise click.UsageError(f"{found} needs --as")
    root = root.resolve()
    if not path.resolve().is_relative_to(root):
        raise DocumentError(f"{path}: not below {root}; name its project with --project")
    name = path.resolve().relative_to(root).as_posix()
    said = ask(Question(str(root), name, offset, found, to))
    if as_json:
        click.echo(json.dumps({"refused": said.reason} if isinstance(said, Refusal) else said.to_json()))
    if isinstance(said, Refusal):
        if not as_json:
            click.echo(f"{found}: {said.reason}", err=True)
        raise SystemExit(1)
    texts = _texts(root, said)
    if not as_json:
        _show(root, said, texts, quiet=write)
    if write:
        _write(root, said, texts)


def _texts(root: Path, changes: Changes) -> dict[Path, str]:
    """What files are to say; raises DocumentError where one is not as rope has read it, or a path is taken."""
    from python_slm.refactor.across.question import digest

    texts: dict[Path, str] = {}
    for one in changes.files:
        path = root / one.path
        text = path.read_bytes().decode()
        if digest(text) != one.digest:
            raise DocumentError(f"{path}: changed while rope read it; try again")
        texts[path] = one.applied(text)
    for _, new in changes.moved:
        if (root / new).exists():
            raise DocumentError(f"{root / new}: is there already; name another")
    return texts


def _write(root: Path, changes: Changes, texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        path.write_bytes(text.encode())
    for old, new in changes.moved:
        (root / old).rename(root / new)


def _show(root: Path, changes: Changes, texts: dict[Path, str], *, quiet: bool) -> None:
    """What changes, and what was left alone."""
    for path, text in texts.items() if not quiet else ():
        click.echo(difference(path.relative_to(root).as_posix(), path.read_bytes().decode(), text), nl=False)
    for old, new in changes.moved:
        click.echo(f"{old} -> {new}")
    for doubt in changes.doubts:
        click.echo(f"{doubt.path}:{doubt.line}: has the name; whose it is cannot be told, so it is left", err=True)


def difference(path: str, before: str, after: str) -> str:
    """A unified diff."""
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    lines = difflib.unified_diff(old, new, path, path)
    shown = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return shown.encode("utf-8", "replace").decode()
