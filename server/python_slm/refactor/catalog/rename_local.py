"""Rename local: a variable of a function or comprehension gets another name wherever it is meant, nowhere else."""

from __future__ import annotations

import ast
import keyword
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import Code, same
from python_slm.refactor.plan import Plan
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.syntax.occurrences import Occurrence

EXAMPLES = (
    ("def f():\n    ⟦x⟧ = 1; é = 'é' + x\n    return x\n", "def f():\n    new = 1; é = 'é' + new\n    return new\n"),
    (
        "def f(x):\n    y = [⟦x⟧ for x in x]\n    return x\n",
        "def f(x):\n    y = [new for new in x]\n    return x\n",
    ),
    (
        "def f():\n    ⟦x⟧ = 1\n    def g():\n        nonlocal x\n        x += 1\n    class A:\n        x = 1\n",
        "def f():\n    new = 1\n    def g():\n        nonlocal new\n        new += 1\n    class A:\n        x = 1\n",
    ),
    (
        "def f():\n    try:\n        import a as ⟦x⟧\n    except E as x:\n        print(f'{x}', x.x, x=x)\n",
        "def f():\n    try:\n        import a as new\n    except E as new:\n        print(f'{new}', new.x, x=new)\n",
    ),
    ("f = lambda *⟦x⟧: x\n", "f = lambda *new: new\n"),
    ("def f(a):\n    if (⟦x⟧ := a):\n        del x\n", "def f(a):\n    if (new := a):\n        del new\n"),
    ("def f(a):\n    for x in a:\n        return ⟦x⟧ # x\n", "def f(a):\n    for new in a:\n        return new # x\n"),
)
REFUSED = (
    ("def f(⟦x⟧):\n    return x\n", "by name"),
    ("⟦x⟧ = 1\n", "of a function"),
    ("def f():\n    ⟦x⟧ = 1\n    return locals()\n", "locals"),
    ("def f():\n    new = ⟦x⟧ = 1\n", "taken"),
    ("def f():\n    ⟦x⟧ = 1\n    return f'{x=}'\n", "f-string"),
    ("def f():\n    import ⟦x⟧\n    return x\n", "variable"),
)
NEW_NAME = "new"
_DYNAMIC = {"locals", "vars", "eval", "exec", "dir"}


class RenameLocal:
    """Parameters that callers may name, attributes, and names of modules and classes are refused."""

    name = "rename-local"
    kind = "refactor.rewrite"
    title = "Rename local variable"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        at = code.scopes.at(_name(code))
        if at.home.kind not in {"function", "comprehension"}:
            raise RefusedError("it is not a variable of a function")
        everywhere = code.scopes.of(at.name, at.home)
        _require_free(code, at, everywhere)
        new = code.fresh(f"{at.name}_")
        if keyword.iskeyword(new) or not new.isidentifier():
            raise RefusedError("the new name is a keyword, or none at all")
        edits = {_edit(code, one, new) for one in everywhere}
        if not same(_renamed(code, everywhere, new), code.becomes(*edits)):
            raise RefusedError("it cannot be told where all of its places are, as in an f-string")
        return Plan(tuple(edits))


def _name(code: Code) -> ast.AST:
    try:
        return code.name_at_selection()
    except RefusedError:
        found = [one for one in code.scopes.occurrences if not isinstance(one.node, ast.Name | ast.arg)]
        for one in found:
            if one.how == "store" and isinstance(one.node, ast.alias | ast.ExceptHandler | ast.MatchAs):
                edit = _edit(code, one, "")
                if edit.start <= code.start and code.end <= edit.end:
                    return one.node
        raise


def _require_free(code: Code, at: Occurrence, everywhere: list[Occurrence]) -> None:
    if at.name.startswith("__"):
        raise RefusedError("a class may change names that begin with two underscores")
    for one in everywhere:
        if isinstance(one.node, ast.alias) and not one.node.asname:
            raise RefusedError("it is the name of a module, not a variable")
        if isinstance(one.node, ast.arg) and not _nameless(code, one.node):
            raise RefusedError("callers may pass the parameter by name")
    inside = {one.id for one in ast.walk(at.home.node) if isinstance(one, ast.Name)}
    if inside & _DYNAMIC:
        raise RefusedError("the function asks for its variables by name, as locals does")


def _nameless(code: Code, node: ast.arg) -> bool:
    arguments = code.parents[node]
    assert isinstance(arguments, ast.arguments)
    return node in arguments.posonlyargs or node in {arguments.vararg, arguments.kwarg}


def _edit(code: Code, one: Occurrence, new: str) -> Edit:
    """Where a name stands within its node."""
    start, end = code.span(one.node)
    if isinstance(one.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        start = code.offset(one.node.lineno, one.node.col_offset)
    word = re.compile(rf"(?<!\w){re.escape(one.name)}(?!\w)")
    found = list(word.finditer(code.text, start, end))
    if isinstance(one.node, ast.ExceptHandler):
        end = code.span(one.node.body[0])[0]
        found = list(re.compile(rf"(?<=\bas)\s+({re.escape(one.name)})(?!\w)").finditer(code.text, start, end))
        return Edit(*found[0].span(1), new) if found else Edit(start, start, new)
    if not found:
        raise RefusedError("it cannot be told where all of its places are, as in an f-string")
    last = isinstance(one.node, ast.alias | ast.MatchAs | ast.MatchStar)
    return Edit(*found[-1 if last else 0].span(), new)


def _renamed(code: Code, everywhere: list[Occurrence], new: str) -> ast.AST:
    """The tree with the name changed where ``ast`` has it, each node in the field that its kind keeps names in."""
    tree = _copy(code.tree, {one.node for one in everywhere}, everywhere[0].name, new)
    assert isinstance(tree, ast.AST)
    return tree


def _copy(value: object, nodes: set[ast.AST], old: str, new: str) -> object:
    if isinstance(value, list):
        return [_copy(one, nodes, old, new) for one in value]
    if not isinstance(value, ast.AST):
        return value
    fields = {name: _copy(one, nodes, old, new) for name, one in ast.iter_fields(value)}
    if value in nodes:
        for name in ("id", "arg", "name", "asname", "rest"):
            if fields.get(name) == old and not (name == "name" and isinstance(value, ast.alias)):
                fields[name] = new
        if isinstance(value, ast.Global | ast.Nonlocal):
            fields["names"] = [new if one == old else one for one in value.names]
    return type(value)(**fields)


REFACTORING = RenameLocal()
