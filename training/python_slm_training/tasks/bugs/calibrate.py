"""Mined fixes → ``bugs.json``: pairs, rows for either half of the repositories, weights, thresholds, the verdict.

Every stage leaves a file in the working folder, and what is there is not made again.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from python_slm.bugs.assess import plain_screen
from python_slm.bugs.calibration import Calibration
from python_slm.bugs.scorer import Scorer
from python_slm.engine.decode import Decoder
from python_slm.engine.model import Model
from python_slm.errors import TrainingError
from python_slm_training import jsonlines
from python_slm_training.collect.record import SUFFIX
from python_slm_training.evaluate.intervals import wilson
from python_slm_training.reserved import normalised
from python_slm_training.tasks.bugs.fit import PRECISION, fit, judge, screens
from python_slm_training.tasks.bugs.pairs import is_held_out, pair_of
from python_slm_training.tasks.bugs.rows import changed_line, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from python_slm.bugs.calibration import Linear
    from python_slm.bugs.scene import Candidate
    from python_slm_training.tasks.bugs.fit import Judgement

FEWEST_HELD = 3
"""True alarms in the half that was held out, without which a kind stays off: fewer are luck."""
_SCREENED = 250
"""Pairs from which the first regression is learned."""


@dataclass(frozen=True)
class Work:
    """The folder of a calibration. ``without`` are repositories that the model was trained on."""

    folder: Path
    fixes: Path
    model: Path | None
    without: frozenset[str] = frozenset()
    progress: Callable[[int], object] = lambda _: None

    @property
    def pairs(self) -> Path:
        """Fixes that one rewrite makes."""
        return self.folder / f"pairs{SUFFIX}"

    def rows(self, name: str) -> Path:
        """Rows of a half, ``fit`` or ``held``, or those of the screen."""
        return self.folder / f"{name}{SUFFIX}"


def calibrate(work: Work, *, created: str) -> tuple[Calibration, dict[str, Judgement]]:
    """The calibration, and what it does to the repositories that were held out.

    A kind that keeps its promise in the fitted half and breaks it in the other is off as well. Raises TrainingError
    when there are no pairs.
    """
    if not work.pairs.exists():
        _make(work.pairs, _pairs(work))
    pairs = list(jsonlines.read(work.pairs))
    if not pairs:
        raise TrainingError(f"{work.fixes}: no fix is one rewrite; mine more with 'slm data bug-fixes'")
    fitted = [pair for pair in pairs if not is_held_out(pair["repo"])]
    if not work.rows("screen").exists():
        sample = random.Random(0).sample(fitted, min(_SCREENED, len(fitted)))  # noqa: S311 - data
        _make(work.rows("screen"), _rows(work, sample, plain_screen))
    screened = screens(list(jsonlines.read(work.rows("screen"))))
    screen = screen_by(screened)
    for name, chosen in (("fit", fitted), ("held", [pair for pair in pairs if is_held_out(pair["repo"])])):
        if not work.rows(name).exists():
            _make(work.rows(name), _rows(work, chosen, screen))
    learned = fit(list(jsonlines.read(work.rows("fit"))), screened)
    judged = judge(list(jsonlines.read(work.rows("held"))), learned)
    about = {
        "created": created,
        "pairs": len(pairs),
        "repositories": len({pair["repo"] for pair in pairs}),
        "fitted_on": len(fitted),
        "kinds": dict(Counter(pair["kind"] for pair in pairs)),
        "precision_asked_for": PRECISION,
    }
    return with_verdict(Calibration(learned.kinds, about), judged), judged


def with_verdict(learned: Calibration, judged: dict[str, Judgement]) -> Calibration:
    """With the figures of the held-out half; kinds that break their promise there are off."""
    kinds = {}
    for name, kind in learned.kinds.items():
        found = judged.get(name)
        alarms = found.hits + sum(found.wrong.values()) if found else 0
        keeps = bool(found and found.hits >= FEWEST_HELD and found.precision >= PRECISION)
        held = {} if found is None else {
            "hits": found.hits,
            "bugs": found.bugs,
            "wrong": dict(found.wrong),
            "precision": _interval(found.hits, alarms),
            "recall": _interval(found.hits, found.bugs),
            "per_1000": round(found.per_1000, 3),
        }  # fmt: skip
        kinds[name] = replace(kind, on=kind.on and keeps, figures={"fitted": kind.figures, "held_out": held})
    return Calibration(kinds, learned.provenance)


def screen_by(screened: dict[str, Linear]) -> Callable[[Candidate], float]:
    """The first regressions as one."""
    return lambda found: screened[found.kind].log_odds(found.about) if found.kind in screened else -99.0


def scorer_of(model: Path | None) -> Scorer:
    """The model's, on one thread."""
    return Scorer(Decoder(Model.load(model, threads=1)))


def _interval(successes: int, trials: int) -> list[float]:
    if not trials:
        return []
    found = wilson(successes, trials)
    return [round(value, 3) for value in (found.value, found.low, found.high)]


def _pairs(work: Work) -> Iterator[dict[str, Any]]:
    for path in sorted(work.fixes.glob(f"*{SUFFIX}")):
        known: set[tuple[str, str]] = set()
        for fix in jsonlines.read(path):
            if normalised(fix["repo"]) in work.without:
                break
            pair = pair_of(fix)
            if pair is not None and (pair.before, pair.after) not in known:
                known.add((pair.before, pair.after))
                yield pair.to_json()
            work.progress(1)


def _rows(
    work: Work, pairs: Sequence[dict[str, Any]], screen: Callable[[Candidate], float]
) -> Iterator[dict[str, Any]]:
    scorer = scorer_of(work.model)
    mended = {
        (pair["repo"], pair["path"], *changed_line(pair["before"], pair["start"], pair["end"], pair["text"]))
        for pair in jsonlines.read(work.pairs)
    }
    for pair in pairs:
        yield from rows_of(pair, scorer, screen, mended=mended)
        work.progress(1)


def _make(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    with jsonlines.writing(path) as put:
        for row in rows:
            put(row)
