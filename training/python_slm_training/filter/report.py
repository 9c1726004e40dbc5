"""One HTML page that needs nothing else: is the filter right about itself, what is it worth, what does it look at."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from python_slm_training.filter.operate import Outcome
    from python_slm_training.filter.train import Trained

_BLUE, _ORANGE, _GREY = "#2a6f97", "#f4a259", "#8a8d91"


def write_report(trained: Trained, path: Path) -> None:
    """Write the page."""
    environment = Environment(
        loader=PackageLoader("python_slm_training.filter", "."), autoescape=True, undefined=StrictUndefined
    )
    learned = trained.learned
    weights = sorted(zip(learned.features, learned.weights, strict=True), key=lambda item: -abs(item[1]))
    page = environment.get_template("report.html.jinja").render(
        about=learned.provenance,
        figures=trained.figures,
        rows={"unfiltered": trained.unfiltered, **trained.chosen},
        words=trained.words,
        points=learned.points,
        weights=weights,
        plots={"reliability": _reliability(trained), "curve": _curve(trained)},
    )
    path.write_text(page, encoding="utf-8")


def table(trained: Trained) -> list[str]:
    """For a terminal: what the operating points are worth, then whether probabilities are what they say."""
    lines = [f"{'':24}{'ratio':>8}{'saved':>8}{'accepted':>10}{'shown':>8}{'wrong':>8}{'length':>8}"]
    for policy, by_name in (("line", {"unfiltered": trained.unfiltered, **trained.chosen}), ("word", trained.words)):
        for name, one in by_name.items():
            lines.append(
                f"{name + ', ' + policy:24}{one.completed:>8.3f}{one.saved:>8.3f}{one.acceptance:>10.1%}"
                f"{one.shown_per_100:>8.1f}{one.wrong_per_100:>8.1f}{one.characters_per_acceptance:>8.1f}"
            )
    figures = trained.figures
    lines.append(
        f"projects held out: AUC {figures['auc']:.3f}, average precision {figures['average_precision']:.3f}, log loss "
        f"{figures['log_loss']:.3f} (base rate {figures['log_loss_of_the_base_rate']:.3f}), calibration error "
        f"{figures['calibration_error']:.3f}"
    )
    lines += [
        f"  said {row['said']:.2f}  was {row['was']:.2f}  {row['share']:6.1%} of cuts" for row in figures["reliability"]
    ]
    return lines


def _reliability(trained: Trained) -> str:
    figure = Figure(figsize=(4.6, 3.6), layout="constrained")
    axes = figure.subplots()
    rows = trained.figures["reliability"]
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8)
    axes.plot([row["said"] for row in rows], [row["was"] for row in rows], "o-", color=_BLUE, markersize=4)
    axes.set_xlabel("probability, on projects not learned from")
    axes.set_ylabel("share that was right")
    return _finished(figure, [axes])


def _curve(trained: Trained) -> str:
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, name, scale, label in (
        (left, "acceptance", 100, "accepted of what is shown, %"),
        (right, "wrong_per_100", 1, "wrong characters shown per 100 typed"),
    ):
        _dots(axes, trained.outcomes, name, scale, color=_GREY)
        _dots(axes, [trained.unfiltered], name, scale, color=_ORANGE, label="without a filter")
        for eagerness, outcome in trained.chosen.items():
            _dots(axes, [outcome], name, scale, color=_BLUE)
            axes.annotate(eagerness, (outcome.completed, scale * getattr(outcome, name)), fontsize=8,
                          textcoords="offset points", xytext=(4, 4))  # fmt: skip
        axes.axvline(trained.unfiltered.completed, color=_ORANGE, linewidth=0.8)
        axes.set_xlabel("ratio of completed code")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
    left.legend(frameon=False, fontsize=8)
    return _finished(figure, [left, right])


def _dots(axes: Axes, outcomes: Sequence[Outcome], name: str, scale: float, **style: str) -> None:
    ratios = [one.completed for one in outcomes]
    values = [scale * getattr(one, name) for one in outcomes]
    axes.plot(ratios, values, "o", markersize=4, color=style["color"], label=style.get("label"))


def _finished(figure: Figure, axes: list[Axes]) -> str:
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return buffer.getvalue()[buffer.getvalue().index("<svg") :]
