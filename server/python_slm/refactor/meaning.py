"""What a piece of code can do, as far as its text tells: its opposite, whether it leaves, which type it has.

Taken to be harmless, here as in ``order``: reading variables, comparing them, and asking whether something is true.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS
from python_slm.refactor.order import NOTHING, effect
from python_slm.syntax.flow import swallows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.refactor.code import Code
    from python_slm.syntax.occurrences import Occurrence

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_BOOLEAN = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_OWN_FRAME = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
_STRING_METHODS = {
    "capitalize", "casefold", "center", "expandtabs", "format", "join", "ljust", "lower", "lstrip", "removeprefix",
    "removesuffix", "replace", "rjust", "rstrip", "strip", "swapcase", "title", "upper", "zfill",
}  # fmt: skip


def opposite(test: ast.expr, *, exact: bool = False) -> ast.expr:
    """What is true where ``test`` is not; ``exact``: only what is a ``bool`` in any case. Orders get a ``not``."""
    is_not = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    if isinstance(test, ast.UnaryOp) and is_not and (not exact or is_boolean(test.operand)):
        return test.operand
    known = isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _OPPOSITE
    if isinstance(test, ast.Compare) and known and (not exact or isinstance(test.ops[0], _BOOLEAN)):
        return ast.Compare(test.left, [_OPPOSITE[type(test.ops[0])]()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)


def is_boolean(node: ast.expr) -> bool:
    """Whether an expression is certainly True or False, whatever is in it."""
    if isinstance(node, ast.BoolOp):
        return all(map(is_boolean, node.values))
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and isinstance(node.ops[0], _BOOLEAN)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def only_truth_counts(code: Code, node: ast.expr) -> bool:
    """Whether nobody asks of an expression but whether it is true."""
    inner: ast.AST = node
    for outer in code.around(node):
        if isinstance(outer, ast.If | ast.While | ast.IfExp | ast.Assert):
            return inner is outer.test
        if isinstance(outer, ast.comprehension):
            return inner in outer.ifs
        if isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not):
            return True
        if not isinstance(outer, ast.BoolOp):
            return isinstance(outer, ast.match_case) and inner is outer.guard
        inner = outer
    return False


def is_settled(node: ast.expr) -> bool:
    """Whether evaluating changes and raises nothing, and may be left out: variables, compared."""
    if isinstance(node, ast.BoolOp):
        return all(map(is_settled, node.values))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and is_settled(node.operand)
    if isinstance(node, ast.Compare):
        kinds = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
        return all(isinstance(one, kinds) for one in node.ops) and all(map(is_settled, [node.left, *node.comparators]))
    return effect(node) == NOTHING


def is_path(node: ast.expr) -> bool:
    """``a``, ``a.b``, ``a.b.c``, or a constant: what may be read twice as well as once."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name | ast.Constant)


def leaves(statements: Sequence[ast.stmt]) -> bool:
    """Whether no execution goes on behind them."""
    last = statements[-1] if statements else None
    if isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return True
    if isinstance(last, ast.If):
        return bool(last.orelse) and leaves(last.body) and leaves(last.orelse)
    return False


