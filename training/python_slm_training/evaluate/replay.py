"""One question at each cursor: what the completer writes against the rest of the line.

- *exact*: the first suggestion's first line equals the rest of the line (trailing blanks aside). A cursor at which
  nothing is shown counts as wrong. *exact@3*: so does that of one of the first three, which a user cycles through.
- *similarity*: 1 − Levenshtein distance / longer length, of the same two lines; 0 when nothing is shown.
- *shown*: share of cursors with a suggestion. *precision*: exact among the shown.
- *valid*: among the shown, whether the committed file still parses with the first line in place of the real one.
- for statement and body starts, *lines*: how many leading lines of the suggestion are the file's, and *whole*: among
  suggestions of several lines, the share in which every line is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from python_slm_training.evaluate.cases import KINDS, MULTILINE_KINDS
from python_slm_training.evaluate.intervals import Estimate, Observations, mean, share
from python_slm_training.evaluate.sources import parses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from python_slm_training.evaluate.cases import Case, Kind, Scene
    from python_slm_training.evaluate.completers import Completer


CYCLED = 3


@dataclass(frozen=True)
class LineResult:
    """What one completer did at one cursor. ``place``: the first suggestion that is exact, from 1; 0 where none is.

    ``milliseconds`` is the wall time of the call.
    """

    file: str
    kind: Kind
    scene: Scene
    offset: int
    before: str
    truth: str
    suggestion: str
    exact: bool
    place: int
    similarity: float
    shown: bool
    valid: bool
    lines_right: int
    suggested_lines: int
    milliseconds: float


def replay(cases: Iterable[Case], completer: Completer) -> Iterator[LineResult]:
    """Ask ``completer`` at every cursor."""
    for case in cases:
        text = case.text
        start = time.perf_counter()
        suggestions = [s for s in completer(case.file, text, case.offset) if s.strip()]
        milliseconds = (time.perf_counter() - start) * 1000
        yield judge(case, suggestions, milliseconds)


def judge(case: Case, suggestions: Sequence[str], milliseconds: float) -> LineResult:
    """Compare suggestions, best first, with what the file has."""
    shown = bool(suggestions)
    firsts = [one.split("\n", 1)[0].rstrip() for one in suggestions]
    first = firsts[0] if shown else ""
    text = case.file.text
    line_start = text.rfind("\n", 0, case.offset) + 1
    suggested = suggestions[0].rstrip().split("\n") if shown else []
    real = (case.truth + case.following).split("\n")
    return LineResult(
        file=case.file.key,
        kind=case.kind,
        scene=case.scene,
        offset=case.offset,
        before=text[line_start : case.offset],
        truth=case.truth,
        suggestion=suggestions[0] if shown else "",
        exact=shown and first == case.truth,
        place=firsts.index(case.truth) + 1 if case.truth in firsts else 0,
        similarity=Levenshtein.normalized_similarity(first, case.truth) if shown else 0.0,
        shown=shown,
        valid=shown and parses(text[: case.offset] + first + case.following),
        lines_right=_leading_matches(suggested, real),
        suggested_lines=len(suggested),
        milliseconds=milliseconds,
    )


def summarize(results: Sequence[LineResult]) -> dict[str, dict[str, Estimate]]:
    """Metrics by kind, by scene, and in total; the total weighs kinds as they were sampled."""
    groups: dict[str, list[LineResult]] = {"total": list(results)}
    groups |= {kind: [r for r in results if r.kind == kind] for kind in KINDS}
    groups |= {scene: [r for r in results if r.scene == scene] for scene in ("insert", "append")}
    return {name: _metrics(group) for name, group in groups.items() if group}


def observations(results: Sequence[LineResult]) -> dict[str, Observations]:
    """The figures that models are compared by, over all cursors."""
    files = [one.file for one in results]
    shown = [float(one.shown) for one in results]
    return {
        "exact": Observations.each([one.exact for one in results], files),
        "exact@3": Observations.each([0 < one.place <= CYCLED for one in results], files),
        "similarity": Observations.each([one.similarity for one in results], files),
        "shown": Observations.each(shown, files),
        "precision": Observations([float(one.exact) for one in results], shown, files),
        "valid": Observations([float(one.valid) for one in results], shown, files),
    }


def _metrics(results: Sequence[LineResult]) -> dict[str, Estimate]:
    shown = [r for r in results if r.shown]
    at_statements = [r for r in results if r.kind in MULTILINE_KINDS]
    several = [r for r in results if r.suggested_lines > 1]
    return {
        "exact": share([r.exact for r in results], [r.file for r in results]),
        "exact@3": share([0 < r.place <= CYCLED for r in results], [r.file for r in results]),
        "similarity": mean([r.similarity for r in results], [r.file for r in results]),
        "shown": share([r.shown for r in results], [r.file for r in results]),
        "precision": share([r.exact for r in shown], [r.file for r in shown]),
        "valid": share([r.valid for r in shown], [r.file for r in shown]),
        "lines": mean([r.lines_right for r in at_statements], [r.file for r in at_statements]),
        "whole": share([r.lines_right == r.suggested_lines for r in several], [r.file for r in several]),
    }


def _leading_matches(suggested: Sequence[str], real: Sequence[str]) -> int:
    for count, (ours, theirs) in enumerate(zip(suggested, real, strict=False)):
        if ours.rstrip() != theirs.rstrip():
            return count
    return len(suggested)
