"""Join strings: literals that stand beside each other become one."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.plan import Plan
from python_slm.refactor.strings import LITERAL
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("x = 'a' ⟦⟧'b'\n", "x = 'ab'\n"),
    ("x = (⟦⟧'é'\n     'b')\n", "x = ('éb')\n"),
    ("f(b'a' b\"⟦⟧b\" b'c', 1)\n", "f(b'abc', 1)\n"),
    ("x = r'\\d' r'⟦⟧\\w'\n", "x = r'\\d\\w'\n"),
    ("x = ['a'\n\t'b⟦⟧', 'c']\n", "x = ['ab', 'c']\n"),
)
REFUSED = (
    ("x = ⟦⟧'a'\n", "one literal"),
    ("x = ('a'  # why\n     ⟦⟧'b')\n", "comment"),
    ("x = 'a' ⟦⟧r'b'\n", "different"),
    ("x = 'a' ⟦⟧f'{b}'\n", "f-string"),
    ("x = 'a' ⟦⟧\"'\"\n", "quotes"),
    ("x = ⟦⟧1\n", "select a string"),
)


class JoinStrings:
    """Only of one prefix, and in quotes that no part holds."""

    name = "join-strings"
    kind = "refactor.rewrite.string.join"
    title = "Join strings into one"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = next((one for one in code.path if isinstance(one, ast.Constant | ast.JoinedStr)), None)
        if isinstance(node, ast.JoinedStr):
            raise RefusedError("it is an f-string, or stands beside one")
        if node is None or not isinstance(node.value, str | bytes):
            raise RefusedError("select a string")
        start, end = code.span(node)
        found = list(LITERAL.finditer(code.text, start, end))
        if len(found) == 1:
            raise RefusedError("it is one literal already")
        between = [code.text[one.end() : two.start()] for one, two in pairwise(found)]
        if any(one.strip(" \t\r\n\\") for one in between):
            raise RefusedError("a comment stands between its parts")
        if len({one["prefix"].lower() for one in found}) > 1:
            raise RefusedError("its parts have different prefixes")
        quotes = found[0]["quotes"]
        if any(one["quotes"] != quotes and (len(one["quotes"]) > 1 or quotes[0] in one["body"]) for one in found):
            raise RefusedError("its parts need different quotes")
        edit = Edit(start, end, found[0]["prefix"] + quotes + "".join(one["body"] for one in found) + quotes)
        if not same(code.tree, code.becomes(edit)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan((edit,))


REFACTORING = JoinStrings()
