"""A calibration in a few lines: what each kind's threshold does to repositories that nothing was fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm_training.evaluate.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from python_slm.bugs.calibration import Calibration
    from python_slm_training.tasks.bugs.fit import Judgement


def table(learned: Calibration, judged: Mapping[str, Judgement]) -> list[str]:
    """For a terminal."""
    lines = [f"{'':20}{'':>5}{'bugs':>6}{'found':>7}{'precision, 95 %':>24}{'recall':>9}{'alarms/1,000 lines':>20}"]
    for name, kind in learned.kinds.items():
        found = judged.get(name)
        if found is None:
            continue
        alarms = found.hits + sum(found.wrong.values())
        share = wilson(found.hits, alarms)
        precision = f"{share.value:.2f} ({share.low:.2f}–{share.high:.2f})" if alarms else "no alarm"
        lines.append(
            f"{name:20}{'on' if kind.on else 'off':>5}{found.bugs:>6}{found.hits:>7}{precision:>24}"
            f"{found.hits / max(found.bugs, 1):>9.2f}{found.per_1000:>20.2f}"
        )
    return lines
