"""Whether suggestions break files: every offer at thousands of cursors, accepted, judged by Python's own compiler.

The buffer is what an editor would have: at every other cursor the brackets and the quote that the line opened are
closed right of it, as editors close them. All suggestions of an answer count, with the edits that belong to them.

- *broken*: the buffer compiled before and does not with the suggestion. Must be 0.
- *waits*: the same, but the suggestion ends in the colon of a block, and with a body in it the buffer compiles.
- Of buffers that did not compile before, as few do in the middle of a line: *mended* compile with the suggestion,
  *left* do not, *worsened* have more broken blocks than before.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from python_slm.checks.parses import body_of
from python_slm.postprocess.brackets import walk
from python_slm.syntax.blocks import BlockIndex
from python_slm_training.evaluate import cases
from python_slm_training.evaluate.parts.editing import all_files, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from python_slm.tasks.complete import Completion
    from python_slm_training.evaluate.cases import Case
    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.evaluation import Evaluation
    from python_slm_training.evaluate.sources import Project

Outcome = Literal["kept", "waits", "broken", "mended", "left", "worsened"]
OUTCOMES: tuple[Outcome, ...] = ("kept", "waits", "broken", "mended", "left", "worsened")


@dataclass(frozen=True)
class Offer:
    """What became of the buffer at one cursor: ``outcomes`` of each suggestion, the likeliest first."""

    file: str
    kind: str
    offset: int
    closed: bool
    parsed: bool
    outcomes: list[Outcome]


def measure_breaking(run: Evaluation, projects: Sequence[Project]) -> None:
    """Ask models, and variants of them, and accept everything."""
    each = run.sizes.breaking
    chosen = cases.sample_cases(all_files(projects), each, run.sizes.seed)
    depends_on = {"cursors": each, "projects": describe(projects)}
    found: dict[str, dict[str, int]] = {}
    for one in (one for one in run.contestants if one.product):

        def offers(start: int, one: Contestant = one) -> Iterator[Offer]:
            assert one.product is not None
            product = one.product()
            for place, case in enumerate(chosen[start:], start=start):
                text = buffer(case, closed=bool(place % 2))
                yield offered(case, text, bool(place % 2), product.completions(case.file, text, case.offset))

        rows = run.rows("breaking", one, len(chosen), depends_on, offers)
        counted = Counter(outcome for row in rows for outcome in row["outcomes"])
        found[one.name] = {
            "asked": len(rows),
            "answered": sum(bool(row["outcomes"]) for row in rows),
            "suggestions": counted.total(),
            "parsed": sum(row["parsed"] for row in rows),
            **{outcome: counted[outcome] for outcome in OUTCOMES},
        }
    run.put("breaking", found)


def buffer(case: Case, *, closed: bool) -> str:
    """What the editor has at a cursor; ``closed`` as by editors that close brackets and quotes when they are typed."""
    if not closed:
        return case.text
    before = case.text[: case.offset]
    still = walk(before[before.rfind("\n") + 1 :]).after
    return before + still.quote + still.closers[::-1] + case.text[case.offset :]


def offered(case: Case, text: str, closed: bool, suggestions: Sequence[Completion]) -> Offer:  # noqa: FBT001 - a record
    """One cursor's row."""
    parsed, index = compiles(text), BlockIndex.of(text)
    outcomes = [outcome(index, one, parsed=parsed) for one in suggestions]
    return Offer(case.file.key, case.kind, case.offset, closed, parsed, outcomes)


def outcome(before: BlockIndex, suggestion: Completion, *, parsed: bool) -> Outcome:
    """What accepting a suggestion does to a buffer that ``parsed``, or did not."""
    after, waiting = accepted(before.text, suggestion, body=""), False
    fine = compiles(after)
    if not fine and (body := body_of(before.text[: suggestion.start] + suggestion.text)):
        after = accepted(before.text, suggestion, body=body)
        waiting = fine = compiles(after)
    if parsed:
        return "waits" if waiting else "kept" if fine else "broken"
    if fine:
        return "mended"
    return "worsened" if len(before.updated(after).problems) > len(before.problems) else "left"


def accepted(text: str, suggestion: Completion, *, body: str) -> str:
    """The buffer with a suggestion and its additional edits; ``body`` comes right after the suggestion."""
    edits = [(one.start, one.end, one.text) for one in suggestion.additional]
    edits.append((suggestion.start, suggestion.end, suggestion.text + body))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def compiles(text: str) -> bool:
    """Whether the running Python accepts ``text`` as a module."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes and the like are the file's business
            compile(text, "<buffer>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def line(name: str, figures: Mapping[str, int]) -> str:
    """The figures for a terminal."""
    return (
        "{name}: {broken} of {suggestions} suggestions at {asked} cursors break a file that parsed, {waits} wait for a "
        "body; {parsed} buffers parsed before; of suggestions in the others {mended} mend the buffer, {left} leave it "
        "broken, {worsened} make it worse"
    ).format(name=name, **figures)
