"""``slm bench refactor``: random selections in the standard library, refactored and judged, beside jedi.

A result is judged by the compiler and by ruff (F821, undefined names), which have no part in making it.
"""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sysconfig
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import jedi

from python_slm.refactor.base import Plan, offer, refactorings
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.compiled import compiler_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from python_slm.refactor.base import Refactoring

_NEW_NAME = "renamed_by_benchmark"
_MOST_LINES = 2500


@dataclass
class Outcomes:
    """What became of selections: ``ok``, ``refused``, ``syntax error``, ``new undefined`` or ``crash``, and why."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    @property
    def broken(self) -> int:
        """Results that break code, and crashes."""
        return self.counts["syntax error"] + self.counts["new undefined"] + self.counts["crash"]


@click.command()
@click.option("--count", type=click.IntRange(1), default=112, show_default=True, help="Selections a refactoring.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def refactor(count: int, seed: int, *, as_json: bool) -> None:
    """Refactor random selections of standard-library files; count what is right, refused and broken.

    Example: slm bench refactor --count 30
    """
    files = stdlib_files()
    for one in refactorings():
        selections = list(selected(one.name, files, count, seed))
        rows = {"python-slm": measured(ours(one), selections)}
        if one.name in _JEDI:
            rows["jedi"] = measured(theirs(one.name), selections)
        for who, outcomes in rows.items():
            click.echo(_line(one.name, who, outcomes, as_json=as_json))


def stdlib_files() -> Sequence[str]:
    """Modules of the running interpreter's standard library, up to 2,500 lines long."""
    folder = Path(sysconfig.get_path("stdlib"))
    texts = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("[a-z]*.py")))
    return [text for text in texts if text.count("\n") <= _MOST_LINES]


def selected(name: str, files: Sequence[str], count: int, seed: int) -> Iterator[tuple[str, int, int]]:
    """(text, start, end) of ``count`` places that a person might select for a refactoring."""
    chance = random.Random(f"{name} {seed}")  # noqa: S311 - reproducible, not secret
    while count:
        text = chance.choice(files)
        found = _SELECTIONS.get(name, _expressions)(ast.parse(text), chance)
        if found:
            starts = [0]
            for line in text.split("\n"):
                starts.append(starts[-1] + len(line) + 1)
            first, last = found
            yield text, _offset(text, starts, first), _offset(text, starts, last, end=True)
            count -= 1


def ours(refactoring: Refactoring) -> Callable[[str, int, int], str]:
    """(text, start, end) → the text refactored; raises ValueError with the reason where it is refused."""

    def apply(text: str, start: int, end: int) -> str:
        plan = offer(refactoring, BlockIndex.of(text), start, end, _NEW_NAME if "rename" in refactoring.name else "")
        if isinstance(plan, Plan):
            return plan.applied(text)
        raise ValueError(plan.reason)

    return apply


def theirs(name: str) -> Callable[[str, int, int], str]:
    """The same by jedi."""

    def apply(text: str, start: int, end: int) -> str:
        script = jedi.Script(text, path="/nowhere/module.py")
        places = [(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at) - 1) for at in (start, end)]
        try:
            done = _JEDI[name](script, *places)
        except jedi.RefactoringError as error:
            raise ValueError(str(error)) from None
        changed = done.get_changed_files()
        files = [one for path, one in changed.items() if str(path) == "/nowhere/module.py"]
        return str(files[0].get_new_code()) if files else text

    return apply


def measured(apply: Callable[[str, int, int], str], selections: Sequence[tuple[str, int, int]]) -> Outcomes:
    """What became of each selection."""
    outcomes = Outcomes()
    for text, start, end in selections:
        begun = time.perf_counter()
        try:
            result = apply(text, start, end)
        except ValueError as error:
            outcomes.counts["refused"] += 1
            outcomes.reasons[str(error)] += 1
            continue
        except Exception as error:  # noqa: BLE001 - crashes are what is counted
            outcomes.counts["crash"] += 1
            outcomes.reasons[f"{type(error).__name__}: {error}"] += 1
            continue
        finally:
            outcomes.milliseconds.append(1000 * (time.perf_counter() - begun))
        outcomes.counts[judged(text, result)] += 1
    return outcomes


