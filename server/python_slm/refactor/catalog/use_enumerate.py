"""Use enumerate: a loop over ``range(len(xs))`` that reads ``xs[i]`` goes over ``enumerate(xs)``, or ``xs`` itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.meaning import function_of, outside, require_builtin, require_own
from python_slm.refactor.rewrite import Become, rewritten
from python_slm.refactor.tree import Replaced
from python_slm.syntax.parse import parsed_expression

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(names):\n    for ⟦⟧i in range(len(names)):  # why\n        g(i, names[i])\n        h(names[i].é)\n",
        "def f(names):\n    for i, name in enumerate(names):  # why\n        g(i, name)\n        h(name.é)\n",
    ),
    (
        "def f(a):\n\tfor ⟦⟧i in range(len(a)):\n\t\tx = a[i]\n\t\t# one\n\t\tg(i, x)\n",
        "def f(a):\n\tfor i, x in enumerate(a):\n\t\t# one\n\t\tg(i, x)\n",
    ),
    (
        "def f(rows):\n    for ⟦⟧i in range(len(rows)):\n        print('''\n''', rows[i])\n",
        "def f(rows):\n    for row in rows:\n        print('''\n''', row)\n",
    ),
    (
        "def f(a):\n    for ⟦⟧i in range(len(a)):\n        if a[i] > a[i]: return i\n    else:\n        g()\n",
        "def f(a):\n    for i, a_item in enumerate(a):\n        if a_item > a_item: return i\n    else:\n        g()\n",
    ),
    (
        "def f(a):\n    for ⟦⟧_ in range(len(a)):\n        x = a[_]\n        return x\n",
        "def f(a):\n    for x in a:\n        return x\n",
    ),
)
REFUSED = (
    ("def f(a):\n    for ⟦⟧i in range(len(a)):\n        a[i] = 1\n", "more than reading"),
    ("def f(a):\n    for ⟦⟧i in range(len(a)):\n        g(i)\n", "does not read"),
    ("def f(a):\n    for ⟦⟧i in range(len(a)):\n        a.pop()\n        g(a[i])\n", "more than reading"),
    ("def f(a):\n    for ⟦⟧i in range(len(a)):\n        i += 1\n        g(a[i])\n", "changes"),
    ("def f(a):\n    for ⟦⟧i in range(1, len(a)):\n        g(a[i])\n", "range"),
    ("for ⟦⟧i in range(len(a)):\n    g(a[i])\n", "function"),
    ("def f():\n    a = {0: 1}\n    for ⟦⟧i in range(len(a)):\n        g(a[i])\n", "dict"),
)


class UseEnumerate:
    """What is gone over must be a variable that the loop only reads items of, and what it calls must leave it alone."""

    name = "use-enumerate"
    kind = "refactor.rewrite.loop.enumerate"
    title = "Loop over the items"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        loop = code.headed(ast.For)
        if loop is None:
            raise RefusedError("select a for loop, or its first line")
        items = _over(loop.iter)
        if items is None or not isinstance(loop.target, ast.Name):
            raise RefusedError("it does not go over range(len(…)) of a variable")
        function = function_of(code, loop)
        index = loop.target.id
        for name in (index, items.id):
            require_own(code, name, function)
        _require_list(code, items, function)
        for name in ("range", "len", "enumerate"):
            require_builtin(code, name)
        reads = _reads(code, loop, items.id, index, function)
        first = loop.body[0]
        named = isinstance(first, ast.Assign) and first.value in reads and len(first.targets) == 1
        target = first.targets[0] if isinstance(first, ast.Assign) and named and len(loop.body) > 1 else None
        inside = {inner for one in reads for inner in ast.walk(one)}
        counts = any(one.node not in inside for one in outside(code, index, function, [loop.target]))
        if isinstance(target, ast.Name) and len(reads) == 1:  # the first statement names the item already
            require_own(code, target.id, function)
            return rewritten(code, Become([first], []), expressions=_header(loop, items, target.id, counts=counts))
        item = code.free(_singular(items.id), loop)
        changes: dict[ast.expr, ast.expr] = {one: ast.Name(item, ast.Load()) for one in reads}
        return rewritten(code, expressions=changes | _header(loop, items, item, counts=counts))


def _header(loop: ast.For, items: ast.Name, item: str, *, counts: bool) -> dict[ast.expr, ast.expr]:
    """What the loop's first line becomes, with the number of the item where it ``counts``."""
    target = ast.Name(item, ast.Store())
    if not counts:
        return {loop.target: target, loop.iter: items}
    over = ast.Call(ast.Name("enumerate", ast.Load()), [items], [])
    return {loop.target: ast.Tuple([loop.target, target], ast.Store()), loop.iter: over}


def _over(node: ast.expr) -> ast.Name | None:
    """``xs`` of ``range(len(xs))``."""
    wanted = parsed_expression("range(len(x))")
    if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Call):
        items = node.args[0].args[0] if len(node.args[0].args) == 1 else None
        assert isinstance(wanted, ast.Call)
        assert isinstance(wanted.args[0], ast.Call)
        if isinstance(items, ast.Name) and same(node, Replaced({wanted.args[0].args[0]: items}).of(wanted)):
            return items
    return None


def _reads(code: Code, loop: ast.For, items: str, index: str, function: ast.AST) -> list[ast.expr]:
    """Every ``xs[i]`` of the loop, in order; raises RefusedError where more happens to ``xs`` or ``i``."""
    body = {one for statement in loop.body for one in ast.walk(statement)}
    home = code.scopes.of_node[function]
    if any(one.how != "load" and one.node in body for one in code.scopes.of(index, home)):
        raise RefusedError("the loop changes its own variable")
    found: list[ast.expr] = []
    for one in code.scopes.of(items, home):
        if one.node not in body:
            continue
        parent = code.parents[one.node]
        read = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load) and parent.value is one.node
        if (
            not isinstance(parent, ast.Subscript)
            or not read
            or not isinstance(parent.slice, ast.Name)
            or parent.slice.id != index
        ):
            raise RefusedError("the loop does more than reading the items in turn")
        if isinstance(code.parents[parent], ast.AugAssign) or any(
            isinstance(two, ast.JoinedStr) for two in code.around(parent)
        ):
            raise RefusedError("an item is read in an f-string, or changed")
        found.append(parent)
    if not found:
        raise RefusedError("it does not read the items")
    return sorted(found, key=lambda one: (one.lineno, one.col_offset))


def _require_list(code: Code, items: ast.Name, function: ast.AST) -> None:
    for one in code.scopes.of(items.id, code.scopes.of_node[function]):
        parent = code.parents.get(one.node)
        value = parent.value if isinstance(parent, ast.Assign) and one.how == "store" else None
        if isinstance(value, ast.Dict | ast.DictComp):
            raise RefusedError("it is a dict, which is gone over by its keys")


def _singular(name: str) -> str:
    if name.endswith("ies") and len(name) > len("ties"):
        return f"{name[:-3]}y"
    if name.endswith("s") and not name.endswith("ss") and len(name) > len("xs"):
        return name[:-1]
    return f"{name}_item"


REFACTORING = UseEnumerate()
