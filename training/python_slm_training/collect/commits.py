"""Commits of a repository, newest first, as one stream of tree differences: no blob is read for them."""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from python_slm_training.collect.git import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FORMAT = "%x01%H%x00%cI%x00%B%x00"
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a commit. ``status`` is git's letter (M modified, A added, D deleted …); ids are blobs."""

    status: str
    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Commit:
    """``committed_at`` is ISO 8601; ``message`` is whole."""

    revision: str
    committed_at: str
    message: str
    changes: tuple[Change, ...]


def commits(git_dir: Path, *, limit: int, skip: int = 0) -> Iterator[Commit]:
    """Commits with one parent, reachable from HEAD, after the ``skip`` newest and at most ``limit`` of them.

    A partial repository that lacks a tree ends the stream there: what came before it is still good.
    """
    window = [f"--max-count={limit}", f"--skip={skip}"]
    form = ["--raw", "-z", "--no-abbrev", "--no-renames", f"--format={_FORMAT}"]
    command = ["git", f"--git-dir={git_dir}", "log", "--no-merges", *window, *form, "HEAD"]
    with subprocess.Popen(  # noqa: S603  # fixed program, our own arguments
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
    ) as process:
        assert process.stdout is not None
        try:
            for part in _parts(process.stdout):
                commit = _commit(part.decode("utf-8", "replace"))
                if commit is not None:
                    yield commit
        finally:
            process.kill()


def _parts(stream: IO[bytes]) -> Iterator[bytes]:
    """What lies between the marks that begin a commit."""
    pending = b""
    while chunk := stream.read(_CHUNK):
        *whole, pending = (pending + chunk).split(b"\x01")
        yield from whole
    yield pending


def _commit(text: str) -> Commit | None:
    fields = text.split("\0")
    if len(fields) < 4:  # noqa: PLR2004  # revision, date, message, and the rest; a cut stream has fewer
        return None
    revision, committed_at, message, *rest = fields
    return Commit(revision, committed_at, message.strip(), tuple(_changes(rest)))


def _changes(fields: list[str]) -> Iterator[Change]:
    """Raw entries: ``:mode mode before after status``, then the path."""
    for head, path in itertools.pairwise(fields):
        parts = head.lstrip("\n").split(" ")
        if len(parts) == 5 and parts[0].startswith(":"):  # noqa: PLR2004
            regular = parts[1].startswith("100") or parts[0].startswith(":100")
            yield Change(parts[4] if regular else "T", path, parts[2], parts[3])
