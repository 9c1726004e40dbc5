"""Bug pairs: whether a model finds correct code likelier than buggy code, and the bug's line the most surprising.

A pair is one piece of code before and after a fix. *Prefers the fix*: the mean surprise of the correct code's tokens
is lower than that of the buggy code's. *Line top-k*: a line that the fix changes is among the k most surprising
lines of the buggy code that are not blank; a line's surprise is that of its most surprising token. Where the fix only
adds lines, the two lines around the gap count. The floor draws lines at random; its figure is exact.

Models are also asked, as ``slm train tasks`` teaches: *names the bug*, the answer to the buggy code quotes a changed
line; *false alarm*, the answer to the correct code names any line. A model that was never taught answers nonsense.

Pairs come from HumanEvalPack (arXiv 2308.07124: bugs put into HumanEval's solutions by people), from task data
(``test/fix.jsonl.zst`` of ``slm train tasks``) and from edit histories (``slm data history``, records of kind ``fix``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import zstandard

from python_slm.errors import EvaluationError
from python_slm_training.evaluate import benchmarks
from python_slm_training.evaluate.intervals import Observations
from python_slm_training.evaluate.product import Surprise, surprise
from python_slm_training.tasks.defects import read_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from python_slm_training.evaluate.product import Scorer, Writer

HUMAN_EVAL_PACK = "HumanEvalPack"
TOP = (1, 3)
MOST_CHARACTERS = 6000
ANSWER_TOKENS = 48


@dataclass(frozen=True)
class Pair:
    """``given`` stands before both ``buggy`` and ``fixed``; ``cluster`` is what several pairs may share."""

    id: str
    cluster: str
    given: str
    buggy: str
    fixed: str
    path: str = ""

    @property
    def suspects(self) -> list[int]:
        """Lines of ``buggy`` that are not blank, zero-based."""
        return [number for number, line in enumerate(self.buggy.split("\n")) if line.strip()]

    @property
    def changed(self) -> set[int]:
        """Suspects that the fix changes or removes; where it only adds, the ones around the place."""
        before, after = self.buggy.split("\n"), self.fixed.split("\n")
        found: set[int] = set()
        for kind, start, end, _, _ in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if kind in {"replace", "delete"}:
                found |= {number for number in self.suspects if start <= number < end}
            elif kind == "insert":
                found |= set(
                    [n for n in self.suspects if n < start][-1:] + [n for n in self.suspects if n >= start][:1]
                )
        return found


@dataclass(frozen=True)
class Asked:
    """A model's answers to the task ``bug`` on both sides of a pair."""

    id: str
    cluster: str
    on_buggy: str
    on_fixed: str
    names_bug: bool
    false_alarm: bool


@dataclass(frozen=True)
class Judged:
    """What a model said of a pair. ``rank``: the place, from 1, of the best ranked changed line."""

    id: str
    cluster: str
    prefers_fix: bool
    rank: int


def human_eval_pack(folder: Path) -> list[Pair]:
    """164 pairs. Raises EvaluationError when the benchmark is missing."""
    try:
        return [
            Pair(
                one["task_id"],
                one["task_id"],
                one["prompt"],
                one["buggy_solution"],
                one["canonical_solution"],
                "solution.py",
            )
            for one in benchmarks.records(folder, "humanevalpack.jsonl")
        ]
    except KeyError as error:
        raise EvaluationError(f"{folder}: not HumanEvalPack's records (no {error}); get it again") from error


def read_pairs(folder: Path, limit: int | None, seed: int) -> list[Pair]:
    """A sample of the pairs of task data or of an edit history. Raises EvaluationError when it holds none."""
    tasks = folder / "test" / "fix.jsonl.zst"
    found = list(_task_pairs(tasks) if tasks.exists() else _history_pairs(folder))
    usable = [one for one in found if one.changed and len(one.buggy) + len(one.fixed) <= 2 * MOST_CHARACTERS]
    if not usable:
        raise EvaluationError(
            f"{folder}: no bug pairs; give what 'slm train tasks' (with test/fix.jsonl.zst) or 'slm data history' wrote"
        )
    return benchmarks.sample(usable, limit, seed, folder.name)


