"""What a run tells: ``metrics.jsonl``, TensorBoard events and a plotted curve."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch.utils.tensorboard.writer import SummaryWriter

_SMOOTHING = 0.95


class Journal:
    """Appends to a run's folder. A resumed run forgets what was told after ``step``, the checkpoint it goes on from.

    Of several processes only the one that ``writes`` leaves anything. Without TensorBoard or matplotlib the run goes
    on; what is missing is said once.
    """

    def __init__(
        self, folder: Path, *, step: int, writes: bool = True, say: Callable[[str], object] = lambda _: None
    ) -> None:
        self._folder, self._writes = folder, writes
        self._path = folder / "metrics.jsonl"
        self._writer: SummaryWriter | None = None
        if not writes:
            return
        kept = [entry for entry in read_metrics(self._path) if entry["step"] <= step] if step else []
        self._path.write_text("".join(json.dumps(entry) + "\n" for entry in kept), encoding="utf-8")
        if find_spec("tensorboard"):
            from torch.utils.tensorboard.writer import SummaryWriter  # noqa: PLC0415 - a machine may lack it

            self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)
        else:
            say("no tensorboard here: metrics.jsonl has the same numbers")

    def tell(self, step: int, **values: float) -> None:
        """Record named numbers of one step."""
        if not self._writes:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        if self._writer:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def plot(self) -> None:
        """Draw ``loss.png`` and ``curve.svg`` from what has been told so far."""
        if self._writes and find_spec("matplotlib"):
            draw_curve(read_metrics(self._path), [self._folder / "loss.png", self._folder / "curve.svg"])

    def close(self) -> None:
        """Flush TensorBoard."""
        if self._writer:
            self._writer.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Entries of a ``metrics.jsonl``, a half-written last line left out; none when the file is absent."""
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return entries


def draw_curve(entries: list[dict[str, Any]], paths: list[Path]) -> None:
    """Training loss (nats per token, smoothed) and held-out bits per byte against tokens seen."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - a machine may lack it

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    told = [entry for entry in entries if "loss" in entry]
    axes.plot([entry["tokens"] for entry in told], _smooth([entry["loss"] for entry in told]), color="C0")
    axes.set_xlabel("tokens seen")
    axes.set_ylabel("training loss, nats per token", color="C0")
    held_out = [entry for entry in entries if "validation_bits_per_byte" in entry]
    right = axes.twinx()
    right.plot(
        [entry["tokens"] for entry in held_out],
        [entry["validation_bits_per_byte"] for entry in held_out],
        marker="o",
        color="C1",
    )
    right.set_ylabel("held-out bits per byte", color="C1")
    for path in paths:
        figure.savefig(path, dpi=120)


def _smooth(values: list[float]) -> list[float]:
    """Exponential mean, corrected for its start."""
    mean, weight, smooth = 0.0, 0.0, []
    for value in values:
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * value
        weight = _SMOOTHING * weight + 1 - _SMOOTHING
        smooth.append(mean / weight)
    return smooth
