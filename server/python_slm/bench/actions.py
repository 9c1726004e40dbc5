"""``slm bench actions``: random edits of real files, random selections, every action there is; what breaks is counted.

A result is judged by Python's compiler where the text compiled before, by the number of blocks that do not parse where
it did not, and by ruff (F821, undefined names); none of them knows how it was made.
"""

from __future__ import annotations

import ast
import json
import random
import site
import subprocess
import sysconfig
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.errors import LinterError
from python_slm.linter.run import check_text
from python_slm.lsp.actions import menu, through_ruff
from python_slm.lsp.actions.base import Place
from python_slm.project.ruff import installed_ruff
from python_slm.refactor.plan import Plan
from python_slm.rules.find import find as find_by_rules
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.findings import Finding
    from python_slm.lsp.actions.base import Action, Sort

MOST_LINES = 800
_PIECES = (
    "(", ")", "[", "}", ":", ",", ".", "=", "'", '"""', "#", "\n", "\r\n", "\t", "    ", "\\\n", "x", "é", "😀", "if ",
    "else:\n", "def f(", "lambda x", "import os\n", "from a import *\n", "return ", "await ", "*", "@", "~", "f'{",
    "\x0c",
)  # fmt: skip
_BATCH = 200
"""Results that ruff looks at in one process."""
_SELECTIONS = 20
"""Selections tried in one state of a file; what is not made before it is chosen is tried at the first."""


@dataclass
class Tally:
    """What became of trials: one is a selection in one state of one file, with all its actions."""

    trials: int = 0
    broken_before: int = 0
    """Trials in a text that did not compile."""
    made: Counter[str] = field(default_factory=Counter)
    """Edits by the kind of their action."""
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    """Exceptions, and edits that broke something: what, which action, which file, which seed."""
    milliseconds: list[float] = field(default_factory=list)
    """A trial's whole menu, every lazy edit made."""


@dataclass(frozen=True)
class _Result:
    """A text before and after an action, and how to find it again."""

    before: str
    after: str
    told: str


