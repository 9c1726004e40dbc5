"""``slm docstring``: docstrings that are missing or no longer agree with their code, and the edits that mend them."""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from python_slm.cli.check import FORMATS, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm.cli.checking import Source
    from python_slm.docstrings.style import Style
    from python_slm.findings import Finding
    from python_slm.syntax.blocks import BlockIndex

    Reword = Callable[..., Finding]
    """``tasks.docstring.reworded`` with its decoder bound."""

_STYLES = ("auto", "google", "numpy", "sphinx", "epydoc")
_STDIN = Path("-")


@dataclass(frozen=True)
class _File:
    """``after`` is the text with everything mended that can be, ``left`` what is found in it then."""

    source: Source
    findings: list[Finding]
    after: str
    left: int


@click.command(epilog="Example: slm docstring --check src/   ·   slm docstring --style numpy --write src/app.py")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path, allow_dash=True), metavar="PATH..."
)
@click.option("--style", type=click.Choice(_STYLES), default="auto", help="Of new docstrings; auto: what PATHs have.")
@click.option("--check", is_flag=True, help="List what is missing or stale, and change nothing.")
@click.option("--diff", is_flag=True, help="Show the changes as a diff. What happens without options.")
@click.option("--write", is_flag=True, help="Change the files; of standard input, print the result.")
@click.option("--missing", "only", flag_value="missing", help="Only docstrings that are not there.")
@click.option("--stale", "only", flag_value="stale", help="Only docstrings that do not agree with their code.")
@click.option("--output-format", type=click.Choice(FORMATS), help="How --check lists, which it implies.")
@click.option("--model", "by_model", is_flag=True, help="Let the model say what new docstrings begin with, where sure.")
@click.option("--stdin-filename", default="stdin.py", metavar="FILE", help="What '-' is called.")
def docstring(
    paths: tuple[Path, ...],
    style: str,
    check: bool,
    diff: bool,
    write: bool,
    only: Literal["missing", "stale"] | None,
    output_format: str | None,
    by_model: bool,
    stdin_filename: str,
) -> None:
    """Write missing docstrings and bring stale ones up to date: parameters, types, defaults, results, exceptions.

    New ones say what the code says, without a model unless --model is given: check what it writes, it is often wrong.
    Existing prose stays; only entries of parameters that are gone go. Nothing but docstrings changes: every file is
    compared as a syntax tree before it is offered.

    \b
    Exit status, as ruff's: 0 nothing found or all of it mended, 1 something found, 2 it could not be done.
    """
    from python_slm.cli.checking import failing_as_ruff
    from python_slm.cli.reports.rows import in_order

    with failing_as_ruff():
        sources = _sources(paths, stdin_filename)
        files, wanted = _examined(sources, style, only, _rewording() if by_model else None)
        if write:
            _write(files)
    if check or output_format:
        rows = [row for file in files for row in in_order(file.source.shown, file.source.document, file.findings)]
        for line in report(rows, output_format or "concise"):
            click.echo(line)
    if diff or not (check or write or output_format):
        for file in files:
            _print_diff(file)
    click.echo(_summary(files, wanted, written=write), err=True)
    raise SystemExit(any(file.left if write else file.findings for file in files))


def _sources(paths: tuple[Path, ...], stdin_filename: str) -> list[Source]:
    from python_slm.cli.checking import source_of, sources
    from python_slm.errors import DocumentError

    if paths != (_STDIN,):
        return sources(paths)
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(f"standard input: not UTF-8 text (byte {error.start}); convert it first") from error
    return [source_of(Path(stdin_filename).absolute(), text)]


def _rewording() -> Reword:
    from python_slm.api import PythonSLM
    from python_slm.tasks.docstring import reworded

    return partial(reworded, decoder=PythonSLM.load().decoder)


def _examined(sources: list[Source], style: str, only: str | None, reword: Reword | None) -> tuple[list[_File], Style]:
    from python_slm.docstrings.findings import evidence_in
    from python_slm.docstrings.style import Evidence
    from python_slm.syntax.blocks import BlockIndex

    indexes = [BlockIndex.of(source.document.text) for source in sources]
    wanted = _style(Evidence.joined(evidence_in(index) for index in indexes).style, style)
    return [_file(source, index, wanted, only, reword) for source, index in zip(sources, indexes, strict=True)], wanted


def _style(found: Style, wanted: str) -> Style:
    from python_slm.docstrings.entries import STYLES
    from python_slm.docstrings.style import chosen

    name = next((each for each in STYLES if each == wanted), None)
    if name is None:
        return found
    return replace(found, name=name, sections=True, typed=found.typed if found.name == name else chosen(name))


def _file(source: Source, index: BlockIndex, style: Style, only: str | None, reword: Reword | None) -> _File:
    from python_slm.docstrings.proof import applied, edits_of, unchanged

    findings = list(_findings(source, index, style, only))
    if reword:
        findings = [reword(one, index, path=source.shown) for one in findings]
    text = source.document.text
    after = applied(text, edits_of(findings))
    if after != text and not unchanged(text, after):
        findings = [
            one if unchanged(text, applied(text, edits_of([one]))) else replace(one, fixes=()) for one in findings
        ]
        after = applied(text, edits_of(findings))
        after = after if unchanged(text, after) else text
    left = len(list(_findings(source, index.updated(after), style, only))) if after != text else len(findings)
    return _File(source, findings, after, left)


def _findings(source: Source, index: BlockIndex, style: Style, only: str | None) -> Iterator[Finding]:
    from python_slm.docstrings.findings import find
    from python_slm.rules.suppress import settled

    missing = only != "stale" and source.path.suffix != ".pyi"
    path = source.path.as_posix()
    yield from settled(index, find(index, path=path, missing=missing, stale=only != "missing", style=style))


def _write(files: list[_File]) -> None:
    from python_slm.errors import DocumentError

    for file in files:
        if not file.source.on_disk:
            click.echo(file.after, nl=False)
        elif file.after != file.source.document.text:
            try:
                file.source.path.write_bytes(file.after.encode("utf-8"))
            except OSError as error:
                raise DocumentError(f"{file.source.shown}: cannot be written ({error.strerror})") from error


def _print_diff(file: _File) -> None:
    texts = (file.source.document.text, file.after)
    before, after = (re.split(r"(?<=\n)", text.replace("\r\n", "\n")) for text in texts)
    for line in difflib.unified_diff(before, after, file.source.shown, file.source.shown):
        click.echo(line.rstrip("\n"))


def _summary(files: list[_File], style: Style, *, written: bool) -> str:
    changed = sum(file.after != file.source.document.text for file in files)
    findings = sum(len(file.findings) for file in files)
    seen = ", ".join(f"{name} {count}" for name, count in style.evidence.items()) or "none"
    done = "changed" if written else "to change with --write"
    kind = style.name if style.sections else "plain summaries"
    return f"{findings} found in {len(files)} files, {changed} files {done}. Style: {kind} (seen: {seen})"
