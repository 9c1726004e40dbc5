"""Extract constant: a number or string written out gets an upper-case name at the top of the module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.refactor.constants import constant_at, extracted

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "import m\n\n\ndef f(a):\n    return m.g(a, timeout=⟦30⟧)  # why\n",
        "import m\n\nTIMEOUT = 30\n\n\ndef f(a):\n    return m.g(a, timeout=TIMEOUT)  # why\n",
    ),
    ('"""Doc."""\n\n\ndef f(a):\n\tlimit = ⟦⟧-1.5\n', '"""Doc."""\n\nLIMIT = -1.5\n\n\ndef f(a):\n\tlimit = LIMIT\n'),
    (
        "#!/usr/bin/env python\n# é\nfrom a import (\n    b,\n)\nX = 1\ndef f():\n    b('Hello, ⟦⟧world!')\n",
        (
            "#!/usr/bin/env python\n# é\nfrom a import (\n    b,\n)\n\nHELLO_WORLD = 'Hello, world!'\nX = 1\n"
            "def f():\n    b(HELLO_WORLD)\n"
        ),
    ),
    ("def f(a):\n    return a > ⟦60 * 60⟧\n", "A = 60 * 60\n\n\ndef f(a):\n    return a > A\n"),
    (
        "class A:\n    def f(self):\n        return self.g(⟦('a',\n            2)⟧)\n",
        "CONSTANT = ('a',\n            2)\n\n\nclass A:\n    def f(self):\n        return self.g(CONSTANT)\n",
    ),
    (
        "from __future__ import annotations\nA = 1\ndef f():\n    return g(a=⟦2⟧)\n",
        "from __future__ import annotations\n\nA2 = 2\nA = 1\ndef f():\n    return g(a=A2)\n",
    ),
)
REFUSED = (
    ("def f(a):\n    return ⟦[1, 2]⟧\n", "number, a string"),
    ('def f(a):\n    ⟦"""Doc."""⟧\n', "docstring"),
    ("def f(a: ⟦'A'⟧):\n    pass\n", "annotation"),
    ("def f(a):\n    return f'⟦x⟧{a}'\n", "f-string"),
    ("def f(a):\n    match a:\n        case ⟦1⟧:\n            pass\n", "pattern"),
    ("def f(a):\n    return a ⟦+⟧ 1\n", "number, a string"),
    ("LIMIT = ⟦3⟧\n", "has a name"),
    ("def f(a):\n    return ⟦None⟧\n", "number, a string"),
)


class ExtractConstant:
    """Only what never changes; the place selected, and no other."""

    name = "extract-constant"
    kind = "refactor.extract.constant"
    title = "Extract constant"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = constant_at(code)
        return extracted(code, node, [(code, node)])


REFACTORING = ExtractConstant()
