"""``slm docstring``: docstrings that are missing or no longer agree with their code, and the edits that mend them."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from python_slm.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.docstrings.stale import Finding
    from python_slm.docstrings.style import Style
    from python_slm.text import Document

_MOST_BYTES = 1_000_000_000
"""Of source in the folders given: all that anybody has."""
_STYLES = ("auto", "google", "numpy", "sphinx", "epydoc")


@dataclass(frozen=True)
class _File:
    """``after`` is the text with everything mended that can be."""

    path: Path
    document: Document
    findings: list[Finding]
    after: str


@click.command(epilog="Example: slm docstring --check src/   ·   slm docstring --style numpy --write src/app.py")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option("--style", type=click.Choice(_STYLES), default="auto", help="Of new docstrings; auto: what PATHs have.")
@click.option("--check", is_flag=True, help="List what is missing or stale, and exit with 1 if anything is.")
@click.option("--diff", is_flag=True, help="Show the changes as a diff. What happens without options.")
@click.option("--write", is_flag=True, help="Change the files.")
@click.option("--missing", "only", flag_value="missing", help="Only docstrings that are not there.")
@click.option("--stale", "only", flag_value="stale", help="Only docstrings that do not agree with their code.")
@click.option("--json", "as_json", is_flag=True, help="Findings with their edits, a JSON object a line.")
def docstring(
    paths: tuple[Path, ...],
    style: str,
    check: bool,
    diff: bool,
    write: bool,
    only: Literal["missing", "stale"] | None,
    as_json: bool,
) -> None:
    """Write missing docstrings and bring stale ones up to date: parameters, results, exceptions.

    New ones say what the code says, without a model. Existing prose stays; only entries of parameters that are gone go.
    Nothing but docstrings changes: every file is compared as a syntax tree before it is offered.
    """
    documents = dict(_documents(paths))
    wanted = _style(documents, style)
    files = [_examined(path, document, wanted, only) for path, document in documents.items()]
    findings = sum(len(file.findings) for file in files)
    for file in files:
        if as_json:
            _print_json(file)
        elif check:
            _print_list(file)
        if diff or not (check or write or as_json):
            _print_diff(file)
        if write and file.after != file.document.text:
            file.path.write_bytes(file.after.encode("utf-8"))
    if not as_json:
        click.echo(_summary(files, findings, wanted, written=write), err=True)
    if check and findings:
        raise click.exceptions.Exit(1)


def _documents(paths: Iterable[Path]) -> Iterator[tuple[Path, Document]]:
    from python_slm.project.files import source_files
    from python_slm.text import Document

    for path in paths:
        folder = path.is_dir()
        listed = sorted(path / file.name for file in source_files(path, most_bytes=_MOST_BYTES)) if folder else [path]
        for each in listed:
            try:
                text = each.read_bytes().decode("utf-8")
            except OSError as error:
                raise DocumentError(f"{each}: cannot be read ({error.strerror})") from error
            except UnicodeDecodeError as error:
                if folder:
                    click.echo(f"{each}: left alone, not UTF-8 text (byte {error.start})", err=True)
                    continue
                raise DocumentError(f"{each}: not UTF-8 text (byte {error.start}); convert it first") from error
            yield each, Document(each.absolute().as_uri(), text)


def _style(documents: dict[Path, Document], wanted: str) -> Style:
    from python_slm.docstrings.entries import STYLES
    from python_slm.docstrings.stale import seen_in
    from python_slm.docstrings.style import chosen, detect

    found = detect(seen for path, document in documents.items() for seen in seen_in(document, _module(path)))
    name = next((each for each in STYLES if each == wanted), None)
    if name is None:
        return found
    return replace(found, name=name, sections=True, typed=found.typed if found.name == name else chosen(name))


def _examined(path: Path, document: Document, style: Style, only: str | None) -> _File:
    from python_slm.docstrings.stale import applied, edits_of, find, unchanged

    findings = [
        one
        for one in find(document, _module(path), style=style)
        if only is None or (one.code == "missing-docstring") == (only == "missing")
    ]
    if path.suffix == ".pyi":
        findings = [one for one in findings if one.code != "missing-docstring"]
    after = applied(document.text, edits_of(findings))
    if after != document.text and not unchanged(document.text, after):
        findings = [_proven(document, one) for one in findings]
        after = applied(document.text, edits_of(findings))
        after = after if unchanged(document.text, after) else document.text
    return _File(path, document, findings, after)


def _proven(document: Document, finding: Finding) -> Finding:
    """The finding, without its edit where that would change more than a docstring."""
    from python_slm.docstrings.stale import applied, unchanged

    return finding if unchanged(document.text, applied(document.text, finding.edits)) else replace(finding, edits=())


def _module(path: Path) -> str:
    return path.absolute().parent.name if path.stem == "__init__" else path.stem


def _print_list(file: _File) -> None:
    for one in file.findings:
        fixable = " [*]" if one.edits else ""
        click.echo(f"{file.path}:{one.line + 1}: {one.code}{fixable} {one.message}")


def _print_diff(file: _File) -> None:
    before, after = (re.split(r"(?<=\n)", text.replace("\r\n", "\n")) for text in (file.document.text, file.after))
    for line in difflib.unified_diff(before, after, str(file.path), str(file.path)):
        click.echo(line.rstrip("\n"))


def _print_json(file: _File) -> None:
    for one in file.findings:
        edits = [{"start": edit.start, "end": edit.end, "text": edit.text} for edit in one.edits]
        row = {"path": str(file.path), "line": one.line + 1, "code": one.code, "name": one.name}
        click.echo(json.dumps({**row, "message": one.message, "edits": edits}))


def _summary(files: list[_File], findings: int, style: Style, *, written: bool) -> str:
    changed = sum(file.after != file.document.text for file in files)
    seen = ", ".join(f"{name} {count}" for name, count in style.evidence.items()) or "none"
    done = "changed" if written else "to change with --write"
    kind = style.name if style.sections else "plain summaries"
    return f"{findings} found in {len(files)} files, {changed} files {done}. Style: {kind} (seen: {seen})"
