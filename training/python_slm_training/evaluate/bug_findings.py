"""Bug findings: are they right on real fixes and people's bugs, silent on good code, and what does ruff say there.

*Held-out fixes* are those of repositories that no weight or threshold was fitted on. *HumanEvalPack* (arXiv 2308.07124)
has 164 functions that people put a bug into: is the line of the bug the first, or among the three, that the model would
change; is the buggy function more suspicious than the correct one; and what is said of the correct one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_slm.bugs.assess import File, assess
from python_slm.bugs.scene import scenes
from python_slm.errors import EvaluationError
from python_slm.syntax.blocks import BlockIndex
from python_slm_training.evaluate.bug_pairs import TOP, Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from python_slm.bugs.calibration import Calibration
    from python_slm.bugs.facts import Part
    from python_slm.bugs.scene import Candidate
    from python_slm.bugs.scorer import Scorer

RULES = {"ruff, bug rules": "E9,F,B,PLE,PLW,RUF", "ruff, all rules": "ALL"}


@dataclass(frozen=True)
class Suspicion:
    """What is thought of a text: its lines (from 0) by suspicion, the highest confidence, and the kind that is said."""

    lines: list[int]
    highest: float
    alarm: str


def suspect(text: str, path: str, scorer: Scorer, calibration: Calibration) -> Suspicion:
    """Judge every function of a text as if all kinds were on; ``alarm`` is the kind of the finding, if there is one."""
    file = File.of(BlockIndex.of(text), path)
    rated: list[tuple[float, int, Candidate]] = []
    screened: list[tuple[float, int]] = []
    for part in file.facts.parts:
        for scene in scenes(part, file.facts):
            found = assess(scene, file, scorer, calibration.screen, lambda: False)
            assert found is not None  # nobody cancels
            known = [each for each in found.best if each.kind in calibration.kinds]
            rated += [
                (calibration.kinds[each.kind].probability(each.about), _line(text, part, each), each) for each in known
            ]
            screened += [(calibration.screen(each), _line(text, part, each)) for each in found.all]
    rated.sort(key=lambda row: -row[0])
    screened.sort(key=lambda row: -row[0])
    said = [
        each.kind
        for chance, _, each in rated
        if calibration.kinds[each.kind].on and chance >= calibration.kinds[each.kind].threshold
    ]
    lines = list(dict.fromkeys([line for _, line, _ in rated] + [line for _, line in screened]))
    return Suspicion(lines, rated[0][0] if rated else 0.0, said[0] if said else "")


def _line(text: str, part: Part, found: Candidate) -> int:
    return text.count("\n", 0, part.offset(found.start))


def human_eval_rows(pairs: Sequence[Pair], scorer: Scorer, calibration: Calibration) -> list[dict[str, Any]]:
    """A row a pair: ``rank`` of the first changed line (0: none of them), ``prefers`` and alarms on either side."""
    rows = []
    for pair in pairs:
        above = pair.given.count("\n")
        buggy = suspect(pair.given + pair.buggy, pair.path, scorer, calibration)
        fixed = suspect(pair.given + pair.fixed, pair.path, scorer, calibration)
        rank = next((at for at, line in enumerate(buggy.lines, 1) if line - above in pair.changed), 0)
        prefers = 0.5 if buggy.highest == fixed.highest else float(buggy.highest > fixed.highest)
        rows.append({"id": pair.id, "rank": rank, "prefers": prefers, "on_buggy": buggy.alarm, "on_fixed": fixed.alarm})
    return rows


def human_eval_figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Shares of the pairs."""
    count = max(len(rows), 1)
    tops = {f"top-{top}": sum(0 < row["rank"] <= top for row in rows) / count for top in TOP}
    return {
        **tops,
        "prefers": sum(row["prefers"] for row in rows) / count,
        "alarm on buggy": sum(bool(row["on_buggy"]) for row in rows) / count,
        "alarm on fixed": sum(bool(row["on_fixed"]) for row in rows) / count,
    }


def ruff_on(pairs: Sequence[Mapping[str, Any]], select: str) -> dict[str, float]:
    """What ruff says of the buggy and mended files.

    ``hits``: bugs on whose line stands a finding that the mended file has not; ``alarms_per_1000``: of mended files.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, pair in enumerate(pairs):
            (folder / f"b{number}.py").write_text(pair["before"], encoding="utf-8")
            (folder / f"f{number}.py").write_text(pair["after"], encoding="utf-8")
        found = _ruff(folder, select)
    hits = alarms = lines = 0
    for number, pair in enumerate(pairs):
        line = pair["before"].count("\n", 0, pair["start"]) + 1
        before = Counter(code for at, code in found.get(f"b{number}.py", ()) if at == line)
        after = Counter(code for at, code in found.get(f"f{number}.py", ()) if at == line)
        hits += bool(before - after)
        alarms += len(found.get(f"f{number}.py", ()))
        lines += pair["after"].count("\n") + 1
    return {"bugs": len(pairs), "hits": hits, "alarms_per_1000": 1000 * alarms / max(lines, 1), "lines": lines}


def _ruff(folder: Path, select: str) -> dict[str, list[tuple[int, str]]]:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--output-format",
        "json",
    ]
    result = subprocess.run([*command, "--select", select, str(folder)], capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode:
        raise EvaluationError(f"ruff failed: {result.stderr.strip()[:200]}; is it installed?")
    found: dict[str, list[tuple[int, str]]] = {}
    for one in json.loads(result.stdout):
        if one["code"]:
            found.setdefault(Path(one["filename"]).name, []).append((one["location"]["row"], one["code"]))
    return found


def reliability(functions: Iterable[Mapping[str, Any]], calibration: Calibration) -> list[dict[str, float]]:
    """By tenths of confidence: how many rewrites, what was said, and how many of them were right."""
    bins: dict[int, list[tuple[float, int]]] = {}
    for function in functions:
        for kind, right, read, about in function["rewrites"]:
            known = calibration.kinds.get(kind)
            if read and known:
                chance = known.probability(about)
                bins.setdefault(min(int(chance * 10), 9), []).append((chance, right))
    return [
        {
            "from": index / 10,
            "rewrites": float(len(rows)),
            "said": sum(chance for chance, _ in rows) / len(rows),
            "was": sum(right for _, right in rows) / len(rows),
        }
        for index, rows in sorted(bins.items())
    ]
