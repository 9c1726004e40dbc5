"""A tuning run's journal: pretraining's, with held-out loss by task in the plot."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from python_slm_training.pretrain.journal import Journal, read_metrics

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

HELD_OUT = "held_out_"


class TuneJournal(Journal):
    """Writes ``metrics.jsonl``, TensorBoard events, ``loss.png`` and ``curve.svg``."""

    def __init__(self, folder: Path, *, step: int) -> None:
        super().__init__(folder, step=step)
        self._place = folder

    def plot(self) -> None:
        """Draw what has been told so far."""
        if not find_spec("matplotlib"):
            return
        figure = draw(read_metrics(self._place / "metrics.jsonl"))
        for name in ("loss.png", "curve.svg"):
            figure.savefig(self._place / name, dpi=120)


def draw(entries: list[dict[str, Any]]) -> Figure:
    """Training loss, and a line of held-out loss for each task, against steps."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - a machine may lack it

    figure = Figure(figsize=(8, 4.5))  # laying out by constraints takes half a second a plot
    axes = figure.add_subplot()
    told = [entry for entry in entries if "loss" in entry]
    axes.plot([entry["step"] for entry in told], [entry["loss"] for entry in told], color="0.8", label="training")
    names = list(dict.fromkeys(key for entry in entries for key in entry if key.startswith(HELD_OUT)))
    for name in names:
        points = [(entry["step"], entry[name]) for entry in entries if name in entry]
        axes.plot(*zip(*points, strict=True), marker="o", label=name.removeprefix(HELD_OUT))
    axes.set_xlabel("step")
    axes.set_ylabel("loss, nats per target token")
    if told or names:
        axes.legend()
    return figure
