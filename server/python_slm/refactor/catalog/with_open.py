"""With open: a file opened, used and closed, or closed in a ``finally``, is opened by ``with``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import is_builtin, own
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(a):\n    ⟦⟧x = open(a)  # why\n    # one\n    y = x.read()\n    x.close()\n    return y\n",
        "def f(a):\n    # why\n    with open(a) as x:\n        # one\n        y = x.read()\n    return y\n",
    ),
    (
        "def f(a):\n\t⟦⟧x = open(a, 'é')\n\ttry:\n\t\treturn x.read()\n\tfinally:\n\t\tx.close()\n",
        "def f(a):\n\twith open(a, 'é') as x:\n\t\treturn x.read()\n",
    ),
    (
        (
            "import gzip\nif a:\n    ⟦⟧x = gzip.open(\n        a)\n    for y in x:\n        print('''\n"
            "''', y)\n    x.close()\n"
        ),
        (
            "import gzip\nif a:\n    with gzip.open(\n        a) as x:\n        for y in x:\n            "
            "print('''\n''', y)\n"
        ),
    ),
    (
        "def f(a, b):\n    ⟦⟧x = open(a); y = 1\n    x.close()\n".replace("; y = 1", "\n    y = 1"),
        "def f(a, b):\n    with open(a) as x:\n        y = 1\n",
    ),
    (
        "def f(a):\n    ⟦⟧x = open(a)\n    x.write('b')\n    x.close()\n    # end\n    g(x.closed)\n",
        "def f(a):\n    with open(a) as x:\n        x.write('b')\n    # end\n    g(x.closed)\n",
    ),
)
REFUSED = (
    ("def f(a):\n    ⟦⟧x = open(a)\n    return x\n", "never closed"),
    ("def f(a):\n    ⟦⟧x = open(a)\n    if a:\n        return x\n    x.close()\n", "way out"),
    ("def f(a):\n    ⟦⟧x = g(a)\n    y = x.read()\n    x.close()\n", "open"),
    ("def f(a):\n    ⟦⟧x = open(a)\n    x = x.read()\n    x.close()\n", "another value"),
    ("def open(a): pass\ndef f(a):\n    ⟦⟧x = open(a)\n    y = x.read()\n    x.close()\n", "open"),
    ("def f(a):\n    ⟦⟧x = open(a)\n    x.close()\n", "nothing is done"),
)
_MODULES = {"bz2", "codecs", "gzip", "io", "lzma", "tarfile", "tokenize"}


class WithOpen:
    """Where an exception comes between, the file is closed at once, not some day: that alone is different."""

    name = "with-open"
    kind = "refactor.rewrite.with"
    title = "Open with a with statement"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        start = code.headed(ast.Assign)
        if start is None or len(start.targets) != 1 or not isinstance(start.targets[0], ast.Name):
            raise RefusedError("select an assignment of an opened file to a variable")
        if not _opens(code, start.value):
            raise RefusedError("it does not call open")
        name = start.targets[0].id
        suite = code.suite(start)
        below = suite[suite.index(start) + 1 :]
        if below and isinstance(below[0], ast.Try) and _only_closes(below[0], name):
            body: Sequence[ast.stmt] = below[0].body
            old = [start, below[0]]
        else:
            body = _until_closed(below, name)
            old = [start, *below[: len(body) + 1]]
        if any(
            isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Load) for one in own(*body)
        ):
            raise RefusedError("the variable is given another value before it is closed")
        item = ast.withitem(start.value, ast.Name(name, ast.Store()))
        return rewritten(code, Become(old, [ast.With([item], list(body))]))


def _opens(code: Code, node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr == "open" and function.value.id in _MODULES
    return isinstance(function, ast.Name) and function.id == "open" and is_builtin(code, "open")


def _closes(node: ast.stmt, name: str) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.args or call.keywords or not isinstance(call.func, ast.Attribute):
        return False
    return call.func.attr == "close" and isinstance(call.func.value, ast.Name) and call.func.value.id == name


def _only_closes(node: ast.Try, name: str) -> bool:
    plain = not node.handlers and not node.orelse and len(node.finalbody) == 1
    return plain and _closes(node.finalbody[0], name)


def _until_closed(below: Sequence[ast.stmt], name: str) -> Sequence[ast.stmt]:
    place = next((place for place, one in enumerate(below) if _closes(one, name)), None)
    if place is None:
        raise RefusedError("it is never closed on the same level")
    if place == 0:
        raise RefusedError("nothing is done with it")
    for one in own(*below[:place]):
        if isinstance(one, ast.Return | ast.Break | ast.Continue | ast.Yield | ast.YieldFrom):
            raise RefusedError("there is a way out that leaves it open")
    return below[:place]


REFACTORING = WithOpen()
