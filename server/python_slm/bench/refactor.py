"""``slm bench refactor``: random selections, refactored and judged, beside jedi, rope and pyrefly.

A result is judged by the compiler and by ruff (F821, undefined names), which have no part in making it.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.bench.pyrefly import Pyrefly, with_pyrefly
from python_slm.bench.rivals import NEW_NAME, rivals
from python_slm.bench.selections import anywhere, files_under, like_examples, stdlib_files
from python_slm.refactor.base import offer, refactorings
from python_slm.refactor.plan import Plan
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.compiled import compiler_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from python_slm.bench.selections import Selection
    from python_slm.refactor.base import Refactoring

    Apply = Callable[[str, int, int], str]

_TRIES = 15
"""How many selections are tried for one that is not refused, at most."""


@dataclass
class Outcomes:
    """What became of selections: ``ok``, ``refused``, ``syntax error``, ``new undefined`` or ``crash``, and why."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    bad: list[tuple[Selection, str]] = field(default_factory=list)

    @property
    def broken(self) -> int:
        """Results that break code, and crashes."""
        return self.counts["syntax error"] + self.counts["new undefined"] + self.counts["crash"]


@click.command()
@click.option("--count", type=click.IntRange(1), default=112, show_default=True, help="Selections a refactoring.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--only", multiple=True, metavar="NAME", help="This refactoring alone; may be repeated.")
@click.option(
    "--files", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take 200 random files below a folder instead of the standard library.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of a table.")
def refactor(count: int, seed: int, only: Sequence[str], files: Path | None, *, as_json: bool) -> None:
    """Refactor random selections of many files; count what is right, refused and broken.

    Selections are like those of the refactoring's examples ("like"), the first COUNT of these that are not refused, of
    15 times as many ("done"), and anywhere ("any"). Rivals get the first.

    Example: slm bench refactor --count 30 --only invert-if
    """
    texts = files_under(files, 200, seed) if files else stdlib_files()
    with with_pyrefly() as pyrefly:
        for one in refactorings():
            if only and one.name not in only:
                continue
            for who, what, outcomes in rows(one, texts, count, seed, pyrefly):
                click.echo(_line(one.name, who, what, outcomes, as_json=as_json))


def rows(
    one: Refactoring, texts: Sequence[str], count: int, seed: int, pyrefly: Pyrefly | None = None
) -> Iterator[tuple[str, str, Outcomes]]:
    """(who, which selections, what became of them) for one refactoring."""
    like = list(islice(like_examples(one, texts, seed), count))
    mine = ours(one)
    yield "python-slm", "like", measured(mine, like)
    yield "python-slm", "done", measured(mine, like_examples(one, texts, seed + 1), done=count, most=_TRIES * count)
    yield "python-slm", "any", measured(mine, islice(anywhere(texts, seed), count))
    others = rivals(one.name)
    if pyrefly is not None and pyrefly.can(one.name):
        others["pyrefly"] = pyrefly.apply(one.name)
    for who, apply in others.items():
        yield who, "like", measured(apply, like)


def ours(refactoring: Refactoring) -> Apply:
    """(text, start, end) → the text refactored; raises ValueError with the reason where it is refused."""

    def apply(text: str, start: int, end: int) -> str:
        plan = offer(refactoring, _index(text), start, end, NEW_NAME if "rename" in refactoring.name else "")
        if isinstance(plan, Plan):
            return plan.applied(text)
        raise ValueError(plan.reason)

    return apply


@lru_cache(maxsize=256)
def _index(text: str) -> BlockIndex:
    return BlockIndex.of(text)


def measured(apply: Apply, selections: Iterable[Selection], *, done: int = 0, most: int = 0) -> Outcomes:
    """What became of each selection; with ``done``, until so many were not refused, of ``most`` at most."""
    outcomes = Outcomes()
    results: list[tuple[Selection, str]] = []
    for number, selection in enumerate(selections):
        if done and (len(results) >= done or number >= most):
            break
        begun = time.perf_counter()
        try:
            result = apply(*selection)
        except ValueError as error:
            outcomes.counts["refused"] += 1
            outcomes.reasons[str(error)] += 1
            continue
        except Exception as error:  # noqa: BLE001 - crashes are what is counted
            outcomes.counts["crash"] += 1
            outcomes.reasons[f"{type(error).__name__}: {error}"] += 1
            outcomes.bad.append((selection, f"{type(error).__name__}: {error}"))
            continue
        finally:
            outcomes.milliseconds.append(1000 * (time.perf_counter() - begun))
        results.append((selection, result))
    verdicts = judged([(selection[0], result) for selection, result in results])
    for (selection, result), verdict in zip(results, verdicts, strict=True):
        outcomes.counts[verdict] += 1
        if verdict not in {"ok", "refused"}:
            outcomes.bad.append((selection, result))
    return outcomes


def judged(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """``ok``, ``syntax error``, ``new undefined`` or ``refused`` (nothing has changed), for each (before, after)."""
    missing = undefined([text for pair in pairs for text in pair])
    verdicts: list[str] = []
    for place, (before, after) in enumerate(pairs):
        if before == after:
            verdicts.append("refused")
        elif compiler_problem(after):
            verdicts.append("syntax error")
        else:
            verdicts.append("new undefined" if missing[2 * place + 1] - missing[2 * place] else "ok")
    return verdicts


def undefined(texts: Sequence[str]) -> list[Counter[str]]:
    """What ruff calls undefined in each text, by message."""
    found = [Counter[str]() for _ in texts]
    if not texts:
        return found
    with tempfile.TemporaryDirectory() as folder:
        names = {text: f"{place}.py" for place, text in enumerate(texts)}
        for text, name in names.items():
            Path(folder, name).write_text(text, encoding="utf-8", newline="")
        options = ["--isolated", "--no-cache", "--select", "F821", "--output-format", "json", "--exit-zero"]
        command = ["ruff", "check", *options, folder]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)  # noqa: S603 - ruff
    messages: dict[str, Counter[str]] = {}
    for one in json.loads(done.stdout):
        messages.setdefault(Path(one["filename"]).name, Counter[str]())[one["message"]] += 1
    return [messages.get(names[text], Counter[str]()) for text in texts]


def _line(name: str, who: str, what: str, outcomes: Outcomes, *, as_json: bool) -> str:
    p50 = sorted(outcomes.milliseconds)[len(outcomes.milliseconds) // 2] if outcomes.milliseconds else 0.0
    if as_json:
        shown = {"refactoring": name, "who": who, "selections": what, **outcomes.counts, "p50_ms": round(p50, 1)}
        return json.dumps({**shown, "reasons": outcomes.reasons, "bad": [list(one) for one, _ in outcomes.bad]})
    kinds = ("ok", "refused", "syntax error", "new undefined", "crash")
    counts = "  ".join(f"{kind} {outcomes.counts[kind]:>4}" for kind in kinds)
    reasons = [f"      {number:>4} {reason}" for reason, number in outcomes.reasons.most_common() if what == "like"]
    return "\n".join(
        [f"{name:<28} {who:<10} {what:<4} {counts}  p50 {p50:.1f} ms", *(reasons if who == "python-slm" else [])]
    )
