"""Before against after: the table, and whether the adapted model may take over."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from python_slm_training.adapt.measure import BITS, COMPLETED, EXACT, SIMILARITY
from python_slm_training.evaluate.intervals import Estimate, difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from python_slm_training.adapt.measure import Measured

MARGIN = 0.01
"""What general exact match may lose, and what the ratio of completed code may for being the noisier of the two."""
OWN, GENERAL = "this repository, held-out files", "general Python, outside it"
_LABELS = {
    EXACT: "exact match of the line, %",
    SIMILARITY: "similarity of the line, %",
    COMPLETED: "ratio of completed code, %",
    BITS: "bits per byte (less is better)",
}


@dataclass(frozen=True)
class Row:
    """One figure on the same trials before and after. ``change`` has a paired 95 % interval over files."""

    where: str
    figure: str
    before: Estimate
    after: Estimate
    change: Estimate

    @property
    def label(self) -> str:
        """The figure's name for a person."""
        return _LABELS[self.figure]

    @property
    def cells(self) -> tuple[str, str, str]:
        """Before, after and change, written out."""
        scale, digits = (1, 3) if self.figure == BITS else (100, 1)
        low, high = scale * self.change.low, scale * self.change.high
        change = f"{scale * self.change.value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"
        return f"{scale * self.before.value:.{digits}f}", f"{scale * self.after.value:.{digits}f}", change


@dataclass(frozen=True)
class Verdict:
    """``reasons`` against the adapted model; none means that it is better and has not forgotten."""

    rows: list[Row]
    reasons: list[str]

    @property
    def better(self) -> bool:
        """Whether it may take over."""
        return not self.reasons

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {"better": self.better, "reasons": self.reasons, "rows": [asdict(row) for row in self.rows]}


def judge(own: tuple[Measured, Measured], general: tuple[Measured, Measured]) -> Verdict:
    """The verdict on (before, after) of both sets of files."""
    rows = [*_rows(OWN, *own), *_rows(GENERAL, *general)]
    change = {(row.where, row.figure): row.change.value for row in rows}
    reasons = []
    if not change[OWN, EXACT] > 0:
        reasons.append(f"exact match on held-out files of the repository did not rise ({_points(change[OWN, EXACT])})")
    if change.get((OWN, COMPLETED), 0.0) < -MARGIN:
        reasons.append(f"the ratio of completed code fell ({_points(change[OWN, COMPLETED])})")
    if change[GENERAL, EXACT] < -MARGIN:
        reasons.append(f"exact match on general Python fell by more than one point ({_points(change[GENERAL, EXACT])})")
    return Verdict(rows, reasons)


def _rows(where: str, before: Measured, after: Measured) -> list[Row]:
    names = [name for name in _LABELS if name in before.figures and name in after.figures]
    return [
        Row(where, name, old.estimate(), new.estimate(), difference(new, old))
        for name in names
        for old, new in [(before.figures[name], after.figures[name])]
    ]


def _points(change: float) -> str:
    return f"{100 * change:+.1f} points"


def table(verdict: Verdict) -> list[str]:
    """The rows as lines for a terminal, which are Markdown too."""
    cells = [("", "before", "after", "change (95 %)")]
    heading = ""
    for row in verdict.rows:
        if row.where != heading:
            heading = row.where
            cells.append((f"**{heading}** ({row.before.count})", "", "", ""))
        cells.append((row.label, *row.cells))
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def summary(verdict: Verdict, spec: str, workspace: str) -> str:
    """One sentence with the consequence."""
    if verdict.better:
        return f"{spec} is better and has not forgotten: it is in use for {workspace}; back with 'slm model rollback'."
    way_out = f"use it all the same with 'slm model use {spec}'"
    return f"{spec} is registered but not in use: {'; '.join(verdict.reasons)}; {way_out}."


def examples(before: Measured, after: Measured, most: int = 6) -> Mapping[str, list[dict[str, str]]]:
    """Cursors that the adapted model won, and those that it lost."""
    won: list[dict[str, str]] = []
    lost: list[dict[str, str]] = []
    for old, new in zip(before.lines, after.lines, strict=True):
        if old.exact != new.exact:
            first = [text.split("\n", 1)[0] for text in (old.suggestion, new.suggestion)]
            shown = {
                "file": old.file,
                "line": old.before.strip(),
                "truth": old.truth,
                "before": first[0],
                "after": first[1],
            }
            (won if new.exact else lost).append(shown)
    return {"won": won[:most], "lost": lost[:most]}
