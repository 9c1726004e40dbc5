"""The ship gate: a model that loses to the one in use does not replace it.

Two figures decide, both on the same trials for both models: exact match of editor replay, and pass@1 over all
HumanEval-Infilling problems measured. A model loses a figure when the 95 % interval of its lead lies below zero, or
when the lead itself is below −1 point: with few trials the interval is wide, and a loss must not pass for lack of
evidence. ``standard`` has 700 cursors and 600 infilling problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.errors import EvaluationError
from python_slm_training.evaluate import plan
from python_slm_training.evaluate.infilling import VARIANTS
from python_slm_training.evaluate.intervals import Estimate, Observations, difference
from python_slm_training.evaluate.measures import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from python_slm_training.evaluate.evaluation import Evaluation, SizeName

MARGIN = 0.01
"""A lead below minus this loses, whatever its interval."""
REPLAY, INFILLING = "editor replay, exact match", "HumanEval-Infilling, pass@1"
CANDIDATE, BASE = "candidate", "in use"


@dataclass(frozen=True)
class Verdict:
    """What the gate says of ``model`` against ``base``. ``leads``: figure → lead, in 0 to 1."""

    model: str
    base: str
    leads: Mapping[str, Estimate]

    @property
    def lost(self) -> list[str]:
        """The figures it loses."""
        return [name for name, lead in self.leads.items() if lead.high < 0 or lead.value < -MARGIN]

    @property
    def ships(self) -> bool:
        """Whether it loses none."""
        return not self.lost

    def lines(self) -> list[str]:
        """The verdict for a terminal."""
        shown = [
            f"{self.model} − {self.base}: {name} {100 * lead.value:+.1f} points "
            f"({100 * lead.low:+.1f} to {100 * lead.high:+.1f}, {lead.count} trials)"
            for name, lead in self.leads.items()
        ]
        end = "does not lose: it may ship" if self.ships else f"loses {' and '.join(self.lost)}: it does not ship"
        return [*shown, f"{self.model} {end}"]


def judge(run: Evaluation, model: str, base: str) -> Verdict:
    """The verdict from what ``run`` measured. Raises EvaluationError when it measured neither figure for both."""
    found = {REPLAY: run.observed.get(EXACT, {}), INFILLING: _pooled(run)}
    leads = {
        name: difference(by_name[model], by_name[base])
        for name, by_name in found.items()
        if model in by_name and base in by_name
    }
    if not leads:
        raise EvaluationError(
            f"{model} against {base}: nothing to judge by; give --replay or --benchmarks. {'; '.join(run.skipped)}"
        )
    return Verdict(model, base, leads)


def gate(
    candidate: Path,
    base: Path,
    *,
    out: Path,
    replay: Sequence[Path] = (),
    benchmarks: Path | None = None,
    size: SizeName = "standard",
    threads: int = 0,
    show: Callable[[str], object] = lambda _: None,
) -> Verdict:
    """Measure two exported models on what decides, and judge ``candidate``.

    ``out`` keeps what was measured: the same call goes on where a killed one stopped. Raises EvaluationError when
    nothing can be measured, ModelError when a folder holds no model.
    """
    material = plan.Material.at(replay, benchmarks)
    run = plan.evaluation(
        {CANDIDATE: candidate, BASE: base}, material, size=size, out=out, threads=threads, floors=False, show=show
    )
    plan.measure(run, material, ("replay", "infilling"))
    return judge(run, CANDIDATE, BASE)


def _pooled(run: Evaluation) -> dict[str, Observations]:
    """Contestant → its trials of all variants; random-span-light repeats others and is left out."""
    names = [f"infilling.{one.name}" for one in VARIANTS if not one.name.endswith("light")]
    measured = [run.observed[name] for name in names if name in run.observed]
    if not measured:
        return {}
    return {
        who: Observations.each(
            [value for by_name in measured for value in by_name[who].values],
            [cluster for by_name in measured for cluster in by_name[who].clusters],
        )
        for who in measured[0]
    }
