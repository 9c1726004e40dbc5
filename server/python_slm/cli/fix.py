"""``slm fix``: make the fixes of what ``slm check`` finds."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.cli.check import common_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.cli.checking import Source, Wanted
    from python_slm.findings import Finding

_ROUNDS = 10
"""A fix may make room for another; ruff stops after as many."""


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@common_options
@click.option("--unsafe-fixes", "unsafe", is_flag=True, help="Also fixes that may change what the code does.")
@click.option("--diff", is_flag=True, help="Print what would change, and change nothing.")
@click.option("--jobs", type=click.IntRange(0), default=0, metavar="N", help="Processes.  [default: one a core]")
def fix(
    paths: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: tuple[str, ...],
    profile: str,
    bugs: bool,
    unsafe: bool,
    diff: bool,
    jobs: int,
) -> None:
    """Mend what can be mended in files and folders, by default the current one.

    A file is changed whole or not at all; what parsed still does, and no name is missing that was not before.

    \b
    Exit status, as ruff's: 0 nothing is left to mend, 1 findings are left (with --diff: there is something to
    change), 2 it could not be done.
    Example: slm fix src/ --select F401 --select stale
    """
    from python_slm.cli.checking import Wanted, examined, failing_as_ruff, settings_of, sources

    with failing_as_ruff():
        wanted = Wanted(settings_of(severity, profile, bugs=bugs), select, ignore)
        listed = sources(paths or (Path(),))
        fixed, changed, left = 0, 0, 0
        for source, findings in examined(listed, wanted, Path.cwd(), jobs=jobs):
            after, mended, remaining = _mended(source, findings, wanted, unsafe=unsafe)
            fixed, left = fixed + mended, left + remaining
            if after != source.document.text:
                changed += 1
                _show(source, after) if diff else _write(source, after)
    way = "would be fixed" if diff else "fixed"
    click.echo(f"{fixed} {way} in {changed} files, {left} left.", err=True)
    raise SystemExit(bool(changed) if diff else bool(left))


def _mended(source: Source, findings: Sequence[Finding], wanted: Wanted, *, unsafe: bool) -> tuple[str, int, int]:
    """The text after all rounds, how many findings were mended, and how many are left."""
    from python_slm.cli.checking import examined, source_of
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.tasks.mend import mend

    count = 0
    for _ in range(_ROUNDS):
        done = mend(BlockIndex.of(source.document.text), findings, unsafe=unsafe)
        if not done.findings:
            break
        count += len(done.findings)
        source = source_of(source.path, done.text)
        [(_, findings)] = examined([source], wanted, Path.cwd())
    return source.document.text, count, len(findings)


def _show(source: Source, after: str) -> None:
    old, new = (text.splitlines(keepends=True) for text in (source.document.text, after))
    for line in difflib.unified_diff(old, new, source.shown, source.shown):
        click.echo(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n", nl=False)


def _write(source: Source, after: str) -> None:
    """In one step, so that a full disk or an interrupt leaves the file as it was; its mode stays."""
    from python_slm.errors import DocumentError

    path = source.path.resolve()
    if path.read_bytes() != source.document.text.encode():
        raise DocumentError(f"{source.shown}: changed on disk meanwhile; run 'slm fix' again")
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            partial = Path(file.name)
            try:
                file.write(after.encode())
                file.flush()
                partial.chmod(path.stat().st_mode)
                partial.replace(path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise DocumentError(f"{source.shown}: not written ({error.strerror}); it is as it was") from error
