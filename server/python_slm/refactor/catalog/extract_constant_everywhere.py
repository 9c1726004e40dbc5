"""Extract constant everywhere: like extract constant, for all places of the file that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.constants import constant_at, equals, extracted

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "import m\n\n\ndef f(a):\n    return m.g(a, timeout=⟦30⟧)  # why\n\n\nclass A:\n    b = 30\n",
        (
            "import m\n\nTIMEOUT = 30\n\n\ndef f(a):\n    return m.g(a, timeout=TIMEOUT)  # why\n\n\n"
            "class A:\n    b = TIMEOUT\n"
        ),
    ),
    ("def f(a):\n\tg('é')\n\th(b=⟦'é'⟧, c=\"é\")\n", "B = 'é'\n\n\ndef f(a):\n\tg(B)\n\th(b=B, c=B)\n"),
    (
        "def f(a: 'x'):\n    return a['⟦⟧x'], 'x', f'x{a}'\n",
        "X = 'x'\n\n\ndef f(a: 'x'):\n    return a[X], X, f'x{a}'\n",
    ),
    (
        "g(1)\nimport m\ndef f():\n    return m(1.0, True, 1, size=⟦⟧1)\n",
        "SIZE = 1\n\n\ng(SIZE)\nimport m\ndef f():\n    return m(1.0, True, SIZE, size=SIZE)\n",
    ),
    ("def f(a=60 * 2):\n    return ⟦60 * 2⟧\n", "CONSTANT = 60 * 2\n\n\ndef f(a=CONSTANT):\n    return CONSTANT\n"),
)
REFUSED = (
    ("def f(a):\n    return ⟦1⟧\n", "nowhere else"),
    ("def f(a):\n    return ⟦a⟧, a\n", "number, a string"),
    ("def f(a):\n    return ⟦[1]⟧, [1]\n", "number, a string"),
)


class ExtractConstantEverywhere:
    """What is equal may still mean something else: it is offered beside the one that takes a single place."""

    name = "extract-constant-everywhere"
    kind = "refactor.extract.constant"
    title = "Extract constant, all occurrences"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = constant_at(code)
        places = equals(code, node)
        if len(places) == 1:
            raise RefusedError("the same is said nowhere else in the file")
        return extracted(code, node, places)


REFACTORING = ExtractConstantEverywhere()
