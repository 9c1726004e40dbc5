"""``self.width = width; self.height = width``: a line was copied, and one word of it not changed along.

Two neighbours (statements, conditions, operands, arguments, elements) have as many words each, most of them the same,
and differ by a change that one more place did not follow.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from keyword import iskeyword
from typing import TYPE_CHECKING

from python_slm.bugs.scene import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.bugs.scene import Scene

KIND = "copy-paste-slip"
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|\w+|[^\w\s]")
_WORD = re.compile(r"[^\W\d]\w*")
_NO_WORDS = frozenset({"self", "cls", "_"})
_LONGEST = 400  # characters
_FEWEST = 4  # tokens that two neighbours share, at least


def candidates(scene: Scene) -> Iterator[Candidate]:
    """Words of either of two neighbours that did not change along with the others."""
    for first, second in _neighbours(scene):
        yield from _slips(scene, first, second, second_is_copy=True)
        yield from _slips(scene, second, first, second_is_copy=False)


def _neighbours(scene: Scene) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Spans of things that stand beside each other."""
    for node in ast.walk(scene.node):
        for row in _rows(node):
            for one, other in pairwise(row):
                if type(one) is type(other):
                    yield _span(scene, one), _span(scene, other)


def _rows(node: ast.AST) -> list[Sequence[ast.AST]]:
    """What stands beside each other in a node."""
    rows: list[Sequence[ast.AST]] = [
        body for name in ("body", "orelse") if isinstance(body := getattr(node, name, None), list)
    ]
    match node:
        case ast.BoolOp():
            rows.append(node.values)
        case ast.BinOp():
            rows.append([node.left, node.right])
        case ast.List() | ast.Tuple() | ast.Set():
            rows.append(node.elts)
        case ast.Call():
            rows.append(node.args)
        case ast.If(orelse=[ast.If() as other]):
            rows.append([node, other])
        case _:
            pass
    return rows


def _span(scene: Scene, node: ast.AST) -> tuple[int, int]:
    """Of a condition with its body, the part before ``else``."""
    start, end = scene.code.span(node)
    if isinstance(node, ast.If):
        end = scene.code.span(node.body[-1])[1]
        start = scene.code.span(node.test)[0]
    return start, end


def _slips(
    scene: Scene,
    first: tuple[int, int],
    second: tuple[int, int],
    *,
    second_is_copy: bool,
) -> Iterator[Candidate]:
    if max(first[1] - first[0], second[1] - second[0]) > _LONGEST:
        return
    text = scene.code.text
    if "#" in text[slice(*first)] + text[slice(*second)]:
        return
    theirs = [each[0] for each in _TOKEN.finditer(text, *first)]
    ours = list(_TOKEN.finditer(text, *second))
    if len(theirs) != len(ours) or len(ours) < _FEWEST:
        return
    pairs = [(copied, mine[0]) for copied, mine in zip(theirs, ours, strict=True)]
    differ = [(copied, mine) for copied, mine in pairs if copied != mine]
    if not differ or len(differ) > len(pairs) // 2 or not all(_both_words(*pair) for pair in differ):
        return
    for place, (copied, mine) in enumerate(pairs):
        if copied == mine and _WORD.fullmatch(mine) and not iskeyword(mine):
            for text_then, whole in _followed(mine, differ):
                if iskeyword(text_then) or not _means_something(scene, pairs, place, text_then):
                    continue
                about, clue = _judged(scene, pairs, place, text_then, whole=whole)
                about["second"] = float(second_is_copy)
                yield Candidate(KIND, ours[place].start(), ours[place].end(), text_then, about, clue)


def _both_words(one: str, other: str) -> bool:
    quoted = one[0] in "\"'" and other[0] in "\"'"
    return quoted or bool(_WORD.fullmatch(one) and _WORD.fullmatch(other)) or (one.isdigit() and other.isdigit())


def _followed(word: str, differ: list[tuple[str, str]]) -> Iterator[tuple[str, bool]]:
    """What ``word`` becomes by the changes that others made: as a whole, or the part of it that changed elsewhere."""
    seen = set()
    for copied, mine in differ:
        if word == copied:
            becomes, whole = mine, True
        else:
            part, other = differing(copied.strip("\"'"), mine.strip("\"'"))
            if (
                not part
                or not other
                or word == part
                or not re.search(rf"(?:^|_|(?<=[a-z])(?=[A-Z])){re.escape(part)}(?:_|$|\d)", word)
            ):
                continue
            becomes, whole = word.replace(part, other), False
        if becomes != word and _WORD.fullmatch(becomes) and becomes not in seen:
            seen.add(becomes)
            yield becomes, whole


def _means_something(scene: Scene, pairs: list[tuple[str, str]], place: int, becomes: str) -> bool:
    """Whether the rewritten word is a name there, and the change is more than the name of what is assigned."""
    word = pairs[place][1]
    if not {word, becomes}.isdisjoint(_NO_WORDS):
        return False
    beside = pairs[place - 1][1] if place else ""
    if beside == ".":
        return scene.facts.pairs[".", becomes] > 0
    if becomes not in scene.bound and becomes not in scene.facts.globals:
        return False
    changed = [at for at, (copied, mine) in enumerate(pairs) if (copied, mine) == (word, becomes)]
    target = changed == [0] and len(pairs) > 1 and pairs[1][1] in {"=", ","}
    return not target


def _judged(
    scene: Scene, pairs: list[tuple[str, str]], place: int, becomes: str, *, whole: bool
) -> tuple[dict[str, float], str]:
    word = pairs[place][1]
    differ = [pair for pair in pairs if pair[0] != pair[1]]
    same_word = sum(copied == word for copied, _ in pairs)
    followed = sum(copied == word and mine == becomes for copied, mine in pairs)
    beside = pairs[place - 1][1] if place else ""
    about = {
        "whole": float(whole),
        "changed": float(len(differ)),
        "share": len(differ) / len(pairs),
        "tokens": float(min(len(pairs), 30)),
        "followed": float(followed),
        "kept": float(same_word - followed),
        "attribute": float(beside == "."),
        "called": float(place + 1 < len(pairs) and pairs[place + 1][1] == "("),
        "known": float(scene.facts.pairs[".", becomes] > 0 if beside == "." else scene.reads[becomes] > 0),
        "last": float(place > len(pairs) // 2),
    }
    copied, mine = differ[0]
    return about, f"beside it `{copied}` became `{mine}`, and `{word}` stayed"


def differing(one: str, other: str) -> tuple[str, str]:
    """The parts by which two words differ: ``min_x``, ``min_y`` → ``x``, ``y``."""
    head = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    one, other = one[head:], other[head:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return one, other