def judge(model: Scorer, pair: Pair) -> Judged:
    """Score both sides."""
    buggy, fixed = (_surprise_of(model, pair, text) for text in (pair.buggy, pair.fixed))
    peaks = _line_peaks(buggy, pair)
    ranked = sorted(pair.suspects, key=lambda number: -peaks[number])
    rank = min(place for place, number in enumerate(ranked, start=1) if number in pair.changed)
    return Judged(pair.id, pair.cluster, bool(fixed.nats.mean() < buggy.nats.mean()), rank)


def ask(writer: Writer, pair: Pair) -> Asked:
    """Ask about both sides."""
    buggy, fixed = pair.given + pair.buggy, pair.given + pair.fixed
    first, second = (
        writer.answer("bug", text, path=pair.path, most=ANSWER_TOKENS).partition("\n")[0] for text in (buggy, fixed)
    )
    named = read_answer(first, buggy)
    line = named[1] - 1 - pair.given.count("\n") if named else -1
    return Asked(pair.id, pair.cluster, first, second, line in pair.changed, read_answer(second, fixed) is not None)


def asked_observations(asked: Sequence[Asked]) -> dict[str, Observations]:
    """``named`` and ``alarm``."""
    clusters = [one.cluster for one in asked]
    return {
        "named": Observations.each([one.names_bug for one in asked], clusters),
        "alarm": Observations.each([one.false_alarm for one in asked], clusters),
    }


def random_hits(pair: Pair, top: int) -> float:
    """Chance that one of ``top`` lines drawn at random is a changed one."""
    lines, changed = len(pair.suspects), len(pair.changed)
    return 1 - comb(lines - changed, top) / comb(lines, top) if top < lines else 1.0


def observations(judged: Sequence[Judged]) -> dict[str, Observations]:
    """``prefers`` and ``top-1``, ``top-3``."""
    clusters = [one.cluster for one in judged]
    found = {"prefers": Observations.each([one.prefers_fix for one in judged], clusters)}
    return found | {f"top-{top}": Observations.each([one.rank <= top for one in judged], clusters) for top in TOP}


def floor(pairs: Sequence[Pair]) -> dict[str, Observations]:
    """The same of a coin and of lines drawn at random."""
    clusters = [one.cluster for one in pairs]
    found = {"prefers": Observations.each([0.5] * len(pairs), clusters)}
    return found | {f"top-{top}": Observations.each([random_hits(one, top) for one in pairs], clusters) for top in TOP}


def _surprise_of(model: Scorer, pair: Pair, text: str) -> Surprise:
    whole = surprise(model, pair.given + text, path=pair.path)
    given = len(pair.given.encode())
    found = whole.after(given)
    return Surprise(found.nats, found.ends - given)


def _line_peaks(found: Surprise, pair: Pair) -> dict[int, float]:
    """Line number → its most surprising token's nats. A token belongs to the line on which its first code lies."""
    data = pair.buggy.encode()
    starts = np.cumsum([0, *(len(line) + 1 for line in data.split(b"\n")[:-1])])
    peaks = dict.fromkeys(range(len(starts)), 0.0)
    begin = 0
    for nats, end in zip(found.nats, found.ends, strict=True):
        token = data[begin:end]
        code = begin + len(token) - len(token.lstrip())
        line = int(np.searchsorted(starts, code, side="right")) - 1
        peaks[line] = max(peaks[line], float(nats))
        begin = int(end)
    return peaks


def _task_pairs(path: Path) -> Iterator[Pair]:
    for number, one in enumerate(read_lines(path)):
        name = str(one.get("id") or number)
        cluster = str((one.get("metadata") or {}).get("repo") or name)
        yield Pair(f"{name}:{number}", cluster, "", one["source"], one["target"], str(one.get("path") or ""))


def _history_pairs(folder: Path) -> Iterator[Pair]:
    for path in sorted(folder.rglob("*.jsonl.zst")):
        for one in read_lines(path):
            if one.get("kind") == "fix" and "before" in one and "after" in one:
                about = one.get("metadata") or {}
                where = str(about.get("path") or "")
                yield Pair(str(one["id"]), str(about.get("repo") or path.name), "", one["before"], one["after"], where)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Objects of a ``*.jsonl.zst`` file, streamed. Raises EvaluationError at a line that is not JSON."""
    with zstandard.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise EvaluationError(f"{path}:{number}: not a line of JSON ({error}); write it again") from error
            if isinstance(record, dict):
                yield record
