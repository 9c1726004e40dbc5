"""``items[i]`` where ``items[i + 1]`` was meant, ``range(n)`` where ``range(n - 1)``, ``[1:]`` where ``[2:]``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.bugs.scene import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.bugs.code import Place
    from python_slm.bugs.scene import Scene

KIND = "off-by-one"
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


def candidates(scene: Scene) -> Iterator[Candidate]:
    """Integers that count, one more or less; a one that is added or taken away, or that is not."""
    for place in scene.places:
        node = place.node
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) and _is_one(node.right):
            yield Candidate(
                KIND,
                scene.code.span(node.left)[1],
                scene.code.span(node)[1],
                "",
                {"drops_one": 1.0},
            )
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            counts = _counts(place)
            if counts and abs(node.value) < 100:  # noqa: PLR2004  # larger ones are data
                start, end = scene.code.span(node)
                about = {counts: 1.0, "value": float(min(node.value, 5))}
                yield Candidate(KIND, start, end, str(node.value + 1), {**about, "one_more": 1.0})
                if node.value > 0:
                    yield Candidate(
                        KIND,
                        start,
                        end,
                        str(node.value - 1),
                        {**about, "one_less": 1.0},
                    )
        elif isinstance(node, _PLAIN) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and _bounds(place):
            end = scene.code.span(node)[1]
            for text in (" + 1", " - 1"):
                yield Candidate(
                    KIND,
                    end,
                    end,
                    text,
                    {"adds_one": 1.0, f"adds{text}": 1.0, _bounds(place): 1.0},
                )


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 1


def _bounds(place: Place) -> str:
    """What an expression bounds or indexes; empty when nothing."""
    parent = place.parent
    if isinstance(parent, ast.Slice):
        return "" if parent.step is place.node else "slice"
    if isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "range":
        return "range" if place.node in parent.args else ""
    if isinstance(parent, ast.Subscript) and parent.slice is place.node and isinstance(place.node, ast.Name):
        return "index"
    return ""


def _counts(place: Place) -> str:
    """Where an integer is an index, a bound of a slice or range, or is compared with a length; empty elsewhere."""
    parent = place.parent
    if isinstance(parent, ast.Slice):
        return "" if parent.step is place.node else "slice"
    if isinstance(parent, ast.Subscript):
        return "index" if parent.slice is place.node and "version" not in ast.dump(parent.value) else ""
    if isinstance(parent, ast.Compare):
        long = any(isinstance(each, ast.Call) and getattr(each.func, "id", "") == "len" for each in ast.walk(parent))
        return "length" if long else "compared"
    if isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "range":
        return "range"
    return "added" if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add | ast.Sub) else ""
