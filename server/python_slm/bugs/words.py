"""A word forgotten: ``if ready`` for ``if not ready``, ``fetch()`` for ``await fetch()``, ``x`` for ``self.x``."""

from __future__ import annotations

import ast
import builtins
from math import log1p
from typing import TYPE_CHECKING

from python_slm.bugs.facts import called_name
from python_slm.bugs.scene import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.bugs.code import Place
    from python_slm.bugs.scene import Scene

NOT, SELF, AWAIT = "missing-not", "missing-self", "missing-await"
_ONCE_BUILTIN = frozenset(
    {"apply", "basestring", "buffer", "cmp", "execfile", "file", "intern", "long", "raw_input", "reduce", "reload",
     "unichr", "unicode", "xrange"}
)  # fmt: skip
"""Names that Python 2 knew."""
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


def candidates(scene: Scene) -> Iterator[Candidate]:
    """Tests with and without ``not``, names that are attributes too, calls of coroutines."""
    for place in scene.places:
        yield from _nots(scene, place)
        yield from _selves(scene, place)
        yield from _awaits(scene, place)


def _nots(scene: Scene, place: Place) -> Iterator[Candidate]:
    node, parent = place.node, place.parent
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        start, end = scene.code.span(node)[0], scene.code.span(node.operand)[0]
        if scene.code.text[start:end].split() == ["not"]:
            yield Candidate(NOT, start, end, "", {"removes": 1.0, **_about_test(scene, node)})
    tests = isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node
    if isinstance(node, _PLAIN) and (tests or isinstance(parent, ast.BoolOp | ast.Assert)):
        if isinstance(parent, ast.BoolOp) and not _is_tested(scene, parent):
            return
        start = scene.code.span(node)[0]
        yield Candidate(NOT, start, start, "not ", {"adds": 1.0, **_about_test(scene, node)})


def _is_tested(scene: Scene, node: ast.AST) -> bool:
    """Whether an ``and`` or ``or`` decides something, and is no default value."""
    parent = scene.parents.get(node)
    while isinstance(parent, ast.BoolOp | ast.UnaryOp):
        node, parent = parent, scene.parents.get(parent)
    return isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) and parent.test is node


def _about_test(scene: Scene, node: ast.expr) -> dict[str, float]:
    parent = scene.parents.get(node)
    plain = node.operand if isinstance(node, ast.UnaryOp) else node
    name = ast.unparse(plain)
    body = parent.body if isinstance(parent, ast.If) and parent.test is node else []
    used = [each for statement in body for each in ast.walk(statement)]
    uses = sum(ast.unparse(each) == name for each in used if type(each) is type(plain) and isinstance(each, _PLAIN))
    first = body[0] if body else None
    gives = any(
        isinstance(each, ast.Assign) and any(ast.unparse(target) == name for target in each.targets) for each in body
    )
    return {
        "used_within": float(uses > 0),
        "leaves": float(isinstance(first, ast.Return | ast.Raise | ast.Continue | ast.Break)),
        "raises": float(isinstance(first, ast.Raise)),
        "gives_value": float(gives),
        "has_else": float(isinstance(parent, ast.If) and bool(parent.orelse)),
        "call": float(isinstance(plain, ast.Call)),
        "whole_test": float(not isinstance(parent, ast.BoolOp)),
    }


def _selves(scene: Scene, place: Place) -> Iterator[Candidate]:
    node = place.node
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or scene.parameters[:1] != ["self"]:
        return
    attributes = scene.facts.attributes[node.id]
    if not attributes or node.id == "self" or (isinstance(place.parent, ast.keyword) and place.parent.arg == node.id):
        return
    known = node.id in scene.code.bound_before(place)
    facts = scene.facts
    elsewhere = (
        node.id in facts.globals or node.id in scene.bound or hasattr(builtins, node.id) or node.id in _ONCE_BUILTIN
    )
    undefined = not known and not elsewhere and "*" not in facts.imported
    start = scene.code.span(node)[0]
    about = {
        "attributes": log1p(attributes),
        "bound": float(known),
        "undefined": float(undefined),
        "parameter": float(node.id in scene.parameters),
        "self_uses": log1p(scene.facts.triples["self", ".", node.id]),
        "bare_uses": log1p(scene.reads[node.id] - 1),
        "called": float(isinstance(place.parent, ast.Call) and place.parent.func is node),
    }
    clue = f"`self.{node.id}` exists, and nothing else is called `{node.id}`" if undefined else ""
    yield Candidate(SELF, start, start, "self.", about, clue)


def _awaits(scene: Scene, place: Place) -> Iterator[Candidate]:
    node = place.node
    if not isinstance(node, ast.Call) or not isinstance(place.function, ast.AsyncFunctionDef):
        return
    name = called_name(node)
    defined, awaited = name in scene.facts.coroutines, scene.facts.awaited[name]
    taken = isinstance(
        place.parent,
        ast.Await | ast.Call | ast.Return | ast.Starred | ast.Lambda | ast.keyword,
    )
    if taken or not (defined or awaited) or _is_context(scene, node):
        return
    start = scene.code.span(node)[0]
    about = {
        "defined": float(defined),
        "defined_plain": float(name in scene.facts.plain),
        "own": float(isinstance(node.func, ast.Name) or _on_self(node.func)),
        "awaited": log1p(awaited),
        "not_awaited": log1p(max(0, scene.facts.called[name] - awaited - 1)),
        "result_unused": float(isinstance(place.parent, ast.Expr)),
    }
    clue = f"`{name}` is a coroutine of this file" if defined else f"`{name}` is awaited elsewhere in the file"
    yield Candidate(AWAIT, start, start, "await ", about, clue)


def _on_self(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id in {"self", "cls"}


def _is_context(scene: Scene, node: ast.AST) -> bool:
    """Whether ``async with`` or ``async for`` takes the call as it is."""
    parent = scene.parents.get(node)
    if isinstance(parent, ast.withitem):
        return True
    return isinstance(parent, ast.AsyncFor | ast.comprehension) and parent.iter is node
