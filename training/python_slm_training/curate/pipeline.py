"""raw files → clean → decide → write → card. Every stage leaves a file a source, so that it can be resumed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from python_slm_training.curate.executors import Stage, Where, run
from python_slm_training.curate.steps import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm_training.curate.plan import Plan


def curate(plan: Plan, where: Where, watch: Callable[[str, int, int], None]) -> dict[str, Any] | None:
    """Make the corpus and return its card, or None if Slurm will make it. ``watch`` gets stage, tasks done, tasks."""
    plan = replace(plan, raw=plan.raw.resolve(), corpus=plan.corpus.resolve())  # a task may run in another folder
    saved = plan.save()
    stages = [Stage(kind.name, kind(saved), kind.tasks(plan), plan.work / "logs" / kind.name) for kind in STAGES]
    if not run(stages, where, watch):
        return None
    card: dict[str, Any] = json.loads((plan.corpus / "card.json").read_text("utf-8"))
    return card