def own(*nodes: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run in the same frame, functions and classes inside without their bodies."""
    for node in nodes:
        yield node
        for name, value in ast.iter_fields(node):
            if isinstance(node, _OWN_FRAME) and name == "body":
                continue
            yield from own(
                *(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST))
            )


def jumps(nodes: Sequence[ast.AST], *kinds: type[ast.Break | ast.Continue]) -> bool:
    """Whether a ``break`` or ``continue`` in a loop's body is that loop's own."""
    for node in nodes:
        if isinstance(node, kinds):
            return True
        if isinstance(node, _OWN_FRAME):
            continue
        inside = [
            child
            for name, value in ast.iter_fields(node)
            if isinstance(value, list) and not (isinstance(node, _LOOPS) and name == "body")
            for child in value
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        ]
        if jumps(inside, *kinds):
            return True
    return False


def is_builtin(code: Code, name: str) -> bool:
    """Whether the file gives a builtin's name to nothing else."""
    if any(one.name == name and one.how != "load" for one in code.scopes.occurrences):
        return False
    return not any(name in block.piece.outline.names for block in code.index.blocks)


def require_builtin(code: Code, name: str) -> None:
    """Raises RefusedError where the file gives the builtin's name to something else."""
    if not is_builtin(code, name):
        raise RefusedError(f"{name} may be something else here than the builtin")


def function_of(code: Code, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """The function around; raises RefusedError elsewhere, and where it asks for its variables by name."""
    function = code.function(node)
    if function is None:
        raise RefusedError("only in a function is it certain who else reads its variables")
    names = {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}
    if names & {"locals", "vars", "eval", "exec", "dir"}:
        raise RefusedError("the function asks for its variables by name, as locals does")
    return function


def outside(code: Code, name: str, where: ast.AST, nodes: Sequence[ast.AST]) -> list[Occurrence]:
    """Occurrences of the variable that ``name`` is in the function ``where``, but for those within ``nodes``."""
    inside = {one for node in nodes for one in ast.walk(node)}
    home = code.scopes.of_node[where].home(name)
    return [one for one in code.scopes.of(name, home) if one.node not in inside]


def require_own(code: Code, name: str, function: ast.AST) -> None:
    """Raises RefusedError unless ``name`` is the function's variable, and no function inside shares it."""
    scope = code.scopes.of_node[function]
    if scope.home(name) is not scope:
        raise RefusedError("the variable is not the function's own")
    if any(one.scope is not scope and one.scope.kind != "comprehension" for one in code.scopes.of(name, scope)):
        raise RefusedError("a function inside uses the variable")


def require_not_tried(code: Code, statement: ast.stmt, name: str, function: ast.AST) -> None:
    """Raises RefusedError where an exception halfway would leave a variable half done, and somebody sees it."""
    for one in code.around(statement):
        tried = [*one.body, *one.orelse] if isinstance(one, ast.Try | ast.TryStar) else [one]
        stops = isinstance(one, ast.Try | ast.TryStar) or swallows(one)
        if stops and outside(code, name, function, tried):
            raise RefusedError("after an exception halfway, the variable would have another value")
        if one is function:
            return


def certain_type(code: Code, node: ast.expr, depth: int = 0) -> str:  # noqa: C901, PLR0911 - a table
    """``int``, ``float``, ``str`` or ``bool``, where an expression is certainly one; else empty."""
    if isinstance(node, ast.Constant):
        kind = type(node.value).__name__
        return kind if kind in {"int", "float", "str", "bool"} else ""
    if isinstance(node, ast.JoinedStr):
        return "str"
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in {"len", "int", "float", "str", "repr", "ord"}:
            kind = {"len": "int", "ord": "int", "repr": "str"}.get(node.func.id, node.func.id)
            return kind if is_builtin(code, node.func.id) else ""
        if isinstance(node.func, ast.Attribute) and node.func.attr in _STRING_METHODS:
            return "str" if certain_type(code, node.func.value, depth) == "str" else ""
        return ""
    if isinstance(node, ast.IfExp):
        kinds = {certain_type(code, one, depth) for one in (node.body, node.orelse)}
        return kinds.pop() if len(kinds) == 1 else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, _ARITHMETIC):
        left, right = (certain_type(code, one, depth) for one in (node.left, node.right))
        if {left, right} == {"str", "int"} and isinstance(node.op, ast.Mult):
            return "str"
        if left == right == "str":
            return "str" if isinstance(node.op, ast.Add) else ""
        if {left, right} <= {"int", "float", "bool"}:
            return "float" if "float" in {left, right} else "int"
        return ""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        kind = certain_type(code, node.operand, depth)
        return kind if kind in {"int", "float"} else ""
    if isinstance(node, ast.Name) and depth < 3:  # noqa: PLR2004 - variables made of variables made of variables
        return _type_of_variable(code, node, depth + 1)
    return ""


def _type_of_variable(code: Code, node: ast.Name, depth: int) -> str:
    at = code.scopes.at(node)
    if at.home.kind != "function" or not isinstance(at.home.node, FUNCTIONS):
        return ""
    kinds: set[str] = set()
    for one in code.scopes.of(at.name, at.home):
        if one.how == "load":
            continue
        kinds.add(_type_given(code, one, depth))
    if kinds <= {"int", "float"} and kinds:
        return "float" if "float" in kinds else "int"
    return kinds.pop() if len(kinds) == 1 else ""


def _type_given(code: Code, one: Occurrence, depth: int) -> str:
    """The type of what one binding gives a variable; of an augmented assignment, of its other operand."""
    parent = code.parents.get(one.node)
    if isinstance(one.node, ast.arg):
        return _annotated(one.node.annotation)
    if isinstance(parent, ast.Assign) and one.node in parent.targets:
        rest = parent.value
        mine = isinstance(rest, ast.BinOp) and isinstance(rest.left, ast.Name) and rest.left.id == one.name
        return certain_type(code, rest.right if mine else rest, depth)  # type: ignore[attr-defined]
    if isinstance(parent, ast.AnnAssign) and parent.value is not None:
        return _annotated(parent.annotation)
    if isinstance(parent, ast.AugAssign) and isinstance(parent.op, _ARITHMETIC):
        return certain_type(code, parent.value, depth)
    if isinstance(parent, ast.For) and parent.target is one.node and isinstance(parent.iter, ast.Call):
        function = parent.iter.func
        if isinstance(function, ast.Name) and function.id == "range" and is_builtin(code, "range"):
            return "int"
    return ""


def _annotated(annotation: ast.expr | None) -> str:
    name = annotation.id if isinstance(annotation, ast.Name) else ""
    return name if name in {"int", "float", "str", "bool"} else ""
