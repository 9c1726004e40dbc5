"""The figures as one JSON file and one HTML page that needs nothing else: tables, plots as inline SVG, examples."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from python_slm_training.evaluate import (
    benchmarks,
    bug_pairs,
    docstrings,
    gate,
    held_out,
    infilling,
    replay,
    typing_session,
)
from python_slm_training.evaluate.cases import KINDS
from python_slm_training.evaluate.infilling import VARIANTS
from python_slm_training.evaluate.measures import Measure, measure
from python_slm_training.evaluate.parts import breaking, contamination, validity
from python_slm_training.evaluate.plots import plots
from python_slm_training.evaluate.published import published

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_report(report: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write ``evaluation.json`` and ``evaluation.html`` into ``folder``; NaN becomes null in the JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    json_path, html_path = folder / "evaluation.json", folder / "evaluation.html"
    report = {**report, "published": published_rows(report)}
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
    environment.filters["shown"] = shown
    environment.filters["lead"] = lead
    environment.globals["measure"] = measure
    definitions = [
        (title, (module.__doc__ or "").strip())
        for title, module in (
            ("Editor replay", replay),
            ("Simulated typing", typing_session),
            ("HumanEval and MBPP", benchmarks),
            ("Broken files", breaking),
            ("Undefined names", validity),
            ("Infilling", infilling),
            ("Bug pairs", bug_pairs),
            ("Docstrings", docstrings),
            ("Bits per byte", held_out),
            ("Contamination", contamination),
            ("Ship gate", gate),
        )
    ]
    template = environment.get_template("report.html.jinja")
    return template.render(
        report=report,
        kinds=KINDS,
        variants=VARIANTS,
        plots=plots(report),
        definitions=definitions,
        columns=list(dict.fromkeys([*report["contestants"], *(w for one in report["figures"].values() for w in one)])),
        compared=[name for name in report["figures"] if any(name in one["figures"] for one in report["differences"])],
    )


def published_rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ours and others' figures, by benchmark and size: measure, model, millions of parameters, value, source."""
    rows = [
        {"measure": one.measure, "model": one.model, "parameters": one.parameters, "value": one.value,
         "source": one.source, "ours": False}
        for one in published(report["figures"])
    ]  # fmt: skip
    for name in dict.fromkeys(row["measure"] for row in rows):
        for who in report["models"]:
            if who in report["figures"][name]:
                estimate = report["figures"][name][who]
                parameters = report["contestants"][who].get("parameters")
                rows.append({"measure": name, "model": who, "parameters": parameters / 1e6 if parameters else None,
                             "value": estimate["value"], "source": "measured here", "ours": True})  # fmt: skip
    order = {name: place for place, name in enumerate(report["figures"])}
    return sorted(rows, key=lambda row: (order[row["measure"]], row["parameters"] or math.inf))


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


def shown(estimate: Mapping[str, float], of: Measure) -> str:
    """An estimate in its measure's unit."""
    return percent(estimate) if of.unit == "percent" else number(estimate, 3)


def lead(estimate: Mapping[str, float], of: Measure) -> str:
    """A difference in its measure's unit; shares differ by points."""
    if math.isnan(estimate["value"]):
        return "–"
    scale, digits, unit = (100, 1, " points") if of.unit == "percent" else (1, 3, "")
    value, low, high = (f"{scale * estimate[name]:+.{digits}f}" for name in ("value", "low", "high"))
    return f"{value}{unit} ({low} to {high})"


def lines(report: dict[str, Any]) -> list[str]:
    """The figures for a terminal: a line a measure, then what decides between the models."""
    found: list[str] = []
    for name, by_name in report["figures"].items():
        values = ", ".join(f"{who} {shown(each, measure(name))}" for who, each in by_name.items())
        found.append(f"{measure(name).label}: {values}")
    found += [breaking.line(who, figures) for who, figures in report["breaking"].items()]
    found += [validity.line(who, figures) for who, figures in report["validity"].items()]
    for who, figures in report["latency"].items():
        found.append(
            f"{who}: last key to answer p50 {figures['last_key_p50_ms']:.0f} ms, "
            f"p95 {figures['last_key_p95_ms']:.0f} ms, {figures['new_tokens_a_second']:.0f} tokens/s"
        )
    for source, seen in report["contamination"].get("sources", {}).items():
        found.append(f"in the training data, {source}: {seen['touched']} of {seen['texts']} share 13 words with it")
    models = set(report["models"])
    for one in (one for one in report["differences"] if {one["of"], one["over"]} <= models):
        ahead = [f"{measure(name).label} {lead(each, measure(name))}" for name, each in one["figures"].items()]
        found += [f"{one['of']} − {one['over']}: {line}" for line in ahead]
    return [*found, *report["skipped"]]


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 5)
    return value
