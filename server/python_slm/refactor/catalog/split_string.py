"""Split string: a string becomes two that stand beside each other, on two lines where they stand in brackets."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.plan import Plan
from python_slm.refactor.strings import string_at
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("x = 'ab⟦⟧cd'\n", "x = ('ab'\n     'cd')\n"),
    ("f('é ⟦⟧b', 1)\n", "f('é '\n  'b', 1)\n"),
    ('def f():\n    return rb"a⟦⟧b".x\n', 'def f():\n    return (rb"a"\n            rb"b").x\n'),
    ("x = [\n\t'a⟦⟧b',\n]\n", "x = [\n\t'a'\n\t'b',\n]\n"),
    ("x = 'a\\n⟦⟧b'  # why\n", "x = ('a\\n'\n     'b')  # why\n"),
)
REFUSED = (
    ("x = '⟦⟧ab'\n", "inside"),
    ("x = '''a⟦⟧b'''\n", "triple"),
    ("x = 'a\\⟦⟧n'\n", "nothing else"),
    ("def f():\n    'Do⟦⟧c.'\n", "docstring"),
    ("x = f'a⟦⟧b'\n", "f-string"),
    ("x = ⟦⟧1\n", "select a string"),
)


class SplitString:
    """Where the cursor is; both parts keep prefix and quotes."""

    name = "split-string"
    kind = "refactor.rewrite.string.split"
    title = "Split string"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node, prefix, quotes, _ = string_at(code)
        start, end = code.span(node)
        if isinstance(code.parents[node], ast.Expr):
            raise RefusedError("it is a docstring, or a statement of its own")
        if len(quotes) > 1:
            raise RefusedError("a string in triple quotes has its lines already")
        if not start + len(prefix) + 1 < code.start < end - 1 or code.start != code.end:
            raise RefusedError("put the cursor inside the string, where it is to be split")
        line = code.line_start(start)
        blank = "".join(one if one == "\t" else " " for one in code.text[line:start])
        middle = f"{quotes}{code.newline}{blank}{prefix}{quotes}"
        bare = (Edit(code.start, code.start, middle),)
        wide = Edit(code.start, code.start, f"{quotes}{code.newline}{blank} {prefix}{quotes}")
        bracketed = (Edit(start, start, "("), wide, Edit(end, end, ")"))
        for edits in (bare, bracketed):
            if same(code.tree, code.becomes(*edits)):
                return Plan(edits)
        raise RefusedError("its text cannot be changed so that nothing else does")


REFACTORING = SplitString()
