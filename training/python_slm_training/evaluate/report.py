"""The figures as one JSON file and one HTML page that needs nothing else: tables, plots as inline SVG, examples."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from python_slm_training.evaluate import replay, typing_session
from python_slm_training.evaluate.cases import KINDS
from python_slm_training.evaluate.infilling import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_COLOURS = ("#2a6f97", "#f4a259", "#8a8d91", "#5b8e7d", "#bc4b51")
_NAN = {"value": math.nan, "low": math.nan, "high": math.nan, "count": 0}


def write_report(report: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write ``evaluation.json`` and ``evaluation.html`` into ``folder``; NaN becomes null in the JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    json_path, html_path = folder / "evaluation.json", folder / "evaluation.html"
    html_path.write_text(render(report), encoding="utf-8")
    json_path.write_text(json.dumps(_without_nan(report), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return json_path, html_path


def render(report: dict[str, Any]) -> str:
    """The HTML page."""
    environment = Environment(
        loader=PackageLoader("python_slm_training.evaluate", "."), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["percent"] = percent
    environment.filters["number"] = number
    definitions = [("Editor replay", replay.__doc__), ("Simulated typing", typing_session.__doc__)]
    template = environment.get_template("report.html.jinja")
    return template.render(report=report, kinds=KINDS, variants=VARIANTS, plots=plots(report), definitions=definitions)


def percent(estimate: Mapping[str, float]) -> str:
    """``12.3 % (10.1 to 14.5)``, or a dash where nothing was measured."""
    if math.isnan(estimate["value"]):
        return "–"
    return f"{100 * estimate['value']:.1f} % ({100 * estimate['low']:.1f} to {100 * estimate['high']:.1f})"


def number(estimate: Mapping[str, float], digits: int = 2) -> str:
    """``1.23 (1.10 to 1.45)``, or a dash where nothing was measured."""
    if math.isnan(estimate["value"]):
        return "–"
    return f"{estimate['value']:.{digits}f} ({estimate['low']:.{digits}f} to {estimate['high']:.{digits}f})"


def plots(report: dict[str, Any]) -> dict[str, str]:
    """Inline SVG by name: exact match by kind, simulated typing, infilling; only what was measured."""
    found: dict[str, str] = {}
    if report.get("replay"):
        shown = {
            name: [groups.get(kind, {}).get("exact", _NAN) for kind in KINDS]
            for name, groups in report["replay"].items()
        }
        found["replay"] = bars(shown, KINDS, "exact match of the line, %")
    if report.get("typing"):
        metrics = {"completed": "ratio of\ncompleted code", "saved": "keystrokes\nsaved", "acceptance": "acceptance"}
        shown = {name: [groups["line"][metric] for metric in metrics] for name, groups in report["typing"].items()}
        found["typing"] = bars(shown, list(metrics.values()), "%")
    if report.get("infilling"):
        names = [variant.name for variant in VARIANTS]
        rates = {who: rate for who, rate in report["infilling"].items() if who != "reference"}
        shown = {name: [rate.get(variant, _NAN) for variant in names] for name, rate in rates.items()}
        found["infilling"] = bars(shown, names, "pass@1, %")
    return found


def bars(series: Mapping[str, Sequence[Mapping[str, float]]], labels: Sequence[str], axis: str) -> str:
    """Grouped bars with 95 % intervals, as SVG."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / max(1, len(series))
    for index, (name, estimates) in enumerate(series.items()):
        places = [place + (index - (len(series) - 1) / 2) * width for place in range(len(labels))]
        values = [100 * each["value"] for each in estimates]
        below = [max(0.0, 100 * (each["value"] - each["low"])) for each in estimates]
        above = [max(0.0, 100 * (each["high"] - each["value"])) for each in estimates]
        axes.bar(places, values, width, label=name, color=_COLOURS[index % len(_COLOURS)])
        axes.errorbar(places, values, yerr=[below, above], fmt="none", ecolor="#222", elinewidth=0.8, capsize=2)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_ylabel(axis)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return buffer.getvalue()[buffer.getvalue().index("<svg") :]


def lines(report: dict[str, Any]) -> list[str]:
    """The headline figures for a terminal, one line each."""
    found: list[str] = []
    for name, groups in report.get("replay", {}).items():
        typed = report["typing"][name]
        total = groups["total"]
        found.append(f"{name}: exact match {percent(total['exact'])}, similarity {percent(total['similarity'])}")
        line = typed["line"]
        found.append(
            f"{name}: ratio of completed code {percent(line['completed'])}, acceptance {percent(line['acceptance'])}, "
            f"keystrokes saved {percent(line['saved'])}, latency p50 {typed['latency_ms']['p50']:.0f} ms "
            f"p95 {typed['latency_ms']['p95']:.0f} ms"
        )
    for name, margin in report.get("margins", {}).items():
        found.append(f"model − {name}: exact {percent(margin['exact'])}, completed {percent(margin['completed'])}")
    for name, rates in report.get("infilling", {}).items():
        found.append(f"{name}: pass@1 " + ", ".join(f"{variant} {percent(rate)}" for variant, rate in rates.items()))
    for name, estimate in report.get("bits_per_byte", {}).items():
        found.append(f"{name}: {number(estimate, 3)} bits per byte")
    return found


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 5)
    return value
