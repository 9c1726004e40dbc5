"""``slm bench syntax``: from keystroke to updated block index, beside a full parse of the file, measured in one run."""

from __future__ import annotations

import ast
import gc
import json
import random
import statistics
import sysconfig
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.garbage import collect_less

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOAL_MS = 5.0
_SNIPPETS = (
    "value = compute(first, second)",
    "def helper(name: str, count: int = 0) -> None:",
    "return [item.name for item in self.items if item]",
    'message = f"{name} has {count} items"',
    '"""Say what it does."""',
    "if not isinstance(value, (int, float)):",
    "self.table[key] = {'a': 1, \"b\": 2}",
    "# a remark",
    "import collections",
    "class Thing(Base):",
    "call(\n",
    "x = 'it is",
)


@dataclass(frozen=True)
class Figures:
    """Milliseconds, wall clock, except ``cpu_…``, which leaves out what other programs took; None: cannot."""

    lines: int
    keys: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    cpu_p50_ms: float
    cpu_p95_ms: float
    broken_share: float
    cold_ms: float
    libcst_cpu_ms: float | None
    ast_cpu_ms: float | None


@click.command()
@click.option("--lines", type=click.IntRange(1), default=5000, show_default=True, help="Size of the file made up.")
@click.option(
    "--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Type into this one."
)
@click.option("--keys", type=click.IntRange(1), default=1500, show_default=True, help="Keystrokes to type.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def syntax(lines: int, path: Path | None, *, keys: int, seed: int, as_json: bool) -> None:
    """Type at random places of a real file and time each key until its blocks are up to date.

    The file is made of standard-library modules. A key counts until the index is cut anew, every block is checked for
    problems and the tree of the block at the cursor is parsed. Some keys break the buffer: a quote, 'def f('.

    Example: slm bench syntax --lines 5000
    """
    text = path.read_text(encoding="utf-8", errors="surrogateescape") if path else stdlib_text(lines)
    collect_less()  # as the server does
    figures = measure(text, keys, seed)
    click.echo(json.dumps(asdict(figures)) if as_json else _report(figures))


def stdlib_text(lines: int) -> str:
    """Modules of the running interpreter's standard library, ``lines`` lines in all, more or less."""
    text, size = "", 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*.py")):  # names with _ are private or generated
        module = path.read_text(encoding="utf-8")
        count = module.count("\n")
        if size + count <= lines * 1.02:
            text, size = text + module, size + count
    return text


def measure(text: str, keys: int, seed: int, clock: Callable[[], float] = time.perf_counter) -> Figures:
    """Type ``keys`` keys into ``text`` and time each; then parse it whole with the rivals, each the best of three."""
    begun = clock()
    index = BlockIndex.of(text)
    broken = len(index.problems)
    cold = clock() - begun
    gc.collect()
    times, cpu, broken_keys = [], [], 0
    for typed, offset in keystrokes(text, keys, random.Random(seed)):  # noqa: S311 - reproducible, not secret
        begun, cpu_begun = clock(), time.process_time()
        index = index.updated(typed)
        broken_keys += len(index.problems) > broken
        _ = index.block_at(offset).tree
        times.append(1000 * (clock() - begun))
        cpu.append(1000 * (time.process_time() - cpu_begun))
    times.sort()
    cpu.sort()
    return Figures(
        lines=text.count("\n"),
        keys=len(times),
        p50_ms=statistics.median(times),
        p95_ms=times[int(0.95 * len(times))],
        max_ms=times[-1],
        cpu_p50_ms=statistics.median(cpu),
        cpu_p95_ms=cpu[int(0.95 * len(cpu))],
        broken_share=broken_keys / len(times),
        cold_ms=1000 * cold,
        libcst_cpu_ms=_rival_ms(_libcst, text),
        ast_cpu_ms=_rival_ms(ast.parse, text),
    )


def keystrokes(text: str, keys: int, choose: random.Random) -> Iterator[tuple[str, int]]:
    """(text after the key, cursor): lines opened at random places, a snippet typed into each, then all of it undone."""
    done = 0
    while True:
        offset = text.find("\n", choose.randrange(len(text) + 1)) % (len(text) + 1)
        line = text[text.rfind("\n", 0, offset) + 1 : offset]
        indent = line[: len(line) - len(line.lstrip())]
        typed = ""
        for key in ["\n" + indent, *choose.choice(_SNIPPETS), ""]:
            typed = typed + key if key else ""
            yield text[:offset] + typed + text[offset:], offset + len(typed)
            done += 1
            if done == keys:
                return


def _libcst(text: str) -> object:
    import libcst  # noqa: PLC0415 - a rival, loaded when it runs

    return libcst.parse_module(text)


def _rival_ms(parse: Callable[[str], object], text: str) -> float | None:
    """CPU time, best of three; None for a text that the rival cannot parse."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        try:
            parse(text)
        except Exception:  # noqa: BLE001 - parsers raise whatever they like, and a rival's failure is a finding
            return None
        times.append(1000 * (time.process_time() - begun))
    return min(times)


def _rival(spent_ms: float | None, ours_ms: float) -> str:
    return "cannot parse it" if spent_ms is None else f"{spent_ms:.0f} ms of CPU time = {spent_ms / ours_ms:.0f} × p50"


def _report(figures: Figures) -> str:
    met = "met" if figures.p50_ms <= GOAL_MS else "missed"
    lines = (
        f"{figures.lines:,} lines, {figures.keys:,} keys, the buffer broken after {figures.broken_share:.0%} of them",
        (
            f"keystroke → block index   p50 {figures.p50_ms:.2f} ms   p95 {figures.p95_ms:.1f} ms   "
            f"max {figures.max_ms:.0f} ms"
        ),
        f"the same, CPU time only   p50 {figures.cpu_p50_ms:.2f} ms   p95 {figures.cpu_p95_ms:.1f} ms",
        f"first opened              {figures.cold_ms:.0f} ms, problems found",
        f"libcst.parse_module       {_rival(figures.libcst_cpu_ms, figures.cpu_p50_ms)}",
        f"ast.parse                 {_rival(figures.ast_cpu_ms, figures.cpu_p50_ms)}",
        f"goal: p50 ≤ {GOAL_MS:.0f} ms on 5,000 lines: {met}",
    )
    return "\n".join(lines)
