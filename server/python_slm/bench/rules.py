"""``slm bench rules``: what our own rules cost, when a file is opened and after a key, beside index, ast and ruff."""

from __future__ import annotations

import ast
import gc
import json
import os
import random
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from python_slm.bench.syntax import keystrokes, stdlib_text
from python_slm.project.ruff import installed_ruff
from python_slm.rules.find import every_rule, find, found_by
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.garbage import collect_less

if TYPE_CHECKING:
    from collections.abc import Callable


Result = TypeVar("Result")


@dataclass(frozen=True)
class Figures:
    """CPU milliseconds of this process. ``index_…`` is what the block index takes for the same: cut, problems found.

    ``by_rule_ms``: each rule alone over trees that are there already, the cold file again.
    """

    lines: int
    keys: int
    findings: int
    cold_ms: float
    index_cold_ms: float
    ast_ms: float
    ruff_ms: float | None
    key_p50_ms: float
    key_p95_ms: float
    key_max_ms: float
    index_key_p50_ms: float
    by_rule_ms: dict[str, float]


@click.command()
@click.option("--lines", type=click.IntRange(1), default=5000, show_default=True, help="Size of the file made up.")
@click.option(
    "--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Type into this one."
)
@click.option("--keys", type=click.IntRange(1), default=300, show_default=True, help="Keystrokes to type.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def rules(lines: int, path: Path | None, *, keys: int, seed: int, as_json: bool) -> None:
    """Run our own rules over a file, then type into it and run them after each key.

    The file is made of standard-library modules, as that of 'slm bench syntax'. All times are CPU time.

    Example: slm bench rules --lines 1000
    """
    text = path.read_text(encoding="utf-8", errors="surrogateescape") if path else stdlib_text(lines)
    collect_less()  # as the server does
    figures = measure(text, keys, seed)
    click.echo(json.dumps(asdict(figures)) if as_json else _report(figures))


def measure(text: str, keys: int, seed: int, clock: Callable[[], float] = time.process_time) -> Figures:
    """Rules over ``text`` when first seen, after each of ``keys`` keys, and each rule by itself."""
    every_rule()  # imports them
    index_cold, index = _timed(lambda: _indexed(BlockIndex.of(text)), clock)
    cold, findings = _timed(lambda: find(index), clock)
    parse, _ = _timed(lambda: ast.parse(text), clock)
    gc.collect()
    key_times, index_times = [], []
    for typed, _ in keystrokes(text, keys, random.Random(seed)):  # noqa: S311 - reproducible, not secret
        begun = clock()
        index = _indexed(index.updated(typed))
        updated = clock()
        find(index)
        key_times.append(1000 * (clock() - updated))
        index_times.append(1000 * (updated - begun))
    key_times.sort()
    return Figures(
        lines=text.count("\n"),
        keys=len(key_times),
        findings=len(findings),
        cold_ms=cold,
        index_cold_ms=index_cold,
        ast_ms=parse,
        ruff_ms=_ruff_ms(text),
        key_p50_ms=statistics.median(key_times),
        key_p95_ms=key_times[int(0.95 * len(key_times))],
        key_max_ms=key_times[-1],
        index_key_p50_ms=statistics.median(index_times),
        by_rule_ms=_by_rule(text, clock),
    )


def _by_rule(text: str, clock: Callable[[], float]) -> dict[str, float]:
    index = _indexed(BlockIndex.of(text))
    empty, _ = _timed(partial(found_by, (), index), clock)
    spent = {}
    for rule in every_rule():
        taken, _ = _timed(partial(found_by, (rule,), index), clock)
        spent[rule.code] = max(0.0, taken - empty)
    return dict(sorted(spent.items(), key=lambda one: -one[1]))


def _ruff_ms(text: str) -> float | None:
    """CPU time of ``ruff check`` with all of its rules, its start included; None without ruff."""
    program = installed_ruff()
    if program is None:
        return None
    before = os.times()
    command = [
        program,
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "ALL",
        "--quiet",
        "--stdin-filename",
        "a.py",
        "-",
    ]
    subprocess.run(command, input=text.encode("utf-8", "replace"), stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - ruff itself
    after = os.times()
    return 1000 * (after.children_user + after.children_system - before.children_user - before.children_system)


def _indexed(index: BlockIndex) -> BlockIndex:
    _ = index.problems
    return index


def _timed(work: Callable[[], Result], clock: Callable[[], float]) -> tuple[float, Result]:
    begun = clock()
    result = work()
    return 1000 * (clock() - begun), result


def _report(figures: Figures) -> str:
    per_1k = 1000 / max(1, figures.lines)
    dear = ", ".join(f"{code} {spent * per_1k:.1f}" for code, spent in list(figures.by_rule_ms.items())[:5])
    ruff = f" = {figures.cold_ms / figures.ruff_ms:.1f} × ruff check --select ALL" if figures.ruff_ms else ""
    lines = (
        f"{figures.lines:,} lines, {len(figures.by_rule_ms)} rules, {figures.findings} findings; CPU time",
        (
            f"first opened   {figures.cold_ms:.0f} ms, {figures.cold_ms * per_1k:.0f} per 1,000 lines = "
            f"{figures.cold_ms / figures.index_cold_ms:.1f} × block index = {figures.cold_ms / figures.ast_ms:.1f} × "
            f"ast.parse{ruff}"
        ),
        (
            f"after a key    p50 {figures.key_p50_ms:.1f} ms   p95 {figures.key_p95_ms:.1f} ms   max "
            f"{figures.key_max_ms:.0f} ms; p50 is {figures.key_p50_ms / figures.cold_ms:.1%} of the whole file"
        ),
        f"block index    p50 {figures.index_key_p50_ms:.1f} ms after a key",
        f"dearest rules  {dear} ms per 1,000 lines",
    )
    return "\n".join(lines)
