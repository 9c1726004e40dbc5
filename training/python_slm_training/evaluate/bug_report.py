"""``slm eval bugs``: all figures as one record, as lines for a terminal, and as a page."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib import rc_context
from matplotlib.figure import Figure

from python_slm.errors import EvaluationError
from python_slm_training import jsonlines
from python_slm_training.collect.record import SUFFIX
from python_slm_training.evaluate import bug_findings
from python_slm_training.evaluate.bug_pairs import human_eval_pack
from python_slm_training.evaluate.intervals import wilson
from python_slm_training.tasks.bugs.calibrate import scorer_of
from python_slm_training.tasks.bugs.fit import judge
from python_slm_training.tasks.bugs.pairs import is_held_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from python_slm.bugs.calibration import Calibration
    from python_slm_training.tasks.bugs.fit import Judgement

_PACK = "humanevalpack.jsonl"
_BLUE, _GREY = "#2a6f97", "#8a8d91"


def measure(
    model: Path, learned: Calibration, *, work: Path | None, benchmarks: Path | None, say: Callable[[str], object]
) -> dict[str, Any]:
    """Everything that there is material for; what is missing is said."""
    report: dict[str, Any] = {"kinds": {}, "on": [name for name, kind in learned.kinds.items() if kind.on]}
    if work:
        report.update(_held_out(work, learned))
    else:
        say("held-out fixes left out: give --work")
    folder = _pack(benchmarks) if benchmarks else None
    if folder is None:
        say(f"HumanEvalPack left out: no {_PACK} below --benchmarks")
    else:
        rows = bug_findings.human_eval_rows(human_eval_pack(folder), scorer_of(model), learned)
        report["human_eval_pack"] = bug_findings.human_eval_figures(rows)
        report["human_eval_rows"] = rows
    return report


def _pack(benchmarks: Path) -> Path | None:
    found = [benchmarks / _PACK, *benchmarks.glob(f"*/{_PACK}")]
    return next((path.parent for path in found if path.exists()), None)


def _held_out(work: Path, learned: Calibration) -> dict[str, Any]:
    rows, pairs = work / f"held{SUFFIX}", work / f"pairs{SUFFIX}"
    if not rows.exists() or not pairs.exists():
        raise EvaluationError(f"{work}: lacks {rows.name} or {pairs.name}; run 'slm train calibrate-bugs' to its end")
    functions = list(jsonlines.read(rows))
    fixes = [pair for pair in jsonlines.read(pairs) if is_held_out(pair["repo"])]
    judged = judge(functions, learned)
    lines: Counter[str] = Counter()
    for one in functions:
        lines[one["role"]] += one["lines"]
    said = {name: found for name, found in judged.items() if learned.kinds[name].on}
    good = lines["clean"] + lines["fixed"] + lines["rest"]
    return {
        "functions": dict(Counter(one["role"] for one in functions)),
        "repositories": len({one["repo"] for one in functions}),
        "lines": dict(lines),
        "kinds": {name: _figures(found, learned.kinds[name].on) for name, found in judged.items()},
        "all_that_are_on": {
            "hits": sum(found.hits for found in said.values()),
            "bugs": sum(one["role"] == "buggy" for one in functions),
            "wrong": sum(sum(found.wrong.values()) for found in said.values()),
            "alarms_per_1000": 1000 * sum(_good(found) for found in said.values()) / max(good, 1),
        },
        "chosen": _chosen(functions),
        "reliability": bug_findings.reliability(functions, learned),
        "ruff": {name: bug_findings.ruff_on(fixes, select) for name, select in bug_findings.RULES.items()},
    }


def _good(found: Judgement) -> int:
    return sum(found.wrong.get(role, 0) for role in ("clean", "fixed", "rest"))


def _chosen(functions: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """How often the right rewrite is the first, or among those read to their end, by kind taken together."""
    bugs = first = read = 0
    for one in functions:
        if one["role"] == "buggy":
            bugs += 1
            right = [row for row in one["rewrites"] if row[1]]
            read += bool(right and right[0][2])
            first += bool(right and right[0][2] and right[0][3].get("rank", 0) == 0)
    return {"bugs": bugs, "first": first / max(bugs, 1), "read": read / max(bugs, 1)}


def _figures(found: Judgement, on: bool) -> dict[str, Any]:  # noqa: FBT001 - a figure among others
    alarms = found.hits + sum(found.wrong.values())
    precision, recall = wilson(found.hits, alarms), wilson(found.hits, found.bugs)
    return {
        "on": on,
        "bugs": found.bugs,
        "hits": found.hits,
        "wrong": dict(found.wrong),
        "precision": [precision.value, precision.low, precision.high] if alarms else None,
        "recall": [recall.value, recall.low, recall.high] if found.bugs else None,
        "alarms_per_1000": found.per_1000,
    }


def lines(report: Mapping[str, Any]) -> list[str]:
    """For a terminal."""
    found = [
        f"{'held-out fixes':20}{'':>5}{'bugs':>6}{'found':>7}{'precision, 95 %':>24}{'recall':>9}{'alarms/1,000':>14}"
    ]
    for name, row in report["kinds"].items():
        share = row["precision"]
        precision = f"{share[0]:.2f} ({share[1]:.2f} to {share[2]:.2f})" if share else "no alarm"
        recall = f"{row['recall'][0]:.2f}" if row["recall"] else ""
        found.append(
            f"{name:20}{'on' if row['on'] else 'off':>5}{row['bugs']:>6}{row['hits']:>7}{precision:>24}"
            f"{recall:>9}{row['alarms_per_1000']:>14.2f}"
        )
    for name, row in report.get("ruff", {}).items():
        found.append(f"{name:25}{row['bugs']:>6}{row['hits']:>7}{'':>33}{row['alarms_per_1000']:>14.2f}")
    if "human_eval_pack" in report:
        found.append("HumanEvalPack: " + ", ".join(f"{n} {v:.3f}" for n, v in report["human_eval_pack"].items()))
    return found


def write_report(report: Mapping[str, Any], out: Path) -> list[Path]:
    """``bugs.json`` and ``bugs.html``."""
    out.mkdir(parents=True, exist_ok=True)
    data, page = out / "bugs.json", out / "bugs.html"
    data.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("python_slm_training.evaluate", "."), autoescape=True, undefined=StrictUndefined
    )
    plot = _reliability(report["reliability"]) if "reliability" in report else ""
    page.write_text(
        environment.get_template("bugs.html.jinja").render(report=report, plot=plot) + "\n", encoding="utf-8"
    )
    return [data, page]


def _reliability(rows: Sequence[Mapping[str, float]]) -> str:
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "bugs"}):
        figure = Figure(figsize=(4.6, 3.6), layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8)
        axes.plot([row["said"] for row in rows], [row["was"] for row in rows], "o-", color=_BLUE, markersize=4)
        for row in rows:
            axes.annotate(f"{row['rewrites']:.0f}", (row["said"], row["was"]), fontsize=7, xytext=(3, -9),
                          textcoords="offset points")  # fmt: skip
        axes.set_xlabel("confidence, on repositories held out")
        axes.set_ylabel("share that was right")
        axes.spines[["top", "right"]].set_visible(False)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return buffer.getvalue()[buffer.getvalue().index("<svg") :]
