"""Add annotations: what a function's defaults and returns say of its types themselves."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS, Code
from python_slm.refactor.literal_types import type_of
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import Function, is_stub, own_nodes
from python_slm.syntax.flow import Flow, at_start
from python_slm.syntax.occurrences import parameters
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = (
    ("def ⟦⟧f(x=1, y='a'):\n    print(x, y)\n", "def f(x: int = 1, y: str = 'a') -> None:\n    print(x, y)\n"),
    (
        "def ⟦⟧f(a, *, b = 1.5, c: int = 2) :\n    return a in b\n",
        "def f(a, *, b: float = 1.5, c: int = 2) -> bool :\n    return a in b\n",
    ),
    (
        "class A:\n    def ⟦⟧__init__(self, é=True):\n        self.é = é\n",
        "class A:\n    def __init__(self, é: bool = True) -> None:\n        self.é = é\n",
    ),
    ("async def ⟦⟧f(x=[]):\n    return f'{x}'\n", "async def f(x: list = []) -> str:\n    return f'{x}'\n"),
    (
        "def ⟦⟧f(x,\n      y=b'',  # why\n      ):\n    if x:\n        return 1\n    raise E\n",
        ("def f(x,\n      y: bytes = b'',  # why\n      ) -> int:\n    if x:\n        return 1\n    raise E\n"),
    ),
    ("def ⟦⟧f(x=None, y=0):\n    yield x\n", "def f(x=None, y: int = 0):\n    yield x\n"),
    ("def ⟦⟧f(x=0):\n    if x:\n        return 1\n", "def f(x: int = 0):\n    if x:\n        return 1\n"),
)
REFUSED = (
    ("def ⟦⟧f(x, y=None):\n    return x\n", "say"),
    ("def ⟦⟧f() -> None:\n    pass\n", "say"),
    ("x = ⟦⟧1\n", "first line of a function"),
    ("int = 3\ndef ⟦⟧f(x=1):\n    return x\n", "say"),
    ("class A:\n    def ⟦⟧f(self):\n        raise NotImplementedError\n", "say"),
)
_ENDS = (ast.Return, ast.Raise)


class Annotate:
    """Literals alone: a default of ``None``, a name or a call says nothing certain, and stays without."""

    name = "annotate"
    kind = "refactor.rewrite.annotate"
    title = "Add annotations that the code makes certain"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        function = code.headed(*FUNCTIONS)
        if function is None:
            raise RefusedError("select the first line of a function")
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        wanted = [(one, default, type_of(default)) for one, default in _defaults(function) if one.annotation is None]
        wanted = [one for one in wanted if one[2] not in {"", "None"}]
        returned = _returned(code, function) if function.returns is None else ""
        names = {kind for _, _, kind in wanted} | {returned}
        taken = names & _bound(code) if names - {"", "None"} else set()
        edits = [edit for one, default, kind in wanted if kind not in taken for edit in _hint(code, one, default, kind)]
        if returned and returned not in taken:
            at = _closing_bracket(code, function)
            edits.append(Edit(at, at, f" -> {returned}"))
        if not edits:
            raise RefusedError("neither its defaults nor its returns say more of types")
        return Plan(tuple(edits))


def _bound(code: Code) -> set[str]:
    """Names that mean something else around the function, or in it, than they do in ``builtins``.

    What a module and its classes bind is kept with the pieces of the file: reading it whole took 36 ms.
    """
    blocks = [one for block in code.index.blocks for one in (block, *block.members)]
    outlines = [one.piece.outline for one in blocks]
    outside = {name for one in outlines for names in (one.names, one.globals, one.words) for name in names}
    return outside | {one.name for one in code.scopes.occurrences if one.how != "load"}


def _defaults(function: Function) -> list[tuple[ast.arg, ast.expr]]:
    arguments = function.args
    places = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(places[len(places) - len(arguments.defaults) :], arguments.defaults, strict=True))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return pairs + [(one, default) for one, default in named if default is not None]


def _hint(code: Code, one: ast.arg, default: ast.expr, kind: str) -> list[Edit]:
    start, end = code.span(one)[1], code.span(default)[0]
    between = code.text[start:end]
    if not re.fullmatch(r"\s*=\s*\(*\s*", between):
        raise RefusedError("a comment stands between a parameter and its default")
    return [Edit(start, end, f": {kind} = {between.strip().removeprefix('=').strip()}")]


def _returned(code: Code, function: Function) -> str:
    """The type of all its returns; empty where that is not certain, ``None`` where it only ends."""
    nodes = own_nodes(function)
    if any(isinstance(one, ast.Yield | ast.YieldFrom) for one in nodes) or is_stub(function):
        return ""
    if {getattr(one, "id", getattr(one, "attr", "")) for one in function.decorator_list} & {
        "overload",
        "abstractmethod",
    }:
        return ""
    returns = [one for one in nodes if isinstance(one, ast.Return)]
    if all(one.value is None or type_of(one.value) == "None" for one in returns):
        return "None" if returns or _may_end(code, function) else ""
    types = {type_of(one.value) if one.value else "None" for one in returns}
    return types.pop() if len(types) == 1 and not _may_end(code, function) else ""


def _may_end(code: Code, function: Function) -> bool:
    """Whether the end of its body can be reached."""
    flow = Flow(code.scopes, code.scopes.of_node[function])
    return flow.run(function.body, at_start(function)) is not None and not _always_leaves(function.body)


def _always_leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], _ENDS)


def _closing_bracket(code: Code, function: Function) -> int:
    """Behind the bracket that closes the parameters."""
    start = code.offset(function.lineno, function.col_offset)
    ends = [code.span(one)[1] for one in parameters(function.args)]
    ends += [code.span(one)[1] for one in (*function.args.defaults, *function.args.kw_defaults) if one]
    at = max(ends, default=code.text.index("(", start))
    until = code.span(function.body[0])[0]
    found = re.compile(r"(?:[^#)\r\n]|#[^\r\n]*|\r\n|\n|\r|\)(?=\s*[,)]))*\)").match(code.text, at, until)
    if found is None:
        raise RefusedError("its parameters cannot be read")
    return found.end()


REFACTORING = Annotate()
