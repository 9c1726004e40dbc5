"""Findings of the model: at most one a function, the likeliest rewrite, where it is likely enough.

Costs one forward pass a function and five short ones for what looks most promising, so it is for when typing rests.
What was found of a function is kept by its text: only edited functions are read again.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm.bugs.assess import MOST_LINES, File, assess
from python_slm.bugs.facts import leaves
from python_slm.bugs.scene import scenes
from python_slm.bugs.vetoes import is_test
from python_slm.bugs.wording import message, reasoning, title
from python_slm.findings import Finding, Fix
from python_slm.rules.suppress import settled
from python_slm.syntax.verify import objection
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_slm.bugs.calibration import Calibration, KindCalibration
    from python_slm.bugs.scene import Candidate, Scene
    from python_slm.bugs.scorer import Scorer
    from python_slm.syntax.blocks import Block, BlockIndex

_WORD = re.compile(r"\w+")


@dataclass
class Remembered:
    """What was found in blocks, by their text: findings relative to the block's first character.

    Belongs to one model and one calibration; the oldest go first.
    """

    most: int = 2000
    _found: OrderedDict[str, tuple[Finding, ...]] = field(default_factory=OrderedDict)

    def get(self, text: str) -> tuple[Finding, ...] | None:
        """What was found in a block; None where it was not looked at."""
        found = self._found.get(text)
        if found is not None:
            self._found.move_to_end(text)
        return found

    def texts(self) -> list[str]:
        """The blocks that were looked at."""
        return list(self._found)

    def put(self, text: str, findings: tuple[Finding, ...]) -> None:
        """Keep what was found."""
        self._found[text] = findings
        if len(self._found) > self.most:
            self._found.popitem(last=False)


def find(
    index: BlockIndex,
    *,
    scorer: Scorer,
    calibration: Calibration,
    path: str = "",
    edited: Sequence[int] = (),
    remembered: Remembered | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Finding]:
    """Findings in order of their places; when ``cancelled`` becomes true, those of the blocks read so far.

    ``edited`` are offsets of the latest edits, the newest first: their blocks are read first. Broken blocks are left
    out, and the others are judged as ever.
    """
    if is_test(path) or not any(kind.on for kind in calibration.kinds.values()):
        return []
    known = Remembered() if remembered is None else remembered
    file: File | None = None
    found: list[Finding] = []
    for block in _ordered(index, edited):
        kept = known.get(block.text)
        if kept is None:
            file = file or File.of(index, path)
            judged = _judged(block, file, scorer, calibration, cancelled)
            if judged is None:
                break
            kept = tuple(one.moved(-block.start) for one in judged)
            known.put(block.text, kept)
        found += [one.moved(block.start) for one in kept]
    return settled(index, sorted(found, key=lambda one: one.start))


def _ordered(index: BlockIndex, edited: Sequence[int]) -> list[Block]:
    """Blocks with code, those edited last first, then in order."""
    every = [block for block in leaves(index) if not block.problem and "def " in block.text]

    def place(block: Block) -> int:
        return next(
            (at for at, offset in enumerate(edited) if block.start <= offset < block.end),
            len(edited),
        )

    return sorted(every, key=place)


def _judged(
    block: Block,
    file: File,
    scorer: Scorer,
    calibration: Calibration,
    cancelled: Callable[[], bool],
) -> list[Finding] | None:
    """Findings in a block; None when cancelled."""
    found: list[Finding] = []
    on = [name for name, kind in calibration.kinds.items() if kind.on]
    for part in file.facts.parts:
        if part.block.start != block.start:
            continue
        for scene in scenes(part, file.facts):
            if scene.lines > MOST_LINES:
                continue
            assessed = assess(scene, file, scorer, calibration.screen, cancelled, kinds=on)
            if assessed is None:
                return None
            found += _findings(scene, file, assessed.best, calibration)
    return found


def _findings(scene: Scene, file: File, best: Sequence[Candidate], calibration: Calibration) -> list[Finding]:
    """The likeliest rewrite that is likely enough and proves to be an edit."""
    likely = []
    for each in best:
        kind = calibration.kinds.get(each.kind)
        if kind and kind.on and (confidence := kind.probability(each.about)) >= kind.threshold:
            likely.append((confidence, each, kind))
    for confidence, each, kind in sorted(likely, key=lambda row: -row[0]):
        finding = finding_of(scene, file, each, kind, confidence)
        edit = finding.fixes[0].edits[0]
        text = file.index.text
        if not objection(file.index, text[: edit.start] + edit.text + text[edit.end :]):
            return [finding]
    return []


def finding_of(scene: Scene, file: File, found: Candidate, kind: KindCalibration, confidence: float) -> Finding:
    """A rewrite as a finding of its file."""
    text = file.index.text
    start, end = scene.part.offset(found.start), scene.part.offset(found.end)
    was = text[start:end]
    shown = _WORD.match(text, start) if start == end else None
    return Finding(
        origin="bugs",
        code=found.kind,
        message=message(found, was),
        start=start,
        end=shown.end() if shown else max(end, start + 1),
        severity="hint",
        fixes=(Fix(title(found, was), (Edit(start, end, found.text),), safe=False),),
        confidence=confidence,
        reasoning=reasoning(found, kind, confidence),
    )
