"""``slm refactor``: what can be done with a selection, done or refused with the reason."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.cli.refactor_across import across, difference
from python_slm.errors import DocumentError
from python_slm.project.package import module_of
from python_slm.text import Document, Position

if TYPE_CHECKING:
    from python_slm.refactor.plan import Plan, Refusal
    from python_slm.syntax.blocks import BlockIndex


@click.command()
@click.argument("place", metavar="FILE:LINE:COL[-LINE:COL]")
@click.argument("name", default="")
@click.option("--list", "listing", is_flag=True, help="Say which refactorings there are here, and why others are not.")
@click.option("--diff", is_flag=True, help="Print what would change; the default.")
@click.option("--write", is_flag=True, help="Change the file, or files.")
@click.option("--as", "new_name", default="", metavar="NEW", help="What to call what is extracted or renamed.")
@click.option("--json", "as_json", is_flag=True, help="Print edits, as offsets, or the reason.")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Change all files below this folder: NAME is rename, move, change-signature or encapsulate-field, --as the "
    "new name, the file to move to, or the new parameters.",
)
def refactor(
    place: str,
    name: str,
    *,
    listing: bool,
    diff: bool,
    write: bool,
    new_name: str,
    as_json: bool,
    project: Path | None,
) -> None:
    """Do the refactoring NAME to a selection (lines and columns from 1, the end exclusive).

    Nothing is offered that would not parse, compile, or find its names; the status is 1 where it is refused. What ruff
    does is offered, too, whatever the project's configuration selects.

    \b
    Example: slm refactor examples/inventory.py:20:16-20:35 extract-variable
    Example: slm refactor --project . app/shapes.py:8:5 rename --as surface
    """
    from python_slm.refactor.plan import Plan
    from python_slm.syntax.blocks import BlockIndex

    path, places = _place(place)
    text = _text(path)
    document = Document(path.name, text)
    start, end = (_offset(document, path, *one) for one in places)
    if project is not None:
        return across(project, path, start, name, new_name, write=write, as_json=as_json)
    index = BlockIndex.of(text)
    said = _said(index, path, (start, end), new_name, "" if listing else _known(name))
    if as_json:
        click.echo(json.dumps({one: _as_json(plan) for one, plan in said.items()}))
    elif listing:
        for one, plan in said.items():
            click.echo(f"{one:<26} {'yes' if isinstance(plan, Plan) else f'no: {plan.reason}'}")
    if listing:
        return None
    plan = said[name]
    if not isinstance(plan, Plan):
        click.echo(f"{name}: {plan.reason}", err=True)
        raise SystemExit(1)
    if (diff or not write) and not as_json:
        click.echo(difference(str(path), index.text, plan.applied(index.text)), nl=False)
    if write:
        path.write_bytes(plan.applied(text).encode("utf-8", "surrogateescape"))
    return None


def _known(name: str) -> str:
    from python_slm.refactor.base import refactorings
    from python_slm.refactor.through_ruff import REWRITES

    known = [*(one.name for one in refactorings()), *(one.name for one in REWRITES)]
    if name not in known:
        raise click.UsageError(f"{name or 'no refactoring named'}: there are {', '.join(known)}; try --list")
    return name


def _said(
    index: BlockIndex, path: Path, selection: tuple[int, int], new_name: str, name: str
) -> dict[str, Plan | Refusal]:
    """What the refactoring ``name`` says of a selection, or all of them; ours come before ruff's of the same name."""
    from python_slm.refactor.base import offer, offers, refactorings
    from python_slm.refactor.plan import Refusal
    from python_slm.refactor.through_ruff import KIND
    from python_slm.refactor.through_ruff import offers as through_ruff

    module = module_of(path)
    ours = next((one for one in refactorings() if one.name == name), None)
    if ours is not None:
        return {name: offer(ours, index, *selection, new_name, module=module)}
    ruffs = {kind.removeprefix(f"{KIND}."): plan for _, kind, plan in through_ruff(index.text, path, *selection)}
    if name:
        return {name: ruffs.get(name, Refusal("ruff finds nothing of the sort on these lines"))}
    return {**ruffs, **{one.name: plan for one, plan in offers(index, *selection, new_name, module=module)}}


def _place(place: str) -> tuple[Path, tuple[tuple[int, int], tuple[int, int]]]:
    match = re.fullmatch(r"(.+):(\d+):(\d+)(?:-(\d+):(\d+))?", place)
    if match is None:
        raise click.UsageError(f"{place}: expected FILE:LINE:COL-LINE:COL, for example app.py:12:5-12:20")
    start = int(match[2]), int(match[3])
    return Path(match[1]), (start, (int(match[4]), int(match[5])) if match[4] else start)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror or error}; name a file that can be read") from None


def _offset(document: Document, path: Path, line: int, column: int) -> int:
    if not 1 <= line <= len(document.line_starts) or column < 1:
        raise DocumentError(f"{path}:{line}:{column}: not in the file, which has {len(document.line_starts)} lines")
    return document.offset_at(Position(line - 1, column - 1), "utf-32")


def _as_json(plan: Plan | Refusal) -> dict[str, object]:
    from python_slm.refactor.plan import Refusal

    if isinstance(plan, Refusal):
        return {"refused": plan.reason}
    edits = [{"start": one.start, "end": one.end, "text": one.text} for one in plan.edits]
    return {"edits": edits, "rename": plan.rename}
