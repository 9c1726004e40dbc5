"""What is extracted from a function: what it must be given, what it gives back, and whether it can be taken out."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS
from python_slm.syntax.flow import Flow, at_start, swallows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.refactor.code import Code
    from python_slm.syntax.occurrences import Occurrence, Scope

_BY_ITSELF = {"super", "__class__", "locals", "vars", "eval", "exec", "dir", "globals"}
_FRAMES = {"_getframe", "currentframe", "stacklevel", "stack"}
_DECORATORS = {
    "property", "cached_property", "setter", "getter", "deleter", "classmethod", "abstractmethod", "override",
    "contextmanager", "cache", "lru_cache", "wraps", "deprecated",
}  # fmt: skip
_ODD_METHODS = {"__new__", "__init_subclass__", "__class_getitem__", "__getattribute__", "__getattr__", "__prepare__"}
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_CONSUMERS = {"all", "any", "dict", "frozenset", "join", "list", "max", "min", "set", "sorted", "sum", "tuple"}


@dataclass(frozen=True)
class Part:
    """What is extracted: nodes of one function, ``inputs`` that it is given and ``outputs`` that it gives back."""

    nodes: Sequence[ast.stmt | ast.expr]
    function: ast.FunctionDef | ast.AsyncFunctionDef
    inputs: Sequence[str]
    outputs: Sequence[str]
    receiver: str

    @property
    def returns(self) -> bool:
        """Whether it ends in a ``return`` of its own."""
        return isinstance(self.nodes[-1], ast.Return)


def part_of(code: Code) -> Part:
    """The selected statements or expression; raises RefusedError where they cannot be a function."""
    statements = code.statements()
    nodes: Sequence[ast.stmt | ast.expr] = statements or [code.expression()]
    function = code.function(nodes[0])
    if function is None:
        raise RefusedError("only what stands in a function can be extracted")
    if statements:
        code.indent(statements[0])
        if code.text[code.span(nodes[-1])[1] : code.line_end(code.span(nodes[-1])[1])].strip().startswith(";"):
            raise RefusedError("the statement shares its line with another")
        if statements[0] is function.body[0] and ast.get_docstring(function, clean=False) is not None:
            raise RefusedError("it is the docstring")
    _require_closed(nodes)
    home = code.scopes.of_node[function]
    inside = {one for node in nodes for one in ast.walk(node)}
    mine = [one for one in code.scopes.occurrences if one.node in inside]
    _require_plain(code, home, mine, inside)
    receiver = _receiver(code, function, mine)
    inputs = _inputs(code, home, nodes, mine, receiver)
    outputs = _outputs(code, home, nodes, inputs)
    return _with_values(code, Part(nodes, function, inputs, outputs, receiver), home)


def _require_closed(nodes: Sequence[ast.AST]) -> None:
    """Nothing may leave the part, or wait in it."""
    last = nodes[-1]
    for node in nodes:
        for one, loops in _own(node, in_loop=False):
            if isinstance(one, ast.Yield | ast.YieldFrom):
                raise RefusedError("it holds a yield, which belongs to its function")
            if isinstance(one, ast.Await | ast.AsyncFor | ast.AsyncWith):
                raise RefusedError("it holds an await, which belongs to its function")
            if isinstance(one, ast.comprehension) and one.is_async:
                raise RefusedError("it holds an await, which belongs to its function")
            if isinstance(one, ast.Return) and one is not last:
                raise RefusedError("it holds a return before its end")
            if isinstance(one, ast.Break | ast.Continue) and not loops:
                raise RefusedError("it holds a break or continue of a loop around it")
    for one in (one for node in nodes for one in ast.walk(node)):
        if isinstance(one, ast.Global | ast.Nonlocal):
            raise RefusedError("it holds a global or nonlocal statement")


def _own(node: ast.AST, *, in_loop: bool) -> Iterator[tuple[ast.AST, bool]]:
    """The nodes that run in the same function, and whether a loop of the part is around them."""
    yield node, in_loop
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                if isinstance(node, (*FUNCTIONS, ast.Lambda)) and name == "body":
                    continue
                yield from _own(child, in_loop=in_loop or (isinstance(node, _LOOPS) and name == "body"))


def _require_plain(code: Code, home: Scope, mine: Sequence[Occurrence], inside: set[ast.AST]) -> None:
    words = {one.name for one in mine}
    if words & _BY_ITSELF or {one.id for one in ast.walk(home.node) if isinstance(one, ast.Name)} & {"locals", "vars"}:
        raise RefusedError("something there looks at the function by itself, as super and locals do")
    if any(isinstance(one, ast.NamedExpr) for one in inside) and not any(isinstance(one, ast.stmt) for one in inside):
        raise RefusedError("it assigns a variable")
    if any(getattr(one, "attr", getattr(one, "arg", "")) in _FRAMES for one in inside):
        raise RefusedError("something there counts the functions that called it")
    for one in mine:
        if one.how == "delete":
            raise RefusedError("it deletes a variable")
        if one.how == "store" and one.scope is home and one.home is not home:
            raise RefusedError("it assigns what is declared global or nonlocal")
    private = [str(getattr(one, "attr", "") or getattr(one, "id", "")) for one in inside]
    in_class = any(isinstance(one, ast.ClassDef) for one in code.around(home.node))
    direct = isinstance(code.definition(home.node), ast.ClassDef)
    if in_class and not direct and any(name.startswith("__") and not name.endswith("__") for name in private):
        raise RefusedError("a class changes names that begin with two underscores")
    for one in mine:
        if one.home.kind == "class" and one.home.node not in inside:
            raise RefusedError("it uses a name of a class body")


def decorators(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Their last names; empty for what is computed."""
    nodes = (one.func if isinstance(one, ast.Call) else one for one in function.decorator_list)
    return [
        one.id if isinstance(one, ast.Name) else one.attr if isinstance(one, ast.Attribute) else "" for one in nodes
    ]