@click.command()
@click.option("--trials", type=click.IntRange(1), default=1000, show_default=True, help="Selections in all.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def actions(trials: int, seed: int, *, as_json: bool) -> None:
    """Try every code action at random selections of randomly damaged files; the status is 1 if anything breaks.

    Example: slm bench actions --trials 500
    """
    tally = run(trials, seed, real_files())
    if as_json:
        click.echo(json.dumps(tally.__dict__))
    else:
        click.echo("\n".join(_lines(tally)))
    raise SystemExit(bool(tally.faults))


def real_files() -> Sequence[Path]:
    """Python files of the running interpreter's standard library and of what is installed beside it."""
    folders = [Path(sysconfig.get_path("stdlib")), *map(Path, site.getsitepackages())]
    found = {path for folder in folders for path in folder.glob("[a-z]*.py")}
    found.update(path for folder in folders for path in folder.glob("[a-z]*/[a-z]*.py"))
    return sorted(found)


def run(trials: int, seed: int, files: Sequence[Path], sorts: Sequence[Sort] = menu.SORTS) -> Tally:
    """Try ``trials`` selections; the same seed tries the same ones. ``sorts`` are the sorts of actions to try."""
    tally, pending = Tally(), list[_Result]()
    number = seed * 1_000_000
    while tally.trials < trials:
        number += 1
        pending += _state(number, files, tally, trials - tally.trials, sorts)
        if len(pending) >= _BATCH:
            tally.faults += _undefined(pending)
            pending = []
    tally.faults += _undefined(pending)
    return tally


def _state(number: int, files: Sequence[Path], tally: Tally, most: int, sorts: Sequence[Sort]) -> Iterator[_Result]:
    """One file with random edits, and up to ``most`` selections in it."""
    chance = random.Random(number)  # noqa: S311 - reproducible, not secret
    path = chance.choice(files)
    original = path.read_bytes().decode("utf-8", "replace")
    if original.count("\n") > MOST_LINES:
        return
    text = damaged(original, chance)
    index = BlockIndex.of(original).updated(text)
    compiled = _compiles(text)
    findings = _findings(text, index)
    for turn in range(min(_SELECTIONS, most)):
        start, end = selection(text, chance)
        place = Place(Document("", text), index, start, end, path=path.name, findings=findings)
        begun = time.perf_counter()
        told = f"{path.name} state {number} selection {start}:{end}"
        for action, after in _tried(sorts, place, tally, told, whole_file=not turn):
            told_here = f"{action.name}, {told}"
            if compiled and not _compiles(after):
                tally.faults.append(f"does not compile: {told_here}")
            elif not compiled and len(BlockIndex.of(after).problems) > len(BlockIndex.of(text).problems):
                tally.faults.append(f"breaks more: {told_here}")
            elif compiled:
                yield _Result(text, after, told_here)
        tally.milliseconds.append(1000 * (time.perf_counter() - begun))
        tally.trials += 1
        tally.broken_before += not compiled


def _tried(
    sorts: Sequence[Sort], place: Place, tally: Tally, told: str, *, whole_file: bool
) -> Iterator[tuple[Action, str]]:
    """Every action of a place that can be done, and the text after it."""
    for sort in sorts:
        if sort is through_ruff.SORT and not whole_file:
            continue  # starts a process
        try:
            for action in sort.actions(place):
                if not (action.cheap or whole_file):
                    continue
                outcome = action.make() if action.make is not None else None
                if isinstance(outcome, Plan):
                    tally.made[action.kind] += 1
                    yield action, outcome.applied(place.document.text)
                else:
                    tally.refused += outcome is not None
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            tally.faults.append(f"exception: {sort.name}, {told}\n{traceback.format_exc(limit=-4)}")


def damaged(text: str, chance: random.Random) -> str:
    """``text`` after up to four random edits; every third time none."""
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        at = chance.randint(0, len(text))
        kind = chance.random()
        if kind < 0.4:  # noqa: PLR2004 - shares of the sorts of edits
            text = text[:at] + chance.choice(_PIECES) + text[at:]
        elif kind < 0.7:  # noqa: PLR2004
            text = text[:at] + text[at + chance.choice((1, 1, 2, 5, 30)) :]
        else:
            lines = text.split("\n")
            line = chance.randrange(len(lines))
            lines[line : line + 1] = chance.choice(([], [lines[line]] * 2, [lines[line][: len(lines[line]) // 2]]))
            text = "\n".join(lines)
    return text


def selection(text: str, chance: random.Random) -> tuple[int, int]:
    """A cursor, a word, some lines, a node of the tree, or anything."""
    kind = chance.random()
    at = chance.randint(0, len(text))
    if kind < 0.4 and (span := _node(text, chance)):  # noqa: PLR2004 - shares again
        return span
    if kind < 0.6:  # noqa: PLR2004
        return at, at
    if kind < 0.8:  # noqa: PLR2004
        first = text.rfind("\n", 0, at) + 1
        last = first
        for _ in range(chance.choice((1, 1, 2, 5))):
            last = text.find("\n", last) + 1 or len(text)
        return first, max(first, last)
    return at, min(len(text), at + chance.choice((1, 5, 20, 200)))


def _node(text: str, chance: random.Random) -> tuple[int, int] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    if not nodes or "\x0c" in text or "\r" in text:  # ast counts other lines than we do here
        return None
    node = chance.choice(nodes)
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode(errors="ignore"))

    return offset(node.lineno, node.col_offset), offset(node.end_lineno or 1, node.end_col_offset or 0)


def _findings(text: str, index: BlockIndex) -> tuple[Finding, ...]:
    try:
        by_ruff = check_text(Document("", text), index, None, options=("--isolated", "--select", "ALL"))
    except LinterError:
        by_ruff = []
    return (*by_ruff, *find_by_rules(index))


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "text", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def _undefined(results: Sequence[_Result]) -> list[str]:
    """Faults: the results that use a name which is defined nowhere and was not missing before."""
    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(results):
            for name, text in (("before", one.before), ("after", one.after)):
                Path(folder, f"{name}{number}.py").write_bytes(text.encode("utf-8", "replace"))
        command = [
            installed_ruff() or "ruff", "check", "--isolated", "--no-cache", "--select", "F821",
            "--output-format", "json", "--exit-zero", folder,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - ruff, our own dependency
    missing: dict[str, Counter[str]] = {}
    for one in json.loads(done.stdout):
        missing.setdefault(Path(one["filename"]).stem, Counter())[one["message"]] += 1
    nothing = Counter[str]()
    return [
        f"undefined name: {one.told}"
        for number, one in enumerate(results)
        if missing.get(f"after{number}", nothing) - missing.get(f"before{number}", nothing)
    ]


def _lines(tally: Tally) -> Iterator[str]:
    ordered = sorted(tally.milliseconds)
    made = sum(tally.made.values())
    yield f"{tally.trials} selections, {tally.broken_before} of them in a text that did not compile"
    yield f"{made} edits made, {tally.refused} refused; all of a selection p50 {ordered[len(ordered) // 2]:.0f} ms"
    yield from (f"  {number:>6}  {kind}" for kind, number in tally.made.most_common())
    yield f"{len(tally.faults)} faults"
    yield from tally.faults
