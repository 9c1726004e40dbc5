"""Pictures of the dataset card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib import rc_context
from matplotlib.figure import Figure  # the object interface: no window system, no global state

from python_slm_training.curate.table import VALUES

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 12


def draw(card: dict[str, Any], folder: Path) -> None:
    """``dropped.svg``, ``licences.svg``, ``sizes.svg``, ``labels.svg`` and ``quality.svg`` below ``folder``."""
    kept = {"kept": card["kept"][1]}
    dropped = {reason: size for reason, (_, size) in card["dropped"].items()}
    licences = {name: size for name, (_, size) in card["licences"].items()}
    with rc_context({"svg.hashsalt": "card"}):  # identifiers inside that are the same in every run
        _bars({**kept, **dropped}, "Text by outcome", folder / "dropped.svg")
        _bars(licences, "Kept text by licence", folder / "licences.svg")
        _histogram(card["file_sizes_log2"], folder / "sizes.svg")
        _by_split(card, ("domain", "difficulty", "python", "pattern"), folder / "labels.svg")
        _by_split(card, ("quality", "size"), folder / "quality.svg")


def _bars(sizes: dict[str, int], title: str, path: Path) -> None:
    shown = dict(list(sizes.items())[:_MOST])
    names = [name if len(name) <= 40 else name[:38] + "…" for name in shown]  # noqa: PLR2004  # what fits
    figure = Figure(figsize=(7, 0.6 + 0.28 * len(shown)), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(range(len(shown)), [size / 1e6 for size in shown.values()])
    axes.set_yticks(range(len(shown)), names)
    axes.bar_label(bars, fmt="%.1f", padding=2)
    axes.invert_yaxis()
    axes.set(title=title, xlabel="MB")
    figure.savefig(path, metadata={"Date": None})


def _histogram(counts: dict[str, int], path: Path) -> None:
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    axes.bar([f"< {_size(2 ** int(bits))}" for bits in counts], list(counts.values()))
    axes.tick_params(axis="x", rotation=45)
    axes.set(title="Kept files by size", ylabel="files")
    figure.savefig(path, metadata={"Date": None})


def _by_split(card: dict[str, Any], labels: tuple[str, ...], path: Path) -> None:
    """Share of each split's text by value, one panel a label."""
    totals = {split: max(1, counts.get("bytes", 0)) for split, counts in card["splits"].items()}
    rows = (len(labels) + 1) // 2
    figure = Figure(figsize=(9, 4 * rows), layout="constrained")
    for axes, label in zip(figure.subplots(rows, 2).flat, labels, strict=True):
        by_split = card["labels"][label]
        used = [at for at in range(len(VALUES[label])) if any(by_split[split][at][0] for split in totals)]
        for number, (split, total) in enumerate(totals.items()):
            ends = [at + (number - 1) * 0.27 for at in range(len(used))]
            axes.barh(ends, [100 * by_split[split][at][1] / total for at in used], height=0.25, label=split)
        axes.set_yticks(range(len(used)), [VALUES[label][at] for at in used])
        axes.invert_yaxis()
        axes.set(title=label, xlabel="% of text")
        axes.legend()
    figure.savefig(path, metadata={"Date": None})


def _size(size: int) -> str:
    return f"{size} B" if size < 1024 else f"{size // 1024} KiB"  # noqa: PLR2004  # binary units
