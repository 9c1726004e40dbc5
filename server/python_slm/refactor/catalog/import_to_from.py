"""Import to from-import: ``import os.path`` becomes ``from os import path``, and all of its uses follow."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.modules import import_at, is_steady, require_free, uses_of
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code

EXAMPLES = (
    ("import ⟦⟧os.path\nx = os.path.join('é', os.path.sep)\n", "from os import path\nx = path.join('é', path.sep)\n"),
    (
        "import ⟦json⟧\n\ndef f(x):\n    return json.dumps(x), json.loads(x)\n",
        "from json import dumps, loads\n\ndef f(x):\n    return dumps(x), loads(x)\n",
    ),
    ("import a.b ⟦as⟧ c\nc.x\n", "from a import b as c\nc.x\n"),
    (
        "import ⟦⟧abc  # why\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...\n",
        ("from abc import ABC, abstractmethod  # why\nclass A(ABC):\n    @abstractmethod\n    def f(self): ...\n"),
    ),
    (
        "import ⟦⟧json as j\ntry:\n    j.loads('')\nexcept (j.JSONDecodeError, OSError):\n    pass\n",
        (
            "from json import JSONDecodeError, loads\ntry:\n    loads('')\nexcept (JSONDecodeError, OSError):\n"
            "    pass\n"
        ),
    ),
)
REFUSED = (
    ("import ⟦⟧sys\nsys.stdout.write('')\n", "another value"),
    ("import ⟦⟧os\nf(os)\n", "itself"),
    ("import ⟦⟧os\nos.f()\ndef f(): ...\n", "taken"),
    ("import ⟦⟧os, sys\nos.f()\n", "several"),
    ("import ⟦⟧os\n", "nobody"),
    ("def f():\n    import ⟦⟧os\n    os.f()\n", "top level"),
    ("import ⟦⟧os.path\nos.getcwd()\nos.path.join()\n", "itself"),
    ("import ⟦⟧os\nos.f()\nx = 'os.f'\n", "string"),
    ("import ⟦⟧os\nos.f()\nos = 1\n", "more than one"),
    ("import ⟦⟧os\nos.f = 1\n", "assigned"),
    ("import ⟦⟧os\nx = f'{os.f()}'\n", "f-string"),
    ("x = ⟦⟧1\n", "select an import"),
)


class ImportToFrom:
    """A submodule is taken from its package; names out of a module only where they are called, caught or inherited.

    Anything else may get another value in its module, which the name taken out of it would not follow.
    """

    name = "import-to-from"
    kind = "refactor.rewrite.import.from"
    title = "Convert to from … import"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, node = import_at(code, ast.Import)
        if len(node.names) > 1:
            raise RefusedError("it imports several modules; split it first")
        alias = node.names[0]
        package, _, last = alias.name.rpartition(".")
        if package and alias.asname:
            text = f"from {package} import {last}" + f" as {alias.asname}" * (alias.asname != last)
            names = [ast.alias(last, alias.asname if alias.asname != last else None)]
            return _checked(whole, node, ast.ImportFrom(package, names, 0), text, {})
        name = alias.asname or alias.name
        uses = uses_of(whole, alias, name.partition(".")[0])
        if not uses:
            raise RefusedError("nobody there uses it")
        found = [_attribute(whole, one.node, name) for one in uses]
        if package:
            require_free(whole, last)
            changes: dict[ast.AST, ast.AST] = {one: ast.Name(last, ast.Load()) for one in found}
            names, module = [ast.alias(last)], package
        else:
            changes, names, module = _taken_out(whole, found), _names(whole, found), alias.name
        text = f"from {module} import {', '.join(one.name for one in names)}"
        return _checked(whole, node, ast.ImportFrom(module, names, 0), text, changes)


def _attribute(whole: Code, node: ast.AST, name: str) -> ast.AST:
    """The ``a.b.c`` around a use of ``a``."""
    for _ in range(name.count(".")):
        outer = whole.parents[node]
        node = outer if isinstance(outer, ast.Attribute) else whole.tree
    if node is whole.tree or ast.unparse(node) != name:
        raise RefusedError("the package is used itself, not only the module in it")
    return node


def _names(whole: Code, modules: Sequence[ast.AST]) -> list[ast.alias]:
    return [ast.alias(one) for one in sorted({_member(whole, module).attr for module in modules})]


def _member(whole: Code, module: ast.AST) -> ast.Attribute:
    outer = whole.parents[module]
    if not isinstance(outer, ast.Attribute):
        raise RefusedError("the module is used itself, not only what it holds")
    return outer


def _taken_out(whole: Code, modules: Sequence[ast.AST]) -> dict[ast.AST, ast.AST]:
    changes: dict[ast.AST, ast.AST] = {}
    for module in modules:
        member = _member(whole, module)
        if not isinstance(member.ctx, ast.Load):
            raise RefusedError("something in the module is assigned or deleted")
        if not is_steady(whole, member):
            raise RefusedError("what it reads of the module may get another value there")
        require_free(whole, member.attr)
        changes[member] = ast.Name(member.attr, ast.Load())
    return changes


def _checked(whole: Code, node: ast.stmt, new: ast.stmt, text: str, changes: dict[ast.AST, ast.AST]) -> Plan:
    edits = [Edit(*whole.span(node), text)]
    edits += [Edit(*whole.span(old), one.id) for old, one in changes.items() if isinstance(one, ast.Name)]
    wanted: dict[ast.AST, ast.AST | Sequence[ast.AST] | None] = {**changes, node: new}
    if not same(Replaced(wanted).of(whole.tree), whole.becomes(*edits)):
        raise RefusedError("its text cannot be changed so that nothing else does")
    return Plan(tuple(edits))


REFACTORING = ImportToFrom()
