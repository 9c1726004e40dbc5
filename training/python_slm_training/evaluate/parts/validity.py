"""Whether suggestions use names that exist: the first one at every cursor, in the committed file, judged by ruff.

What the product believes about names does not count here: the file as committed, with the suggestion and its imports in
place of the line's rest, goes to ``ruff check --select F821``, and only what lies in the suggestion counts.

- *undefined*: shown suggestions with at least one name that ruff calls undefined.
- *unread*: shown suggestions with which the file does not parse, so that ruff says nothing: see "Broken files".
- *imports*: shown suggestions that bring an import along.
- *lost*, against each other contestant: of the cursors where that one is exact, those where this one is not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_slm.errors import EvaluationError
from python_slm.text import Document, Position
from python_slm_training.evaluate import cases
from python_slm_training.evaluate.cases import KINDS
from python_slm_training.evaluate.parts.breaking import accepted
from python_slm_training.evaluate.parts.editing import all_files, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from python_slm.tasks.complete import Completion
    from python_slm_training.evaluate.cases import Case
    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.evaluation import Evaluation
    from python_slm_training.evaluate.sources import Project

_OPTIONS = (
    "--isolated",
    "--no-cache",
    "--ignore-noqa",
    "--exit-zero",
    "--quiet",
    "--select=F821",
    "--output-format=json",
)


@dataclass(frozen=True)
class Judged:
    """The first suggestion at one cursor. ``undefined`` counts names, None where the file does not parse with it."""

    file: str
    kind: str
    offset: int
    shown: bool
    exact: bool
    imports: int
    undefined: int | None


def measure_validity(run: Evaluation, projects: Sequence[Project]) -> None:
    """Models and variants of them at the cursors of editor replay. Raises EvaluationError without ruff."""
    ruff = shutil.which("ruff", path=sysconfig.get_path("scripts")) or shutil.which("ruff")
    if ruff is None:
        raise EvaluationError("ruff is not installed; run 'pip install ruff'")
    chosen = cases.sample_cases(all_files(projects), run.sizes.cases, run.sizes.seed)
    depends_on = {"cases": run.sizes.cases, "projects": describe(projects)}
    rows: dict[str, list[Judged]] = {}
    for one in (one for one in run.contestants if one.product):

        def judged(start: int, one: Contestant = one) -> Iterator[Judged]:
            assert one.product is not None
            product = one.product()
            for case in chosen[start:]:
                yield judge(case, product.completions(case.file, case.text, case.offset), ruff)

        found = run.rows("validity", one, len(chosen), depends_on, judged)
        rows[one.name] = [Judged(**row) for row in found]
    run.put("validity", {name: figures(judged, rows) for name, judged in rows.items()})


def judge(case: Case, suggestions: Sequence[Completion], ruff: str) -> Judged:
    """What ruff says of the first suggestion."""
    if not suggestions:
        return Judged(case.file.key, case.kind, case.offset, shown=False, exact=False, imports=0, undefined=0)
    first = suggestions[0]
    committed = case.text[: case.offset] + case.following
    start = first.start + sum(len(one.text) - (one.end - one.start) for one in first.additional)
    said = first.text.removeprefix(case.text[first.start : case.offset])
    return Judged(
        case.file.key,
        case.kind,
        case.offset,
        shown=True,
        exact=said.split("\n", 1)[0].rstrip() == case.truth,
        imports=len(first.additional),
        undefined=undefined(accepted(committed, first, body=""), start, start + len(first.text), ruff),
    )


def undefined(text: str, start: int, end: int, ruff: str) -> int | None:
    """Names between two offsets that nothing defines; None where ``text`` does not parse."""
    command = [ruff, "check", *_OPTIONS, "--stdin-filename=buffer.py", "-"]
    source = text.encode("utf-8", "replace")
    done = subprocess.run(command, input=source, capture_output=True, check=True)  # noqa: S603 - our own options
    lines, count = Document("", text), 0
    for found in json.loads(done.stdout or b"[]"):
        if found["code"] != "F821":
            return None
        first, last = (_offset(lines, found[key]) for key in ("location", "end_location"))
        count += first < end and start < last
    return count


def figures(judged: Sequence[Judged], everybody: Mapping[str, Sequence[Judged]]) -> dict[str, Any]:
    """Counts in all, ``kinds`` by kind, and ``lost`` against the others."""
    return {
        **_counts(judged),
        "kinds": {kind: _counts([one for one in judged if one.kind == kind]) for kind in KINDS},
        "lost": {
            name: sum(theirs.exact and not ours.exact for ours, theirs in zip(judged, other, strict=True))
            for name, other in everybody.items()
            if other is not judged
        },
    }


def line(name: str, found: Mapping[str, Any]) -> str:
    """The figures for a terminal."""
    lost = "".join(f", {count} of {other}'s exact ones lost" for other, count in found["lost"].items())
    return (
        f"{name}: {found['undefined']} of {found['shown']} suggestions at {found['asked']} cursors use an undefined "
        f"name, {found['unread']} do not parse in the committed file, {found['imports']} bring an import; "
        f"{found['exact']} are exact{lost}"
    )


def _counts(judged: Sequence[Judged]) -> dict[str, int]:
    shown = [one for one in judged if one.shown]
    return {
        "asked": len(judged),
        "shown": len(shown),
        "undefined": sum(bool(one.undefined) for one in shown),
        "unread": sum(one.undefined is None for one in shown),
        "imports": sum(bool(one.imports) for one in shown),
        "exact": sum(one.exact for one in shown),
    }


def _offset(lines: Document, place: Mapping[str, int]) -> int:
    return lines.offset_at(Position(place["row"] - 1, place["column"] - 1), "utf-32")
