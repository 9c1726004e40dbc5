"""Ask, fit, choose the operating points, write ``filter.json`` and a report."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from python_slm.errors import TrainingError
from python_slm_training.evaluate.store import Store
from python_slm_training.filter.ask import Sampling, ask
from python_slm_training.filter.fit import Examples, fit
from python_slm_training.filter.operate import Trial, curve, points, tried
from python_slm_training.filter.report import write_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from python_slm.checks.show import ShowFilter
    from python_slm_training.evaluate.sources import Project
    from python_slm_training.filter.fit import Fitted
    from python_slm_training.filter.operate import Outcome

    Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]

HISTORY_WEIGHT = 5.0
"""A person's verdict counts as much as so many simulated ones."""
_GLANCE_MS = 250
_RIGHT: Mapping[str, bool] = {"accepted": True, "typed": True, "rejected": False}
"""What a suggestion's end says of it; one accepted in part says nothing of the whole."""


@dataclass(frozen=True)
class Trained:
    """The filter with its operating points, and what it was found to be worth: outcomes of ``line`` by eagerness."""

    learned: ShowFilter
    figures: dict[str, Any]
    unfiltered: Outcome
    outcomes: Sequence[Outcome]
    chosen: Mapping[str, Outcome]
    words: Mapping[str, Outcome]
    """The chosen points under policy ``word``, and ``unfiltered``."""


def train(
    model: Path,
    projects: Sequence[Project],
    out: Path,
    *,
    sampling: Sampling,
    history: Path | None,
    created: str,
    progress: Progress,
) -> Trained:
    """Write ``out`` and, beside it, ``.html``; rows asked before are in a folder beside it and not asked again.

    Raises TrainingError when there is nothing to learn from.
    """
    store = Store(out.with_name(out.name + ".rows"))
    with progress("typing", len(projects) * sampling.stretches) as done:
        typed = ask(model, projects, sampling, store, done)
    outcomes = read_history(history) if history else []
    examples = Examples.of(typed)
    fitted = fit(examples.with_history(outcomes, HISTORY_WEIGHT))
    trial = Trial(typed, fitted.held_out[: len(examples.right)])
    found = []
    with progress("operating points", len(tried())) as done:
        for outcome in curve(trial):
            found.append(outcome)
            done(1)
    trained = _chosen(fitted, trial, found)
    about = {
        "created": created,
        "projects": {project.name: project.revision for project in projects},
        "sampling": asdict(sampling),
        "stretches": len(typed),
        "questions": sum(len(one.questions) for one in typed),
        "history": dict(Counter("right" if right else "wrong" for _, right in outcomes)),
        "held_out": {key: value for key, value in fitted.figures.items() if key != "reliability"},
        "typing": {"unfiltered": _figures(trained.unfiltered), **{n: _figures(o) for n, o in trained.chosen.items()}},
    }
    trained = replace(trained, learned=replace(trained.learned, provenance=about))
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(out.name + ".partial")
    partial.write_text(trained.learned.to_json(), encoding="utf-8")
    partial.replace(out)
    write_report(trained, out.with_suffix(".html"))
    return trained


def read_history(path: Path) -> list[tuple[Mapping[str, float], bool]]:
    """(features, whether it was right) of each suggestion in a user's own history, JSON lines with ``life``.

    What was seen for less than a quarter of a second, and what was accepted in part, says nothing. Raises
    TrainingError.
    """
    found: list[tuple[Mapping[str, float], bool]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            life, features = row["life"], {str(name): float(value) for name, value in row["features"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TrainingError(f"{path}:{number}: not an outcome ({error}); give what the server kept") from error
        if life in _RIGHT and (life != "rejected" or row.get("shown_ms", _GLANCE_MS) >= _GLANCE_MS):
            found.append((features, _RIGHT[life]))
    return found


def _chosen(fitted: Fitted, trial: Trial, found: Sequence[Outcome]) -> Trained:
    unfiltered = trial.run(None)
    chosen = points(found, unfiltered)
    at = {name: outcome.point for name, outcome in chosen.items() if outcome.point is not None}
    words = {"unfiltered": trial.run(None, "word"), **{name: trial.run(point, "word") for name, point in at.items()}}
    return Trained(replace(fitted.learned, points=at), fitted.figures, unfiltered, found, chosen, words)


def _figures(outcome: Outcome) -> dict[str, float]:
    values = asdict(outcome)
    return {name: round(value, 4) for name, value in values.items() if name != "point"}
