"""Rows of numbers → weights a kind, honest probabilities, and the thresholds at which a kind may speak.

What is fitted sees repositories of one half; probabilities and thresholds come from folds of that half that the weights
did not see. A kind gets a threshold only where, in those folds, ninety of a hundred alarms are right and good code is
left alone; else it is off. The other half judges what came of it (``judge``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from python_slm.bugs.calibration import Calibration, KindCalibration, Linear
from python_slm.bugs.candidates import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

PRECISION = 0.9
ALARMS_PER_1000 = 0.3
"""In good code, of one kind; ten kinds at their most would say three, but few of them say anything."""
FEWEST_HITS = 5
_STRENGTH = 0.3
"""Inverse of the penalty on the squares of the weights: positives are few."""
_FOLDS = 5
_GIVES_AWAY = frozenset({"undefined", "across_both", "whole_needed", "identity_of_literal", "derived_unread"})
"""Numbers that are always learned from: rare, and near certain by themselves."""
_FEWEST_NUMBERS, _POSITIVES_A_NUMBER, _LEAST_SPREAD = 6, 3, 0.05
_RARE = 5
"""Rows in which a number must be other than 0 to count."""
_NOT_LEARNED = frozenset({"score_was", "score_then"})
_ONLY_JUDGED = frozenset(
    {
        "whole",
        "near",
        "behind",
        "near_mixed",
        "longer",
        "screened",
        "rank",
        "lead",
        "rewrites",
    }
)
WHOLE_FILES = frozenset({"copy-paste-slip", "missing-await", "missing-self"})
"""Kinds whose likely rewrites are so rare that rows hold all of a file's (``rows.is_rare``)."""
_ALL_READ = ("copy-paste-slip", "missing-await")
_UNDEFINED = (0.0, 1.0, 6.0)
"""Weight of a name that nothing binds: rare enough that each is read to its end."""


@dataclass(frozen=True)
class Table:
    """Rewrites of one kind: ``about`` (rows), ``right`` (rows,), repositories, and which function each is of."""

    about: list[Mapping[str, float]]
    right: NDArray[np.bool_]
    repos: list[str]
    functions: list[int]


@dataclass(frozen=True)
class Judgement:
    """What a threshold does to functions: true and false alarms by role, for one kind."""

    hits: int
    bugs: int
    wrong: Mapping[str, int]
    lines: Mapping[str, int]
    whole_files: bool = False
    """Whether all of a file was searched for the kind, its good lines therefore count."""

    @property
    def precision(self) -> float:
        """Share of alarms that name the right rewrite, all roles taken together."""
        alarms = self.hits + sum(self.wrong.values())
        return self.hits / alarms if alarms else 0.0

    @property
    def per_1000(self) -> float:
        """Alarms a thousand lines of code in which nobody found a bug."""
        roles = ("clean", "fixed", "rest") if self.whole_files else ("clean", "fixed")
        lines = sum(self.lines[role] for role in roles)
        return 1000 * sum(self.wrong[role] for role in ("clean", "fixed", "rest")) / max(lines, 1)


def tables(functions: Sequence[Mapping[str, Any]], *, best: bool) -> dict[str, Table]:
    """Rewrites by kind; with ``best`` those alone that were read to their end."""
    rows: dict[str, list[tuple[Mapping[str, float], bool, str, int]]] = defaultdict(list)
    for number, function in enumerate(functions):
        for kind, right, read, about in function["rewrites"]:
            if read or not best:
                rows[kind].append((about, bool(right), function["repo"], number))
    return {
        kind: Table(
            [row[0] for row in found],
            np.array([row[1] for row in found]),
            [row[2] for row in found],
            [row[3] for row in found],
        )
        for kind, found in rows.items()
    }


