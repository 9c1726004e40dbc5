"""The stages of a curation as steps of a datatrove pipeline: a task is one source, or all of them where they meet.

What a stage knows is in the work folder, so that any executor can run it anywhere the folder is seen, and again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datatrove.pipeline.base import PipelineStep

from python_slm_training.curate.card import write_card
from python_slm_training.curate.clean import clean
from python_slm_training.curate.decide import Decision, decide
from python_slm_training.curate.write import remove_stale, write

if TYPE_CHECKING:
    from datatrove.data import DocumentsPipeline

    from python_slm_training.curate.plan import Plan, Saved


class CurationStep(PipelineStep):  # type: ignore[misc]  # datatrove has no types
    """A stage."""

    type = "curate"

    def __init__(self, plan: Saved) -> None:
        super().__init__()
        self.plan = plan

    @staticmethod
    def tasks(plan: Plan) -> int:
        """How many tasks there are: one a source, unless a stage says otherwise."""
        return len(plan.files)

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Do task ``rank``. No documents pass from step to step: a source is done or not done."""
        del world_size
        with self.track_time("task"):
            self.work(self.plan.load(), rank)
        return data

    def work(self, plan: Plan, rank: int) -> None:
        """The task itself."""
        raise NotImplementedError


class Clean(CurationStep):
    """Every filter and label that looks at a single file."""

    name = "clean"

    @staticmethod
    def tasks(plan: Plan) -> int:
        """One a source that is not clean yet."""
        return len(plan.pending)

    def work(self, plan: Plan, rank: int) -> None:
        """Clean one source."""
        clean(plan.files[plan.pending[rank]], plan.work, plan.rules)


class Decide(CurationStep):
    """Duplicates, balance, splits and leaks, over all sources."""

    name = "decide"

    @staticmethod
    def tasks(plan: Plan) -> int:
        """One."""
        del plan
        return 1

    def work(self, plan: Plan, rank: int) -> None:
        """Decide about all files."""
        del rank
        decision = decide(plan)
        remove_stale(plan, decision)
        decision.save(plan.work)


class Write(CurationStep):
    """What is kept goes into its split."""

    name = "write"

    def work(self, plan: Plan, rank: int) -> None:
        """Write one source."""
        write(plan, Decision.load(plan.work), plan.largest_first[rank])


class Card(CurationStep):
    """The dataset card."""

    name = "card"

    @staticmethod
    def tasks(plan: Plan) -> int:
        """One."""
        del plan
        return 1

    def work(self, plan: Plan, rank: int) -> None:
        """Write the card."""
        del rank
        write_card(plan, Decision.load(plan.work))


STAGES = (Clean, Decide, Write, Card)
