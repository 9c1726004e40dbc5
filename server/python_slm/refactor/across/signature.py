"""Change signature: parameters added, removed and reordered in a definition and all of its calls.

rope changes the calls. It knows parameters by their names alone, so the definition's own brackets are written here,
with the annotations that parameters have, or are given.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from rope.base.change import ChangeContents, ChangeSet
from rope.refactor.change_signature import (
    ArgumentAdder,
    ArgumentDefaultInliner,
    ArgumentRemover,
    ArgumentReorderer,
    ChangeSignature,
)

from python_slm.errors import RefusedError

if TYPE_CHECKING:
    from rope.base.project import Project
    from rope.base.resources import File

NOTHING = "rope finds nothing there that it could change"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def change_signature(project: Project, resource: File, offset: int, parameters: str, files: list[File]) -> ChangeSet:
    """The definition at ``offset`` with ``parameters``, and its calls. Raises RefusedError with the reason."""
    changer = ChangeSignature(project, resource, offset)
    home = changer.pyname.get_definition_location()[0].get_resource()
    before = home.read()
    old = _definition(before, changer.name, changer.pyname.get_definition_location()[1])
    new = _parsed(parameters)
    _require_plain(old.args)
    _require_plain(new)
    was, wanted = [one.arg for one in old.args.args], [one.arg for one in new.args]
    if was[:1] in (["self"], ["cls"]) and wanted[:1] != was[:1]:
        raise RefusedError("the first parameter of a method stays")
    if _written(old.args, new) == _written(old.args, old.args):
        raise RefusedError("nothing would change")
    defaults = _defaults(new)
    if any(name not in was and name not in defaults for name in wanted):
        raise RefusedError("a new parameter needs a default, for the calls that there are")
    steps: list[Any] = _inlined(old.args, new)
    steps += [ArgumentRemover(place) for place in reversed(range(len(was))) if was[place] not in wanted]
    kept = [name for name in was if name in wanted]
    for name in wanted:
        if name not in was:
            steps.append(ArgumentAdder(len(kept), name, default=defaults[name]))
            kept.append(name)
    steps.append(ArgumentReorderer([kept.index(name) for name in wanted]))
    changes = changer.get_changes(steps, in_hierarchy=False, resources=files)
    _write_header(changes, home, old, new)
    return changes


def _inlined(old: ast.arguments, new: ast.arguments) -> list[Any]:
    """A parameter that has no default any more is passed by every call."""
    before, after, steps = _defaults(old), _defaults(new), []
    for place, one in enumerate(old.args):
        if one.arg not in before or one.arg not in {each.arg for each in new.args}:
            continue
        if one.arg not in after:
            if not _constant(before[one.arg]):
                raise RefusedError("a default that is computed cannot be written into the calls")
            step = ArgumentDefaultInliner(place)
            step.remove = True
            steps.append(step)
        elif after[one.arg] != before[one.arg]:
            raise RefusedError("another default would change what calls without that argument do")
    return steps


def _write_header(changes: ChangeSet, home: File, old: Function, new: ast.arguments) -> None:
    """The definition's brackets as they are wanted, instead of as rope writes them."""
    for change in changes.changes:
        if isinstance(change, ChangeContents) and change.resource == home:
            text = change.new_contents
            start, end = _brackets(text, old)
            change.new_contents = text[:start] + _written(old.args, new) + text[end:]
            return
    raise RefusedError(NOTHING)


def _written(old: ast.arguments, new: ast.arguments) -> str:
    annotations = {one.arg: one.annotation for one in old.args}
    defaults = _defaults(new)
    texts = []
    for one in new.args:
        annotation = one.annotation or annotations.get(one.arg)
        text = f"{one.arg}: {ast.unparse(annotation)}" if annotation else one.arg
        if one.arg in defaults:
            text += f" = {defaults[one.arg]}" if annotation else f"={defaults[one.arg]}"
        texts.append(text)
    return ", ".join(texts)


def _defaults(arguments: ast.arguments) -> dict[str, str]:
    named = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    return {one.arg: ast.unparse(value) for one, value in zip(named, arguments.defaults, strict=True)}


def _constant(text: str) -> bool:
    return isinstance(ast.parse(text, mode="eval").body, ast.Constant)


def _parsed(parameters: str) -> ast.arguments:
    try:
        (function,) = ast.parse(f"def _({parameters}): ...").body
    except (SyntaxError, ValueError):
        raise RefusedError("the new parameters do not parse") from None
    assert isinstance(function, ast.FunctionDef)
    return function.args


def _require_plain(arguments: ast.arguments) -> None:
    if arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
        raise RefusedError("rope knows plain parameters alone, and these have a star or a slash")


def _definition(text: str, name: str, line: int) -> Function:
    """The function of that name whose ``def`` is nearest to a line."""
    found = [
        one
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name
    ]
    if not found:
        raise RefusedError("only functions and methods have a signature that can be changed")
    return min(found, key=lambda one: abs(one.lineno - line))


def _brackets(text: str, old: Function) -> tuple[int, int]:
    """Where the text between the brackets of the definition lies that rope wrote; it may not parse as it is."""
    headers = re.finditer(rf"\bdef[ \t]+{re.escape(old.name)}[ \t]*(\()", text)
    near = min(headers, key=lambda one: abs(text.count("\n", 0, one.start()) + 1 - old.lineno), default=None)
    if near is None:
        raise RefusedError(NOTHING)
    depth = 0
    for place in range(near.start(1), len(text)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[place], 0)
        if not depth:
            return near.end(1), place
    raise RefusedError(NOTHING)
