"""Pairs → rows of numbers: the buggy function, the mended one, and others of its file that nobody complained of.

Rewrites of most kinds are everywhere, so one other function of a file must do. Those that names give away are rare: the
whole file is searched for them, so that what is said of false alarms holds for whole files.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from python_slm.bugs import arguments, copies, operators, words
from python_slm.bugs.assess import File, assess
from python_slm.bugs.candidates import candidates
from python_slm.bugs.scene import scenes
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from python_slm.bugs.scene import Candidate, Scene
    from python_slm.bugs.scorer import Scorer

_CLEAN = 1  # functions of the mended file beside the mended one
_MOST_LINES = 100
RARE_SORTS = (copies, words, arguments, operators)
_GIVEN_AWAY = ("undefined", "across_both", "identity_of_literal", "whole_needed", "opposite")


def rows_of(
    pair: Mapping[str, Any],
    scorer: Scorer,
    screen: Callable[[Candidate], float],
    *,
    clean: int = _CLEAN,
    mended: Collection[tuple[str, ...]] = (),
) -> Iterator[dict[str, Any]]:
    """Records ``role`` (buggy, fixed, clean, rest), ``lines``, ``rewrites``: ``kind``, ``right``, ``best``, numbers.

    ``mended`` are (repository, path, line, mended line) of all known fixes: what one of them mends elsewhere in a file,
    at another time, is no false alarm and no row.
    """
    about = {name: pair[name] for name in ("repo", "revision", "kind", "strict", "tested")}
    buggy = File.of(BlockIndex.of(pair["before"]), pair["path"])
    scene = _at(buggy, pair["start"])
    if scene is None or scene.lines > _MOST_LINES:
        return
    right = (pair["start"], pair["end"], pair["text"])
    yield {**about, "role": "buggy", **_row(scene, buggy, scorer, screen, right)}
    fixed = File.of(BlockIndex.of(pair["after"]), pair["path"])
    same = _at(fixed, pair["start"])
    if same is None:
        return
    yield {**about, "role": "fixed", **_row(same, fixed, scorer, screen, None)}
    others = [
        each
        for part in fixed.facts.parts
        for each in scenes(part, fixed.facts)
        if each.span != same.span and each.lines <= _MOST_LINES
    ]
    drawn = random.Random(pair["revision"]).sample(others, min(clean, len(others)))  # noqa: S311 - data
    for each in drawn:
        yield {**about, "role": "clean", **_row(each, fixed, scorer, screen, None)}
    for each in others:
        rare = [one for one in candidates(each, RARE_SORTS) if is_rare(one)] if each not in drawn else []
        if rare and not any((pair["repo"], pair["path"], *lines_of(each, one)) in mended for one in rare):
            yield {**about, "role": "rest", **_row(each, fixed, scorer, screen, None), "lines": 0}
    yield {**about, "role": "rest", "lines": sum(each.lines for each in others if each not in drawn), "rewrites": []}


def lines_of(scene: Scene, found: Candidate) -> tuple[str, str]:
    """The line of a rewrite, as it is and rewritten, without blanks around."""
    text = scene.code.text
    return changed_line(text, found.start, found.end, found.text)


def changed_line(text: str, start: int, end: int, new: str) -> tuple[str, str]:
    """The lines around ``start:end``, as they are and with ``new`` there."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = last if last >= 0 else len(text)
    return text[first:last].strip(), (text[first:start] + new + text[end:last]).strip()


def is_rare(found: Candidate) -> bool:
    """Whether a rewrite is one that a file has few of."""
    return found.kind in {"copy-paste-slip", "missing-await"} or any(found.about.get(name) for name in _GIVEN_AWAY)


def _row(
    scene: Scene,
    file: File,
    scorer: Scorer,
    screen: Callable[[Candidate], float],
    right: tuple[int, int, str] | None,
) -> dict[str, Any]:
    found = assess(scene, file, scorer, screen, lambda: False)
    assert found is not None
    whole = {_place(scene, each): each for each in found.best}
    rewrites = []
    for each in found.all:
        known = whole.get(_place(scene, each), each)
        numbers = {name: round(value, 3) for name, value in known.about.items() if value}
        rewrites.append(
            [
                each.kind,
                int(_place(scene, each) == right),
                int(known is not each),
                numbers,
            ]
        )
    return {"lines": scene.lines, "rewrites": rewrites}


def _place(scene: Scene, found: Candidate) -> tuple[int, int, str]:
    return scene.part.offset(found.start), scene.part.offset(found.end), found.text


def _at(file: File, offset: int) -> Scene | None:
    for part in file.facts.parts:
        if part.block.start <= offset <= part.block.end:
            for scene in scenes(part, file.facts):
                start, end = map(part.offset, scene.span)
                if start <= offset <= end:
                    return scene
    return None
