"""Change quotes: a string stands in the other sort of quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.plan import Plan
from python_slm.refactor.strings import string_at
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("x = ⟦⟧'a'\n", 'x = "a"\n'),
    ('x = f(b"e⟦⟧"[1:])\n', "x = f(b'e'[1:])\n"),
    ("x = r'é\\d⟦⟧' # 'why'\n", "x = r\"é\\d\" # 'why'\n"),
    ("x = 'it\\'s⟦⟧'\n", 'x = "it\'s"\n'),
    ("x = '''a\nb⟦⟧'''\n", 'x = """a\nb"""\n'),
    ("def f():\n    '⟦⟧Doc.'\n", 'def f():\n    "Doc."\n'),
)
REFUSED = (
    ("x = ⟦⟧'\"a\"'\n", "holds such quotes"),
    ("x = ⟦⟧1\n", "select a string"),
    ("x = ⟦⟧f'{y}'\n", "f-string"),
    ("x = '''a\"⟦⟧'''\n", "holds such quotes"),
    ("x = 'a' '⟦⟧b'\n", "several"),
)


class ChangeQuotes:
    """Single to double ones and back, triple ones too; escapes that are needed no more go."""

    name = "change-quotes"
    kind = "refactor.rewrite.string.quotes"
    title = "Change quotes"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node, prefix, quotes, body = string_at(code)
        other = ("'" if quotes[0] == '"' else '"') * len(quotes)
        if other[0] in body:
            raise RefusedError("it holds such quotes itself")
        if "r" not in prefix.lower():
            body = re.sub(r"\\(.)", lambda one: one[1] if one[1] == quotes[0] else one[0], body, flags=re.DOTALL)
        edit = Edit(*code.span(node), f"{prefix}{other}{body}{other}")
        if not same(code.tree, code.becomes(edit)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan((edit,))


REFACTORING = ChangeQuotes()
