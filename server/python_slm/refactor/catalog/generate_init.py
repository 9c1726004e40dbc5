"""Generate ``__init__``: it takes what the class body annotates, and keeps it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.attributes import annotated, require_own_making, require_without
from python_slm.refactor.literal_types import type_of
from python_slm.refactor.members import added
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import in_whole
from python_slm.syntax.parse import parsed_expression

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        "class ⟦⟧A:\n    x: int\n    é: str = ''\n",
        (
            "class A:\n    x: int\n    é: str = ''\n\n    def __init__(self, x: int, é: str = '') -> None:\n"
            "        self.x = x\n        self.é = é\n"
        ),
    ),
    (
        "class ⟦A⟧(object):\n\t'''Doc.'''\n\tx: list[int]  # why\n\n\tdef f(self): ...\n",
        (
            "class A(object):\n\t'''Doc.'''\n\tx: list[int]  # why\n\n"
            "\tdef __init__(self, x: list[int]) -> None:\n\t\tself.x = x\n\n\tdef f(self): ...\n"
        ),
    ),
    (
        "class ⟦⟧A:\n    a: int = 1\n    b: str\n",
        (
            "class A:\n    a: int = 1\n    b: str\n\n    def __init__(self, b: str, a: int = 1) -> None:\n"
            "        self.b = b\n        self.a = a\n"
        ),
    ),
    (
        "class ⟦⟧A:\n    K: ClassVar[int] = 1\n    a: 'B'",
        (
            "class A:\n    K: ClassVar[int] = 1\n    a: 'B'\n\n    def __init__(self, a: 'B') -> None:\n"
            "        self.a = a"
        ),
    ),
    (
        "def f():\n    class ⟦⟧A:\n        a: int\n    return A\n",
        (
            "def f():\n    class A:\n        a: int\n\n        def __init__(self, a: int) -> None:\n"
            "            self.a = a\n    return A\n"
        ),
    ),
)
REFUSED = (
    ("class ⟦⟧A:\n    x = 1\n", "annotates nothing"),
    ("class ⟦⟧A:\n    x: int\n    def __init__(self): ...\n", "already"),
    ("@dataclass\nclass ⟦⟧A:\n    x: int\n", "writes"),
    ("class ⟦⟧A(B):\n    x: int\n", "base class"),
    ("class ⟦⟧A:\n    x: list = []\n", "share"),
)


class GenerateInit:
    """Attributes without a default come first, as parameters must."""

    name = "generate-init"
    kind = "refactor.rewrite.generate.init"
    title = "Generate __init__"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, node = in_whole(code, ast.ClassDef)
        require_own_making(node)
        require_without(node, "__init__", "__new__")
        if any(not (isinstance(one, ast.Name) and one.id == "object") for one in node.bases):
            raise RefusedError("a base class may have an __init__ of its own")
        attributes = sorted(annotated(whole, node), key=lambda one: bool(one.default))
        if not attributes:
            raise RefusedError("the class body annotates nothing")
        for one in attributes:
            if one.default and type_of(parsed_expression(one.default)) in {"list", "dict", "set", ""}:
                raise RefusedError("a default is not constant: all objects would share it")
        written = [f"{one.name}: {one.annotation}" + f" = {one.default}" * bool(one.default) for one in attributes]
        header = f"def __init__(self, {', '.join(written)}) -> None:"
        body = [f"\tself.{one.name} = {one.name}" for one in attributes]
        last = [one for one in node.body if isinstance(one, ast.AnnAssign)][-1]
        methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
        above = bool(methods) and whole.span(methods[0])[0] > whole.span(last)[0]
        return Plan((added(whole, node, [header, *body], below=last if above else None),))


REFACTORING = GenerateInit()
