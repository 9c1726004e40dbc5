"""The card beside the tasks: how many examples of which task, kind and project, how long, and what was dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure  # the object interface: no window system, no global state

from python_slm_training.collect.record import write_json
from python_slm_training.tasks.entries import project_name
from python_slm_training.tasks.example import SPLITS, TASKS, Example

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm_training.tasks.build import Job

_BYTES_A_TOKEN = 3.5  # 8K vocabulary with the Qwen2 pre-tokenizer, measured on five held-out repositories
_SHOWN_KINDS = 10


@dataclass
class Counts:
    """What was kept and dropped, counted while it is written."""

    kinds: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    projects: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    target_bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    dropped: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    licences: Counter[str] = field(default_factory=Counter)

    def keep(self, split: str, example: Example) -> None:
        """Count one example that is written."""
        where = split, example.task
        self.kinds[where][example.kind] += 1
        self.projects[where][project_name(example)] += 1
        self.bytes[where] += len(example.text.encode("utf-8", "replace"))
        self.target_bytes[where] += len(example.target.encode("utf-8", "replace"))
        self.licences[str(example.metadata.get("licence") or "unknown")] += 1

    def drop(self, split: str, task: str, reasons: Counter[str]) -> None:
        """Count what a task left out."""
        self.dropped[split, task].update(reasons)


def write_card(counts: Counts, job: Job) -> dict[str, Any]:
    """``card.json``, ``README.md`` and ``tasks.svg`` in the folder of the tasks; the card."""
    card = card_of(counts, job)
    write_json(job.out / "card.json", card)
    (job.out / "README.md").write_text(readme(card), encoding="utf-8")
    draw(card, job.out / "tasks.svg")
    return card


def card_of(counts: Counts, job: Job) -> dict[str, Any]:
    """The card as JSON."""
    return {
        "format": 1,
        "seed": job.rules.seed,
        "limit": job.limit,
        "files_per_project": job.rules.files_per_project,
        "splits": {
            split: {task: _task(counts, split, task) for task in TASKS if counts.kinds[split, task]} for split in SPLITS
        },
        "licences": dict(counts.licences.most_common()),
    }


def readme(card: dict[str, Any]) -> str:
    """The card for people, as Markdown."""
    rows = [
        f"| {split} | {task} | {each['examples']} | {each['projects']} | {each['estimated_tokens'] / 1e6:.2f} M "
        f"| {each['target_share']:.0%} | {_most(each['kinds'])} |"
        for split, tasks in card["splits"].items()
        for task, each in tasks.items()
    ]
    licences = ", ".join(f"{name} ({count})" for name, count in list(card["licences"].items())[:_SHOWN_KINDS])
    return _TEMPLATE.format(**{**card, "rows": "\n".join(rows), "licences": licences})


def draw(card: dict[str, Any], path: Path) -> None:
    """Bars a task of the training split, one colour a kind."""
    tasks = card["splits"]["train"]
    figure = Figure(figsize=(9, 0.9 + 0.45 * max(1, len(tasks))), layout="constrained")
    axes = figure.subplots()
    for row, each in enumerate(tasks.values()):
        left = 0
        for number, (kind, count) in enumerate(each["kinds"].items()):
            axes.barh(row, count, left=left, color=f"C{number % 10}", edgecolor="white")
            if count > 0.08 * max(other["examples"] for other in tasks.values()):
                axes.text(left + count / 2, row, kind, ha="center", va="center", fontsize=6)
            left += count
    axes.set_yticks(range(len(tasks)), list(tasks))
    axes.invert_yaxis()
    axes.set(title="Training examples by task and kind", xlabel="examples")
    figure.savefig(path, metadata={"Date": None})


def _task(counts: Counts, split: str, task: str) -> dict[str, Any]:
    where = split, task
    return {
        "examples": counts.kinds[where].total(),
        "projects": len(counts.projects[where]),
        "largest_project_share": round(max(counts.projects[where].values()) / counts.kinds[where].total(), 3),
        "bytes": counts.bytes[where],
        "estimated_tokens": round(counts.bytes[where] / _BYTES_A_TOKEN),
        "target_share": round(counts.target_bytes[where] / max(1, counts.bytes[where]), 3),
        "kinds": dict(counts.kinds[where].most_common()),
        "dropped": {reason: count for reason, count in counts.dropped[where].items() if count},
    }


def _most(kinds: dict[str, int]) -> str:
    shown = [f"{kind} {count}" for kind, count in list(kinds.items())[:_SHOWN_KINDS]]
    return ", ".join([*shown, "…"] if len(kinds) > _SHOWN_KINDS else shown)


_TEMPLATE = """# Task data

Made from a curated corpus by `slm train tasks`; seed {seed}, at most {limit} examples a task in training and
{files_per_project} files a project. Splits are those of the corpus: no project is in two of them. Near-duplicates, and
what one project or kind would have too much of, are left out; `card.json` has these figures and what was dropped.
Tokens are an estimate at 3.5 bytes a token.

| split | task | examples | projects | tokens | target | kinds |
|---|---|--:|--:|--:|--:|---|
{rows}

Licences of the code: {licences}.

![Training examples by task and kind](tasks.svg)
"""