def _receiver(code: Code, function: ast.FunctionDef | ast.AsyncFunctionDef, mine: Sequence[Occurrence]) -> str:
    """``self`` of a method, or what it is called; empty for functions elsewhere."""
    if not isinstance(code.definition(function), ast.ClassDef):
        return ""
    if not set(decorators(function)) <= _DECORATORS:
        raise RefusedError("a decorator of the method may give it another first argument")
    first = [*function.args.posonlyargs, *function.args.args][:1]
    if not first or function.name in _ODD_METHODS:
        raise RefusedError("the method has no instance to call another method of")
    name, home = first[0].arg, code.scopes.of_node[function]
    if any(one.how != "load" for one in code.scopes.of(name, home) if one.node is not first[0]):
        raise RefusedError("the method gives its first parameter another value")
    if any(one.name == name and one.home is not home for one in mine):
        raise RefusedError("something inside is called as the method's first parameter")
    return name


def _inputs(
    code: Code, home: Scope, nodes: Sequence[ast.stmt | ast.expr], mine: Sequence[Occurrence], receiver: str
) -> Sequence[str]:
    """Variables of functions and comprehensions around the part that it reads, by first mention."""
    inside = {one for node in nodes for one in ast.walk(node)}
    flow = Flow(code.scopes, home)
    flow.run([one if isinstance(one, ast.stmt) else ast.Expr(one) for one in nodes], frozenset())
    names: dict[str, None] = {}
    for one in mine:
        if one.home.kind == "module" or one.home.node in inside or one.name == receiver:
            continue
        _require_not_later(code, one, nodes, inside)
        if one.home is home and one.name not in flow.exposed:
            continue
        if one.home is not home:
            _require_known(code, one, home)
        names.setdefault(one.name)
    return list(names)


def _require_known(code: Code, one: Occurrence, home: Scope) -> None:
    """What an outer function, or a comprehension around, has bound certainly has a value."""
    outer = one.home
    if outer.kind == "comprehension" or isinstance(outer.node, ast.Lambda):
        return
    assert isinstance(outer.node, FUNCTIONS)
    flow = Flow(code.scopes, outer)
    flow.run(outer.node.body, at_start(outer.node))
    around = [two for two in (home.node, *code.around(home.node)) if isinstance(two, ast.stmt) and two in flow.before]
    if not around or one.name not in (flow.before[around[0]] or ()):
        raise RefusedError("a variable may have no value there")


