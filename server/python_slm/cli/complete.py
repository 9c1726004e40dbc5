"""``slm complete``: what the model would type at a place in a file."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import click

from python_slm.errors import DocumentError
from python_slm.settings import Settings
from python_slm.text import Document, Position


@click.command()
@click.argument("place", metavar="FILE:LINE:COL")
@click.option("--json", "as_json", is_flag=True, help="Print tokens, prompt tokens reused and milliseconds per stage.")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 10), help="Distinct suggestions.")
@click.option("--model", "folder", default="", metavar="DIR", help="Model folder.  [default: the one in use]")
@click.option("--max-tokens", default=48, show_default=True, type=click.IntRange(1, 512), help="Longest suggestion.")
def complete(place: str, *, as_json: bool, count: int, folder: str, max_tokens: int) -> None:
    """Print what the model would type at FILE:LINE:COL (both from 1; COL may be one past the line's end).

    Who asks sees all of it, also what an editor would not show by itself; --json tells the filter's confidence.

    Example: slm complete examples/inventory.py:46:19 --json
    """
    from python_slm.api import PythonSLM

    path, line, column = _place(place)
    document = _document(path)
    offset = _offset(document, line, column, path)
    completion = {"max_new_tokens": max_tokens, "deadline_ms": 60_000, "show_filter": False}
    settings = Settings.from_dict({"model": {"path": folder}, "completion": completion})
    root = _project_root(path)
    slm = PythonSLM.load(settings, workspace=path.absolute().parent, project=root)
    if slm.problem:
        click.echo(slm.problem, err=True)
    shown = path.absolute().relative_to(root).as_posix() if root else path.name
    answer = slm.complete(document, offset, path=shown, count=count)
    if as_json:
        click.echo(json.dumps({"device": slm.decoder.model.device, **asdict(answer)}))
    elif answer.completions:
        click.echo("\n---\n".join(one.text for one in answer.completions))
        for copied in dict.fromkeys(one.copied for one in answer.completions if one.copied):
            click.echo(copied.summary, err=True)
    else:
        click.echo("no suggestion here", err=True)


def _place(place: str) -> tuple[Path, int, int]:
    match = re.fullmatch(r"(.+):(\d+):(\d+)", place)
    if match is None:
        raise click.UsageError(f"{place}: expected FILE:LINE:COL, for example app.py:12:5")
    return Path(match[1]), int(match[2]), int(match[3])


def _document(path: Path) -> Document:
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not UTF-8 text (byte {error.start}); only text files can be completed") from error
    return Document(path.absolute().as_uri(), text)


def _offset(document: Document, line: int, column: int, path: Path) -> int:
    lines = len(document.line_starts)
    if not 1 <= line <= lines:
        raise DocumentError(f"{path}:{line}: the file has {lines} lines")
    start, end = document.line_span(line - 1)
    if not 1 <= column <= end - start + 1:
        raise DocumentError(f"{path}:{line}:{column}: the line has {end - start} characters")
    return document.offset_at(Position(line - 1, column - 1), "utf-32")


def _project_root(path: Path) -> Path | None:
    """The nearest folder around a file with ``.git`` or ``pyproject.toml``."""
    markers = (".git", "pyproject.toml")
    return next((one for one in path.absolute().parents if any((one / name).exists() for name in markers)), None)
