"""Generate ``__repr__``: the class and the attributes that its ``__init__`` assigns."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

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
            '    def __repr__(self):\n        return f"{type(self).__name__}(x={self.x!r}, é={self.é!r})"\n'
        ),
    ),
    (
        "class ⟦A⟧(B):\n\tx: int\n\ty: str = ''  # why\n\nz = 1\n",
        (
            "class A(B):\n\tx: int\n\ty: str = ''  # why\n\n\tdef __repr__(self) -> str:\n"
            '\t\treturn f"{type(self).__name__}(x={self.x!r}, y={self.y!r})"\n\nz = 1\n'
        ),
    ),
    (
        "class ⟦⟧A:\n    def __init__(me, x: int) -> None:\n        me.x: int = x\n\n    def f(self): ...",
        (
            "class A:\n    def __init__(me, x: int) -> None:\n        me.x: int = x\n\n"
            '    def __repr__(self) -> str:\n        return f"{type(self).__name__}(x={self.x!r})"\n\n'
            "    def f(self): ..."
        ),
    ),
    (
        ("def f():\n    class ⟦⟧A:\n        def __init__(self):\n            self.a, self.b = 1, 2\n    return A\n"),
        (
            "def f():\n    class A:\n        def __init__(self):\n            self.a, self.b = 1, 2\n\n"
            "        def __repr__(self):\n"
            '            return f"{type(self).__name__}(a={self.a!r}, b={self.b!r})"\n    return A\n'
        ),
    ),
    (
        "class ⟦⟧A:\n    x: int\n    K: ClassVar[int] = 1\n    # end\n",
        (
            "class A:\n    x: int\n    K: ClassVar[int] = 1\n    # end\n\n    def __repr__(self) -> str:\n"
            '        return f"{type(self).__name__}(x={self.x!r})"\n'
        ),
    ),
)
REFUSED = (
    ("class ⟦⟧A:\n    pass\n", "nothing of its attributes"),
    ("class ⟦⟧A:\n    x: int\n    def __repr__(self): ...\n", "already"),
    ("@dataclass\nclass ⟦⟧A:\n    x: int\n", "writes"),
    ("class ⟦⟧A(Enum):\n    x: int = 1\n", "writes"),
    ("x = ⟦⟧1\n", "first line of a class"),
    ("class ⟦⟧A: x: int\n", "one line"),
)


class GenerateRepr:
    """Annotated like the file's other methods: with its return type where ``__init__`` or attributes have theirs."""

    name = "generate-repr"
    kind = "refactor.rewrite.generate.repr"
    title = "Generate __repr__"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, node = in_whole(code, ast.ClassDef)
        attributes = known(whole, node)
        require_without(node, "__repr__")
        shown = ", ".join(f"{one.name}={{self.{one.name}!r}}" for one in attributes)
        typed = " -> str" * any(one.annotation for one in attributes)
        lines = [f"def __repr__(self){typed}:", f'\treturn f"{{type(self).__name__}}({shown})"']
        init = next((one for one in node.body if getattr(one, "name", "") == "__init__"), None)
        return Plan((added(whole, node, lines, below=init),))


REFACTORING = GenerateRepr()