def linear(table: Table, names: Iterable[str], *, strength: float = _STRENGTH) -> Linear:
    """A logistic regression over the numbers that are there often enough; the base rate alone where all are alike."""
    right = table.right
    positives = int(right.sum())
    if min(positives, len(right) - positives) < 2:  # noqa: PLR2004 - nothing to learn from
        share = (positives + 0.5) / (len(right) + 1)
        return Linear({}, float(np.log(share / (1 - share))))
    chosen = sorted(names)
    values = matrix(table.about, chosen)
    telling = sorted({*_telling(values, right), *(at for at, name in enumerate(chosen) if name in _GIVES_AWAY)})
    chosen, values = [chosen[place] for place in telling], values[:, telling]
    means, scales = values.mean(0), values.std(0)
    scales[scales == 0] = 1.0
    model = LogisticRegression(C=strength, max_iter=1000).fit((values - means) / scales, right)
    rows = zip(chosen, means, scales, model.coef_[0], strict=True)
    return Linear(
        {name: (float(a), float(b), float(c)) for name, a, b, c in rows},
        float(model.intercept_[0]),
    )


def _telling(values: NDArray[np.float64], right: NDArray[np.bool_]) -> list[int]:
    """The columns that tell right from wrong best by themselves: as many as the positives can bear."""
    good, bad = values[right], values[~right]
    spread = np.sqrt(good.var(0) / len(good) + bad.var(0) / len(bad)) + _LEAST_SPREAD
    apart = np.abs(good.mean(0) - bad.mean(0)) / spread
    most = max(_FEWEST_NUMBERS, len(good) // _POSITIVES_A_NUMBER)
    return sorted(np.argsort(-apart, kind="stable")[:most].tolist())


def matrix(about: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    """(rows, names); 0 for a number that is not there."""
    return np.array([[row.get(name, 0.0) for name in names] for row in about], np.float64).reshape(-1, len(names))


def names_of(table: Table, *, judged: bool) -> list[str]:
    """Numbers that are there often enough to be learned from."""
    counts: Counter[str] = Counter(name for row in table.about for name in row)
    out = _NOT_LEARNED if judged else _NOT_LEARNED | _ONLY_JUDGED
    return [name for name, count in counts.items() if count >= _RARE and name not in out]


def screens(functions: Sequence[Mapping[str, Any]]) -> dict[str, Linear]:
    """The first regression of each kind; of some, rewrites are so few that all are read to their end."""
    found = {
        kind: linear(table, names_of(table, judged=False)) for kind, table in tables(functions, best=False).items()
    }
    found.update(dict.fromkeys(_ALL_READ, Linear({}, 0.0)))
    if "missing-self" in found:
        known = found["missing-self"]
        found["missing-self"] = Linear({**known.features, "undefined": _UNDEFINED}, known.bias)
    return found


def fit(
    functions: Sequence[Mapping[str, Any]],
    screened: Mapping[str, Linear],
    **limits: float,
) -> Calibration:
    """Weights, probabilities and thresholds from the rows of one half of the repositories."""
    kinds = {}
    for kind, table in tables(functions, best=True).items():
        if kind not in screened:
            continue
        names = names_of(table, judged=True)
        odds = out_of_fold(table, names)
        knots = _knots(odds, table.right)
        judge_ = linear(table, names)
        preferences = [row.get("near", 0.0) for row, right in zip(table.about, table.right, strict=True) if not right]
        usual = (
            float(np.mean(preferences or [0.0])),
            float(np.std(preferences or [1.0])),
        )
        draft = KindCalibration(screened[kind], judge_, knots, 1.0, on=False, usual=usual)
        chances = np.interp(odds, *np.array(knots).T)
        threshold, found = choose(functions, kind, table, chances, **limits)
        kinds[kind] = KindCalibration(
            draft.screen,
            draft.judge,
            knots,
            threshold,
            on=found is not None,
            usual=usual,
            figures=_figures(found),
        )
    return Calibration({kind: kinds[kind] for kind in KINDS if kind in kinds})


def out_of_fold(table: Table, names: Sequence[str]) -> NDArray[np.float64]:
    """Log odds of each row by weights that did not see its repository."""
    odds = np.zeros(len(table.right))
    folds = min(_FOLDS, len(set(table.repos)))
    if folds < 2:  # noqa: PLR2004
        return odds
    for train, test in GroupKFold(folds).split(odds, table.right, table.repos):
        part = Table(
            [table.about[i] for i in train],
            table.right[train],
            [table.repos[i] for i in train],
            [],
        )
        model = linear(part, names)
        odds[test] = [model.log_odds(table.about[i]) for i in test]
    return odds


def _knots(odds: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    model = IsotonicRegression(y_min=0.002, y_max=0.98, out_of_bounds="clip").fit(odds, right)
    points = zip(model.X_thresholds_, model.y_thresholds_, strict=True)
    known: dict[float, float] = {}
    for score, share in points:
        known[round(float(score), 5)] = round(float(share), 5)
    return tuple(known.items()) or ((0.0, 0.0),)


def choose(
    functions: Sequence[Mapping[str, Any]],
    kind: str,
    table: Table,
    chances: NDArray[np.float64],
    *,
    precision: float = PRECISION,
    per_1000: float = ALARMS_PER_1000,
) -> tuple[float, Judgement | None]:
    """The lowest threshold that keeps both promises, with what it does; where none does, the most precise, and None."""
    found: tuple[float, Judgement | None] = (1.0, None)
    closest = 0.0
    for threshold in sorted(set(chances.tolist()), reverse=True):
        judged = judgement(functions, kind, table, chances, threshold)
        if judged.per_1000 > per_1000:
            break
        if judged.hits >= FEWEST_HITS and judged.precision >= precision:
            found = (float(threshold), judged)
        elif found[1] is None and judged.hits >= FEWEST_HITS and judged.precision > closest:
            closest, found = judged.precision, (float(threshold), None)
    return found


def judgement(
    functions: Sequence[Mapping[str, Any]],
    kind: str,
    table: Table,
    chances: NDArray[np.float64],
    threshold: float,
) -> Judgement:
    """One alarm a function, its likeliest rewrite of the kind."""
    top: dict[int, int] = {}
    for row in np.flatnonzero(chances >= threshold).tolist():
        function = table.functions[row]
        if function not in top or chances[row] > chances[top[function]]:
            top[function] = row
    wrong: Counter[str] = Counter()
    hits = 0
    for function, row in top.items():
        if table.right[row]:
            hits += 1
        else:
            wrong[functions[function]["role"]] += 1
    lines: Counter[str] = Counter()
    for one in functions:
        lines[one["role"]] += one["lines"]
    bugs = sum(one["role"] == "buggy" and one["kind"] == kind for one in functions)
    return Judgement(hits, bugs, wrong, lines, kind in WHOLE_FILES)


def judge(functions: Sequence[Mapping[str, Any]], calibration: Calibration) -> dict[str, Judgement]:
    """What each kind's threshold does to functions that nothing was fitted on; kinds that are off as if on."""
    return _by_kind(functions, calibration, lambda kind: calibration.kinds[kind].threshold)


def _by_kind(
    functions: Sequence[Mapping[str, Any]],
    calibration: Calibration,
    threshold: Callable[[str], float],
) -> dict[str, Judgement]:
    found = {}
    for kind, table in tables(functions, best=True).items():
        if kind in calibration.kinds:
            known = calibration.kinds[kind]
            chances = np.array([known.probability(row) for row in table.about])
            found[kind] = judgement(functions, kind, table, chances, threshold(kind))
    return found


def _figures(found: Judgement | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "hits": found.hits,
        "bugs": found.bugs,
        "wrong": dict(found.wrong),
        "precision": round(found.precision, 3),
        "per_1000": round(found.per_1000, 3),
    }