def judged(before: str, after: str) -> str:
    """``ok``, ``syntax error``, ``new undefined``, or ``refused`` where nothing has changed."""
    if before == after:
        return "refused"
    if compiler_problem(after):
        return "syntax error"
    return "new undefined" if undefined(after) - undefined(before) else "ok"


def undefined(text: str) -> Counter[str]:
    """What ruff calls undefined, by message."""
    command = ["ruff", "check", "--isolated", "--select", "F821", "--output-format", "json", "--exit-zero", "-"]
    done = subprocess.run(  # noqa: S603 - ruff, our own dependency
        command, input=text, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return Counter(one["message"] for one in json.loads(done.stdout))


Span = tuple[ast.AST, ast.AST]


def _inside(tree: ast.AST) -> list[ast.AST]:
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [one for function in functions for statement in function.body for one in ast.walk(statement)]


def _chosen(nodes: list[ast.AST], chance: random.Random) -> Span | None:
    node = chance.choice(nodes) if nodes else None
    return (node, node) if node else None


def _expressions(tree: ast.AST, chance: random.Random) -> Span | None:
    unnamed = (ast.Name, ast.Constant, ast.Starred, ast.Slice, ast.JoinedStr, ast.FormattedValue)
    found = [one for one in _inside(tree) if isinstance(one, ast.expr) and not isinstance(one, unnamed)]
    return _chosen([one for one in found if isinstance(getattr(one, "ctx", ast.Load()), ast.Load)], chance)


def _names(tree: ast.AST, chance: random.Random) -> Span | None:
    stored = [one for one in _inside(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    return _chosen(list(stored), chance)


def _ifs(tree: ast.AST, chance: random.Random) -> Span | None:
    found = [one.test for one in ast.walk(tree) if isinstance(one, ast.If)]
    return _chosen(list(found), chance)


def _statements(tree: ast.AST, chance: random.Random) -> Span | None:
    if chance.random() < 1 / 3:
        return _expressions(tree, chance)
    suites = [
        value
        for one in _inside(tree)
        for _, value in ast.iter_fields(one)
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt)
    ]
    suites += [
        one.body[bool(ast.get_docstring(one, clean=False)) :]
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef)
    ]
    suites = [suite for suite in suites if suite]
    if not suites:
        return None
    suite = chance.choice(suites)
    first = chance.randrange(len(suite))
    return suite[first], suite[min(first + chance.randrange(4), len(suite) - 1)]


def _offset(text: str, starts: list[int], node: Any, *, end: bool = False) -> int:
    line = node.end_lineno if end else node.lineno
    column = node.end_col_offset if end else node.col_offset
    source = text[starts[line - 1] : starts[line]]
    return int(starts[line - 1]) + len(source.encode()[:column].decode(errors="ignore"))


def _line(name: str, who: str, outcomes: Outcomes, *, as_json: bool) -> str:
    p50 = sorted(outcomes.milliseconds)[len(outcomes.milliseconds) // 2]
    if as_json:
        return json.dumps(
            {"refactoring": name, "who": who, **outcomes.counts, "p50_ms": p50, "reasons": outcomes.reasons}
        )
    kinds = ("ok", "refused", "syntax error", "new undefined", "crash")
    counts = "  ".join(f"{kind} {outcomes.counts[kind]:>3}" for kind in kinds)
    reasons = [f"      {number:>3} {reason}" for reason, number in outcomes.reasons.most_common() if who != "jedi"]
    return "\n".join([f"{name:<18} {who:<11} {counts}  p50 {p50:.0f} ms", *reasons])


_SELECTIONS = {
    "extract-variable": _expressions,
    "extract-function": _statements,
    "inline-variable": _names,
    "rename-local": _names,
    "invert-if": _ifs,
}
_JEDI: dict[str, Callable[..., Any]] = {
    "extract-variable": lambda script, start, end: script.extract_variable(
        *start, until_line=end[0], until_column=end[1], new_name="extracted"
    ),
    "extract-function": lambda script, start, end: script.extract_function(
        *start, until_line=end[0], until_column=end[1], new_name="extracted"
    ),
    "inline-variable": lambda script, start, _: script.inline(*start),
    "rename-local": lambda script, start, _: script.rename(*start, new_name=_NEW_NAME),
}