def _require_not_later(code: Code, one: Occurrence, nodes: Sequence[ast.AST], inside: set[ast.AST]) -> None:
    """A function in the part sees a variable's later values: there must be none."""
    captured = any(outer in inside and _runs_later(code, outer) for outer in code.around(one.node))
    changes = [two for two in code.scopes.of(one.name, one.home) if two.how != "load"]
    if any(two.scope is not one.home or two.how == "declare" for two in changes):
        raise RefusedError("a function inside changes a variable that it uses")
    if not captured:
        return
    begins = code.span(nodes[0])[0]
    looped = any(isinstance(outer, _LOOPS) for outer in code.around(nodes[0]))
    own = all(two.node in inside for two in changes)
    if looped or not (own or all(code.span(two.node)[0] < begins for two in changes)):
        raise RefusedError("a function in it reads a variable that may change later")


def _outputs(code: Code, home: Scope, nodes: Sequence[ast.AST], inputs: Sequence[str]) -> Sequence[str]:
    """Variables that the part binds and something reads afterwards, be it the part itself, by first binding."""
    inside = {one for node in nodes for one in ast.walk(node)}
    end = code.span(nodes[-1])[1]
    function = home.node
    around = [one for one in code.around(nodes[0]) if function in code.around(one)]
    looped = any(isinstance(one, _LOOPS) for one in around)
    names: dict[str, None] = {}
    for name in dict.fromkeys(one.name for one in code.scopes.occurrences if one.node in inside and one.how == "store"):
        everywhere = code.scopes.of(name, home)
        bound = [one for one in everywhere if one.node in inside and one.how == "store"]
        if not bound:
            continue
        outside = [one for one in everywhere if one.node not in inside]
        if any(_later(code, one, home) for one in outside):
            raise RefusedError("a function inside uses a variable that it assigns")
        augmented = {one.node for one in outside if isinstance(code.parents.get(one.node), ast.AugAssign)}
        read = [one for one in outside if one.how != "store" or one.node in augmented]
        again = looped and name in inputs
        if not again and not any(looped or code.span(one.node)[0] >= end for one in read):
            continue
        names.setdefault(name)
        at_once = isinstance(nodes[-1], ast.Assign | ast.AnnAssign)
        if not at_once or any(code.parents[one.node] is not nodes[-1] for one in bound):
            _require_no_handler(around, read)
    return list(names)


def _later(code: Code, one: Occurrence, home: Scope) -> bool:
    """Whether a function inside ``home``, or a generator, is what uses the variable."""
    inner = (outer for outer in code.around(one.node) if home.node in code.around(outer))
    return any(_runs_later(code, outer) for outer in inner) and one.scope is not home


def _runs_later(code: Code, node: ast.AST) -> bool:
    """Whether a node's inside runs, or may run, when the node itself has been evaluated."""
    if not isinstance(node, ast.GeneratorExp):
        return isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef))
    call = code.parents[node]
    function = call.func if isinstance(call, ast.Call) and node in call.args else None
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name not in _CONSUMERS


def _require_no_handler(around: Sequence[ast.AST], read: Sequence[Occurrence]) -> None:
    """An exception halfway leaves a variable half done: nobody may see that."""
    for one in around:
        if isinstance(one, ast.Try | ast.TryStar):
            body = {inner for statement in (*one.body, *one.orelse) for inner in ast.walk(statement)}
        elif swallows(one):
            body = set(ast.walk(one))
        else:
            continue
        if any(two.node not in body for two in read):
            raise RefusedError("after an exception in it, a variable would have another value")


def _with_values(code: Code, part: Part, home: Scope) -> Part:
    """``part`` with what it must be given to give it back; all that it is given has a value."""
    flow = Flow(code.scopes, home)
    flow.run(part.function.body, at_start(part.function))
    before = flow.before.get(code.statement(part.nodes[0]))
    if before is None:
        raise RefusedError("no execution gets there")
    inputs, statements = list(part.inputs), [one for one in part.nodes if isinstance(one, ast.stmt)]
    if statements:
        after = Flow(code.scopes, home).run(statements, frozenset())
        inputs += [name for name in part.outputs if after is not None and name not in (*after, *inputs)]
    mine = {one.name for one in code.scopes.occurrences if one.home is home}
    for name in inputs:
        elsewhere = name not in mine or any(
            isinstance(one, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
            and name in code.scopes.of_node[one].bound
            for one in code.around(part.nodes[0])
        )
        if not elsewhere and name not in before:
            raise RefusedError("a variable may have no value there")
    return replace(part, inputs=inputs, outputs=() if part.returns else part.outputs)
