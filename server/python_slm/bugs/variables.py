"""``total / count`` where ``total / index`` was meant: another variable with a value there."""

from __future__ import annotations

import ast
from collections import Counter
from math import log1p
from typing import TYPE_CHECKING

from python_slm.bugs.facts import alike
from python_slm.bugs.scene import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.bugs.code import Place
    from python_slm.bugs.scene import Scene

KIND = "variable-misuse"
_MOST = 8  # alternatives a place, nearest first


def candidates(scene: Scene) -> Iterator[Candidate]:
    """Each local variable that is read, with each of the nearest others."""
    for place in scene.places:
        node, parent = place.node, place.parent
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or place.function is None:
            continue
        unpacked = isinstance(parent, ast.Starred) or (isinstance(parent, ast.keyword) and parent.arg is None)
        if unpacked or (isinstance(parent, ast.Call) and parent.func is node):
            continue
        known = [name for name in scene.code.bound_before(place) if name not in {"self", "cls", "_"}]
        if node.id in known:
            bound = scene.code.bound_at(place)
            shared = _about_place(scene, place)
            start, end = scene.code.span(node)
            others = [name for name in known if name != node.id]
            for name in others[-_MOST:] + [each for each in others[:-_MOST] if not scene.reads[each]]:
                yield Candidate(
                    KIND, start, end, name, *_judged(scene, place, name, {**shared, **_ages(scene, place, name, bound)})
                )


def _about_place(scene: Scene, place: Place) -> dict[str, float]:
    node = place.node
    assert isinstance(node, ast.Name)
    head = Counter(each.id for each in scene.head(node) if isinstance(each, ast.Name))
    return {
        "was_reads": log1p(scene.reads[node.id] - 1),
        "was_only_read": float(scene.reads[node.id] == 1),
        "was_parameter": float(node.id in scene.parameters),
        "was_in_statement": float(head[node.id] > 1),
        "in_test": float(isinstance(place.parent, ast.Compare | ast.BoolOp | ast.If | ast.UnaryOp)),
        "is_base": float(isinstance(place.parent, ast.Attribute | ast.Subscript)),
    }


def _ages(scene: Scene, place: Place, name: str, bound: dict[str, int]) -> dict[str, float]:
    """Which of the two was bound later, how long ago, and whether one is made of the other."""
    node = place.node
    assert isinstance(node, ast.Name)
    line = node.lineno - scene.node.lineno
    was, becomes = (max(0, bound[each] - scene.node.lineno) for each in (node.id, name))
    derived = node.id in scene.sources.get(name, ())
    unread = scene.reads[name] == 0 and name not in scene.parameters and not name.startswith("_")
    newer = becomes > was
    close = alike(node.id, name)
    return {
        "was_age": log1p(line - was),
        "becomes_age": log1p(line - becomes),
        "newer": float(newer),
        "derived": float(derived),
        "derived_unread": float(derived and unread),
        "unread_local": float(unread),
        "unread_newer": float(unread and newer),
        "unread_alike": close * unread,
        "newer_alike": close * newer,
        "unread_fits": float(
            scene.reads[name] == 0 and alike(scene.role(node), name) > alike(scene.role(node), node.id)
        ),
    }


def _judged(scene: Scene, place: Place, name: str, shared: dict[str, float]) -> tuple[dict[str, float], str]:
    node = place.node
    assert isinstance(node, ast.Name)
    twins = _twins(place, node)
    head = {each.id for each in scene.head(node) if isinstance(each, ast.Name)}
    used = _use(place, name, scene) - _use(place, node.id, scene, own=1)
    about = {
        **shared,
        **scene.agreement(node, node.id, name),
        "becomes_reads": log1p(scene.reads[name]),
        "becomes_unread": float(scene.reads[name] == 0),
        "unread_parameter": float(scene.reads[name] == 0 and name in scene.parameters),
        "becomes_parameter": float(name in scene.parameters),
        "becomes_in_statement": float(name in head),
        "alike": alike(node.id, name),
        "used_so": used,
        "meets_itself": float(_meets_itself(place, node)),
        "twin_now": float(node.id in twins),
        "twin_then": float(name in twins),
    }
    clue = ""
    if about["role_exact"]:
        clue = f"`{name}` is what it is given to is called"
    elif about["becomes_unread"]:
        clue = f"`{name}` has a value here that nothing reads"
    elif about["twin_now"] and not about["twin_then"]:
        clue = f"`{node.id}` meets itself here"
    return about, clue


def _meets_itself(place: Place, node: ast.Name) -> bool:
    """Whether a name is compared with, subtracted from or divided by itself."""
    parent = place.parent
    if isinstance(parent, ast.Compare) and len(parent.ops) == 1:
        sides = [parent.left, parent.comparators[0]]
    elif isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Sub | ast.Div | ast.FloorDiv | ast.Mod):
        sides = [parent.left, parent.right]
    elif isinstance(parent, ast.BoolOp):
        return sum(isinstance(each, ast.Name) and each.id == node.id for each in parent.values) > 1
    else:
        return False
    return all(isinstance(each, ast.Name) and each.id == node.id for each in sides)


def _twins(place: Place, node: ast.Name) -> set[str]:
    """Names that stand beside a name as its equals: the other operand, other arguments."""
    parent = place.parent
    if isinstance(parent, ast.Compare):
        beside = [parent.left, *parent.comparators]
    elif isinstance(parent, ast.BinOp):
        beside = [parent.left, parent.right]
    elif isinstance(parent, ast.BoolOp):
        beside = parent.values
    elif isinstance(parent, ast.Call):
        beside = [*parent.args, *(each.value for each in parent.keywords)]
    else:
        return set()
    return {each.id for each in beside if isinstance(each, ast.Name) and each is not node}


def _use(place: Place, name: str, scene: Scene, own: int = 0) -> float:
    """How often the file uses a name as it would be used here: with this attribute, or subscripted."""
    if isinstance(place.parent, ast.Attribute):
        return log1p(max(0, scene.facts.triples[name, ".", place.parent.attr] - own))
    if isinstance(place.parent, ast.Subscript) and place.parent.value is place.node:
        return log1p(max(0, scene.facts.pairs[name, "["] - own))
    return 0.0
