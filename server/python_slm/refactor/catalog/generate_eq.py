"""Generate ``__eq__`` and ``__hash__``: objects of the class are equal where their attributes are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.attributes import known, require_without
from python_slm.refactor.members import added
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import in_whole

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        "class ⟦⟧A:\n    def __init__(self, x):\n        self.x = x\n        self.é = 1\n",
        (
            "class A:\n    def __init__(self, x):\n        self.x = x\n        self.é = 1\n\n"
            "    def __eq__(self, other):\n        if type(other) is not type(self):\n"
            "            return NotImplemented\n        return (self.x, self.é) == (other.x, other.é)\n\n"
            "    def __hash__(self):\n        return hash((self.x, self.é))\n"
        ),
    ),
    (
        "class ⟦A⟧:\n\tx: int\n",
        (
            "class A:\n\tx: int\n\n\tdef __eq__(self, other: object) -> bool:\n"
            "\t\tif type(other) is not type(self):\n\t\t\treturn NotImplemented\n"
            "\t\treturn (self.x,) == (other.x,)\n\n\tdef __hash__(self) -> int:\n\t\treturn hash((self.x,))\n"
        ),
    ),
    (
        "class ⟦⟧A:\n    x: int\n\n    def f(self): ...\n\n\ny = 1\n",
        (
            "class A:\n    x: int\n\n    def f(self): ...\n\n    def __eq__(self, other: object) -> bool:\n"
            "        if type(other) is not type(self):\n            return NotImplemented\n"
            "        return (self.x,) == (other.x,)\n\n    def __hash__(self) -> int:\n"
            "        return hash((self.x,))\n\n\ny = 1\n"
        ),
    ),
    (
        "def f():\n    class ⟦⟧A:\n        a: int\n    return A\n",
        (
            "def f():\n    class A:\n        a: int\n\n        def __eq__(self, other: object) -> bool:\n"
            "            if type(other) is not type(self):\n                return NotImplemented\n"
            "            return (self.a,) == (other.a,)\n\n        def __hash__(self) -> int:\n"
            "            return hash((self.a,))\n    return A\n"
        ),
    ),
    (
        "class ⟦⟧A:\n    def __init__(self):\n        self.a = 1  # why\n    # end",
        (
            "class A:\n    def __init__(self):\n        self.a = 1  # why\n    # end\n\n"
            "    def __eq__(self, other):\n        if type(other) is not type(self):\n"
            "            return NotImplemented\n        return (self.a,) == (other.a,)\n\n"
            "    def __hash__(self):\n        return hash((self.a,))"
        ),
    ),
)
REFUSED = (
    ("class ⟦⟧A:\n    pass\n", "nothing of its attributes"),
    ("class ⟦⟧A:\n    x: int\n    def __eq__(self, other): ...\n", "already"),
    ("class ⟦⟧A:\n    x: int\n    __hash__ = None\n", "already"),
    ("@dataclass\nclass ⟦⟧A:\n    x: int\n", "writes"),
    ("class ⟦⟧A(B):\n    x: int\n", "base class"),
)


class GenerateEq:
    """What a class inherits has attributes of its own, which are not known: it is refused."""

    name = "generate-eq"
    kind = "refactor.rewrite.generate.eq"
    title = "Generate __eq__ and __hash__"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, node = in_whole(code, ast.ClassDef)
        attributes = known(whole, node)
        require_without(node, "__eq__", "__hash__", "__ne__")
        if any(not (isinstance(one, ast.Name) and one.id == "object") for one in node.bases):
            raise RefusedError("a base class may have attributes, too")
        typed = any(one.annotation for one in attributes)
        mine, others = (
            f"({', '.join(f'{who}.{one.name}' for one in attributes)}{',' * (len(attributes) == 1)})"
            for who in ("self", "other")
        )
        equal = [
            f"def __eq__(self, other{': object' * typed}){' -> bool' * typed}:",
            "\tif type(other) is not type(self):",
            "\t\treturn NotImplemented",
            f"\treturn {mine} == {others}",
        ]
        hashed = [f"def __hash__(self){' -> int' * typed}:", f"\treturn hash({mine})"]
        return Plan((added(whole, node, equal, hashed),))


REFACTORING = GenerateEq()
