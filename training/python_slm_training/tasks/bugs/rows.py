"""Pairs → rows of numbers: the buggy function, the mended one, and others of its file that nobody complained of."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from python_slm.bugs.assess import File, assess
from python_slm.bugs.scene import scenes
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from python_slm.bugs.scene import Candidate, Scene
    from python_slm.bugs.scorer import Scorer

_CLEAN = 1  # functions of the mended file beside the mended one
_MOST_LINES = 100


def rows_of(
    pair: Mapping[str, Any],
    scorer: Scorer,
    screen: Callable[[Candidate], float],
    *,
    clean: int = _CLEAN,
) -> Iterator[dict[str, Any]]:
    """Records ``role`` (buggy, fixed, clean), ``lines``, ``rewrites``: ``kind``, ``right``, ``best``, numbers."""
    about = {name: pair[name] for name in ("repo", "revision", "kind", "strict", "tested")}
    buggy = File.of(BlockIndex.of(pair["before"]), pair["path"])
    scene = _at(buggy, pair["start"])
    if scene is None or scene.lines > _MOST_LINES:
        return
    right = (pair["start"], pair["end"], pair["text"])
    yield {**about, "role": "buggy", **_row(scene, buggy, scorer, screen, right)}
    fixed = File.of(BlockIndex.of(pair["after"]), pair["path"])
    mended = _at(fixed, pair["start"])
    if mended is None:
        return
    yield {**about, "role": "fixed", **_row(mended, fixed, scorer, screen, None)}
    others = [
        each
        for part in fixed.facts.parts
        for each in scenes(part, fixed.facts)
        if each.span != mended.span and each.lines <= _MOST_LINES
    ]
    for each in random.Random(pair["revision"]).sample(others, min(clean, len(others))):  # noqa: S311 - data
        yield {**about, "role": "clean", **_row(each, fixed, scorer, screen, None)}


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
