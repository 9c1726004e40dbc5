"""The report's plots, as SVG that needs nothing else."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from python_slm_training.evaluate.cases import KINDS
from python_slm_training.evaluate.infilling import VARIANTS
from python_slm_training.evaluate.measures import MEASURES, measure
from python_slm_training.evaluate.published import published

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLOURS = ("#2a6f97", "#f4a259", "#5b8e7d", "#bc4b51", "#8a8d91", "#7d5ba6")
_NAN = {"value": math.nan, "low": math.nan, "high": math.nan, "count": 0}
_PUBLISHED = ("programs.HumanEval", *(f"infilling.{one.name}" for one in VARIANTS[:3]))


def plots(report: dict[str, Any]) -> dict[str, str]:
    """Inline SVG by name; only what was measured."""
    found: dict[str, str] = {}
    if report["replay"]:
        shown = {
            name: [groups.get(kind, {}).get("exact", _NAN) for kind in KINDS]
            for name, groups in report["replay"].items()
        }
        found["replay"] = bars(shown, KINDS, "exact match of the line, %")
    if report["typing"]:
        metrics = {"completed": "ratio of\ncompleted code", "saved": "keystrokes\nsaved", "acceptance": "acceptance"}
        shown = {name: [groups["line"][metric] for metric in metrics] for name, groups in report["typing"].items()}
        found["typing"] = bars(shown, list(metrics.values()), "%")
    for name, prefix in (("infilling", "infilling."), ("programs", "programs."), ("bugs", "bugs."),
                         ("docstrings", "docstrings."), ("answers", "answers.")):  # fmt: skip
        names = [one for one in report["figures"] if one.startswith(prefix)]
        if names:
            found[name] = figure_bars(report, names)
    if any(one["figures"] for one in report["differences"]):
        found["differences"] = leads(report["differences"])
    ours = _beside_published(report)
    if ours:
        found["published"] = scatter(ours)
    return found


def figure_bars(report: Mapping[str, Any], names: Sequence[str]) -> str:
    """Some of ``report["figures"]`` as grouped bars, everybody who has one of them."""
    measured = dict.fromkeys(each for name in names for each in report["figures"][name])
    who = sorted(measured, key=lambda each: each not in report["contestants"])  # the same colours in every plot
    series = {each: [report["figures"][name].get(each, _NAN) for name in names] for each in who}
    return bars(series, [wrapped(measure(name).label) for name in names], "%")


def wrapped(label: str) -> str:
    """A label in lines short enough to stand below a bar."""
    lines = [""]
    for word in label.split():
        joined = f"{lines[-1]} {word}".strip()
        lines[-1:] = [joined] if len(joined) <= 16 else [lines[-1], word]  # noqa: PLR2004 - characters
    return "\n".join(line for line in lines if line)


def bars(series: Mapping[str, Sequence[Mapping[str, float]]], labels: Sequence[str], axis: str) -> str:
    """Grouped bars with 95 % intervals, as SVG."""
    figure = Figure(figsize=(max(9, 1.3 * len(labels)), 3.4), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / max(1, len(series))
    for index, (name, estimates) in enumerate(series.items()):
        places = [place + (index - (len(series) - 1) / 2) * width for place in range(len(labels))]
        values = [100 * each["value"] for each in estimates]
        below = [max(0.0, 100 * (each["value"] - each["low"])) for each in estimates]
        above = [max(0.0, 100 * (each["high"] - each["value"])) for each in estimates]
        axes.bar(places, values, width, label=name, color=COLOURS[index % len(COLOURS)])
        axes.errorbar(places, values, yerr=[below, above], fmt="none", ecolor="#222", elinewidth=0.8, capsize=2)
    axes.set_xticks(range(len(labels)), labels, fontsize=8)
    axes.set_ylabel(axis)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def leads(differences: Sequence[Mapping[str, Any]]) -> str:
    """Every percentage's lead with its paired interval, a row a measure, a colour a pair of contestants."""
    names = [name for name in dict.fromkeys(n for one in differences for n in one["figures"]) if _is_share(name)]
    figure = Figure(figsize=(9, 0.8 + 0.32 * len(names) * max(1, len(differences) / 2)), layout="constrained")
    axes = figure.subplots()
    step = 0.8 / max(1, len(differences))
    for index, one in enumerate(differences):
        kept = [(row, one["figures"][name]) for row, name in enumerate(names) if name in one["figures"]]
        kept = [(row, each) for row, each in kept if not math.isnan(each["value"])]
        values = [100 * each["value"] for _, each in kept]
        errors = [
            [max(0.0, 100 * (each["value"] - each["low"])) for _, each in kept],
            [max(0.0, 100 * (each["high"] - each["value"])) for _, each in kept],
        ]
        rows = [row + (index - (len(differences) - 1) / 2) * step for row, _ in kept]
        axes.errorbar(values, rows, xerr=errors, fmt="o", markersize=3, elinewidth=1, capsize=2,
                      color=COLOURS[index % len(COLOURS)], label=f"{one['of']} − {one['over']}")  # fmt: skip
    axes.axvline(0, color="#222", linewidth=0.8)
    axes.set_yticks(range(len(names)), [measure(name).label for name in names], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("lead in points, paired 95 % interval")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def scatter(ours: Mapping[str, Sequence[tuple[str, float, float]]]) -> str:
    """Pass@1 over parameters: published small models, and ours as (name, millions of parameters, share)."""
    figure = Figure(figsize=(3.1 * len(ours), 3.4), layout="constrained")
    for axes, (name, own) in zip(figure.subplots(1, len(ours), squeeze=False)[0], ours.items(), strict=True):
        others = published([name])
        axes.scatter([one.parameters for one in others], [100 * one.value for one in others], color=COLOURS[4], s=14)
        for one in others:
            axes.annotate(one.model, (one.parameters, 100 * one.value), fontsize=5, color="#6a7078",
                          textcoords="offset points", xytext=(3, 2))  # fmt: skip
        for index, (who, parameters, value) in enumerate(own):
            axes.scatter([parameters], [100 * value], color=COLOURS[index % 4], s=36, marker="*", label=who)
        axes.set_xscale("log")
        axes.set_xlabel("parameters, millions", fontsize=8)
        axes.set_title(MEASURES[name].label, fontsize=8)
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=7)
    return _svg(figure)


def _beside_published(report: Mapping[str, Any]) -> dict[str, list[tuple[str, float, float]]]:
    """Measure → (model, millions of parameters, share) of ours, where others published theirs."""
    found: dict[str, list[tuple[str, float, float]]] = {}
    for name in _PUBLISHED:
        for who in report["models"]:
            parameters = report["contestants"][who].get("parameters")
            if parameters and who in report["figures"].get(name, {}):
                found.setdefault(name, []).append((who, parameters / 1e6, report["figures"][name][who]["value"]))
    return found


def _is_share(name: str) -> bool:
    return measure(name).unit == "percent"


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "none"}):  # text, not a path for every letter
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return buffer.getvalue()[buffer.getvalue().index("<svg") :]
