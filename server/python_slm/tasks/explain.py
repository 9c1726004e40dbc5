"""A function or class in plain words: what its code says for certain, read from the syntax tree, nothing guessed.

The model has no say: what the shipped one writes about a function is nonsense, which it finds as likely as sense.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.docstrings.facts import facts_of
from python_slm.docstrings.raising import dotted, own_nodes
from python_slm.errors import RefusedError
from python_slm.project.describe import header
from python_slm.syntax.located import FUNCTIONS, Located
from python_slm.tasks.symbol import definition_of, enclosing_class, symbol_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.docstrings.facts import Facts
    from python_slm.syntax.blocks import BlockIndex

Function = ast.FunctionDef | ast.AsyncFunctionDef
_MOST = 8
_LONG_CHARACTERS = 80
_OUTSIDE = {
    "print": "prints", "input": "reads what the user types", "open": "opens files", "sys.exit": "ends the program",
    "exec": "runs code that it is given", "eval": "runs code that it is given", "exit": "ends the program",
}  # fmt: skip
_OUTSIDE_MODULES = {
    "subprocess": "runs other programs", "requests": "talks to the network", "socket": "talks to the network",
    "urllib": "talks to the network", "httpx": "talks to the network", "shutil": "changes files", "os": "",
    "random": "depends on chance", "time": "", "logging": "writes to the log",
}  # fmt: skip
_OF_OS = {
    "remove", "unlink", "rename", "replace", "mkdir", "makedirs", "rmdir", "removedirs", "chmod", "chown", "link",
    "symlink",
}  # fmt: skip
_CHANGING = {
    "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "add", "discard", "update", "setdefault",
    "popitem", "appendleft", "popleft",
}  # fmt: skip
_FORKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.match_case)
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.comprehension)


@dataclass(frozen=True)
class Explanation:
    """``name`` is qualified, ``header`` the line that defines it, ``sentences`` are Markdown."""

    name: str
    header: str
    sentences: tuple[str, ...]

    @property
    def markdown(self) -> str:
        """All of it for a hover or a window."""
        facts = "\n".join(f"- {one}" for one in self.sentences)
        return f"```python\n{self.header}\n```\n\n{facts}\n"


def explain(index: BlockIndex, offset: int) -> Explanation:
    """What the function or class named at ``offset`` does, else the innermost one around it.

    Raises RefusedError where there is none, or its code does not parse.
    """
    node, name = _subject(index, offset)
    in_class = "." in name
    facts = facts_of(node, name=node.name, in_class=in_class)
    said = _of_class(node, facts) if isinstance(node, ast.ClassDef) else _of_function(node, facts, name)
    return Explanation(name, header(node), tuple(said))


def _subject(index: BlockIndex, offset: int) -> tuple[Function | ast.ClassDef, str]:
    """The node, and its name with its class."""
    symbol = symbol_at(index, offset)
    if symbol is not None and symbol.kind in ("function", "class", "method"):
        found = definition_of(index, symbol.name)
        if found is not None and isinstance(found[0], (*FUNCTIONS, ast.ClassDef)):
            return found[0], symbol.name
    code = Located(index.text, index.block_at(offset))
    around = [node for node in ast.walk(code.tree) if isinstance(node, (*FUNCTIONS, ast.ClassDef))]
    holding = [node for node in around if _holds(code, node, offset)]
    if not holding:
        raise RefusedError("put the cursor on the name of a function or class, or into one")
    node = holding[-1]
    owner = enclosing_class(index, offset)
    outer = code.parents.get(node)
    is_method = owner and isinstance(outer, ast.ClassDef)
    return node, f"{owner}.{node.name}" if is_method else node.name


def _holds(code: Located, node: ast.AST, offset: int) -> bool:
    start, end = code.span(node)
    return code.block.start <= start <= offset <= end


def _of_function(node: Function, facts: Facts, name: str) -> Iterator[str]:
    owner = name.rpartition(".")[0]
    kind = "coroutine" if isinstance(node, ast.AsyncFunctionDef) else "function"
    kind = f"{'asynchronous ' if kind == 'coroutine' else ''}generator" if facts.yields else kind
    what = f"property of `{owner}`" if facts.kind == "property" else f"method of `{owner}`" if owner else kind
    extra = f", a {kind}" if owner and kind != "function" and facts.kind != "property" else ""
    yield f"`{node.name}` is {'an' if what.startswith('async') else 'a'} {what}{extra}{_taking(facts, 'that takes')}."
    yield _result(node, facts)
    if facts.raises:
        each = [f"`{one.name}`" + (f" if `{_short(one.condition)}`" if one.condition else "") for one in facts.raises]
        yield f"It raises {_listed(each)}."
    called = _called(node, {one.name for one in facts.raises})
    if called:
        yield f"It calls {_listed([f'`{one}`' for one in called])}."
    effects = list(dict.fromkeys(_effects(node)))
    nothing = "By itself it changes nothing outside; what it calls may." if called else "It changes nothing outside."
    yield f"Beside its result, it {_listed(effects)}." if effects else nothing
    yield _shape(node)


def _of_class(node: ast.ClassDef, facts: Facts) -> Iterator[str]:
    bases = [f"`{ast.unparse(one)}`" for one in node.bases]
    kind = "dataclass" if "dataclass" in facts.decorators else "class"
    yield f"`{node.name}` is a {kind}{f' made from {_listed(bases)}' if bases else ''}."
    if facts.knows_parameters and facts.parameters:
        yield f"It is made{_taking(facts, 'with')}."
    if facts.attributes:
        yield f"Its objects have {_listed([f'`{one.name}`' for one in facts.attributes])}."
    methods = [one.name for one in node.body if isinstance(one, Function)]
    if public := [f"`{one}`" for one in methods if not one.startswith("_")]:
        yield f"Its public methods are {_listed(public)}."
    if special := [f"`{one}`" for one in methods if one.startswith("__") and one != "__init__"]:
        yield f"It defines {_listed(special)}."


def _taking(facts: Facts, how: str) -> str:
    if not facts.parameters:
        return ""
    each = []
    for one in facts.parameters:
        notes = [f"`{one.annotation}`"] if one.annotation else []
        notes += [f"`{_short(one.default)}` if not given"] if one.default else []
        each.append(f"`{one.starred}`" + (f" ({', '.join(notes)})" if notes else ""))
    return f" {how} {_listed(each)}"


def _result(node: Function, facts: Facts) -> str:
    if facts.stub:
        return "Its body is left open."
    if facts.yields:
        values = [one.value for one in own_nodes(node) if isinstance(one, ast.Yield) and one.value is not None]
        return f"It yields {_values(values)}." if values else "It yields what other generators do, or nothing."
    if not facts.returns_value:
        return "It returns nothing."
    found = [one.value for one in own_nodes(node) if isinstance(one, ast.Return)]
    values = [one for one in found if one is not None]
    typed = f", as `{facts.returns}`" if facts.returns else ""
    return f"It returns {_values(values)}{typed}."


def _values(values: Sequence[ast.expr]) -> str:
    texts = list(dict.fromkeys(_short(ast.unparse(one)) for one in values))
    return _listed([f"`{one}`" for one in texts], "or")


def _called(node: Function, raised: set[str]) -> list[str]:
    calls = [dotted(one.func) for one in own_nodes(node) if isinstance(one, ast.Call)]
    return list(dict.fromkeys(one for one in calls if one and one != node.name and one not in raised))


def _effects(node: Function) -> Iterator[str]:
    """What a caller could notice, as far as the code says it itself; what it calls may do more."""
    given = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
    for one in own_nodes(node):
        if isinstance(one, ast.Global):
            yield f"sets the module's {_listed([f'`{name}`' for name in one.names])}"
        elif isinstance(one, ast.Nonlocal):
            yield f"sets {_listed([f'`{name}`' for name in one.names])} of the function around it"
        elif isinstance(one, ast.Attribute | ast.Subscript) and isinstance(one.ctx, ast.Store | ast.Del):
            root = _root(one)
            if root in given:
                yield f"{'sets' if isinstance(one.ctx, ast.Store) else 'deletes'} `{_short(ast.unparse(one))}`"
        elif isinstance(one, ast.Call):
            yield from _effects_of_call(one, given)


def _effects_of_call(call: ast.Call, given: set[str]) -> Iterator[str]:
    name = dotted(call.func)
    module, _, last = name.rpartition(".")
    if name in _OUTSIDE:
        yield _OUTSIDE[name]
    elif said := _OUTSIDE_MODULES.get(name.partition(".")[0], "") if module else "":
        yield said
    elif module == "os" and last in _OF_OS:
        yield "changes files"
    elif isinstance(call.func, ast.Attribute) and last in _CHANGING and _root(call.func) in given:
        yield f"changes `{_short(ast.unparse(call.func.value))}`"


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _shape(node: Function) -> str:
    forks = sum(isinstance(one, _FORKS) for one in own_nodes(node))
    forks += sum(len(one.values) - 1 for one in own_nodes(node) if isinstance(one, ast.BoolOp))
    deepest = _depth(node.body)
    again = any(isinstance(one, ast.Call) and dotted(one.func).split(".")[-1] == node.name for one in own_nodes(node))
    ways = "one way" if not forks else f"{forks + 1} ways"
    loops = "" if not deepest else f", loops {deepest} deep" if deepest > 1 else ", with a loop"
    return f"There {'is' if not forks else 'are'} {ways} through it{loops}{', and it calls itself' if again else ''}."


def _depth(nodes: Sequence[ast.AST]) -> int:
    """How deep loops stand in each other; functions inside are left out."""
    deepest = 0
    for node in nodes:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            continue
        own = sum(isinstance(one, _LOOPS) for one in [node])
        generators = len(getattr(node, "generators", ())) if not own else 0
        children = [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.comprehension)]
        deepest = max(deepest, own + generators + _depth(children))
    return deepest


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONG_CHARACTERS else f"{text[:_LONG_CHARACTERS]}…"


def _listed(parts: Sequence[str], word: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``; the rest of many as a number."""
    shown = [*parts[:_MOST], f"{len(parts) - _MOST} more"] if len(parts) > _MOST else list(parts)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {word} {shown[-1]}"
