"""Invert if: the two branches change places, and the condition says the opposite."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced, negated, opposite_operator
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("⟦⟧if not x:\n    a()  # one\nelse:\n    # two\n    b()\n", "if x:\n    # two\n    b()\nelse:\n    a()  # one\n"),
    ("if ⟦⟧x is not None:\n\ta()\nelse:\n\tb()", "if x is None:\n\tb()\nelse:\n\ta()"),
    ("if a ⟦and⟧ b:\n    c()\nelse:\n    d()\ne()\n", "if not (a and b):\n    d()\nelse:\n    c()\ne()\n"),
    ("if ⟦⟧(a <\n    b):\n    c()\nelse:\n    d()\n", "if not (a <\n    b):\n    d()\nelse:\n    c()\n"),
    ("if (⟦⟧a == b) :\n    c()\nelse:\n    d()\n", "if (a != b) :\n    d()\nelse:\n    c()\n"),
    (
        "if ⟦⟧x:\n    a()\n    # a\nelse:\n    b()\n    # b\n# c\n",
        "if not x:\n    b()\n    # b\nelse:\n    a()\n    # a\n# c\n",
    ),
)
REFUSED = (
    ("if ⟦⟧x:\n    a()\n", "no else"),
    ("if ⟦⟧x:\n    a()\nelif y:\n    b()\nelse:\n    c()\n", "elif"),
    ("if x:\n    a()\nelif ⟦⟧y:\n    b()\nelse:\n    c()\n", "elif"),
    ("if ⟦⟧x: a()\nelse: b()\n", "line"),
    ("if ⟦⟧x:\n    a()\n# of else\nelse:\n    b()\n", "comment"),
    ("x = ⟦⟧1\n", "select an if"),
)
_ELSE = re.compile(r"(?<=[\r\n])[ \t\f]*else[ \t]*:([^\r\n]*)(?:\r\n|\n|\r)")


class InvertIf:
    """``<`` becomes ``not … <``, not ``>=``: the two differ for sets, and for numbers that are none."""

    name = "invert-if"
    kind = "refactor.rewrite.if"
    title = "Invert if"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = _if_at_selection(code)
        code.indent(node)
        then, other = self._branches(code, node)
        texts = [code.text[slice(*span)] for span in (then, other)]
        if not texts[1].endswith(("\n", "\r")):
            texts = [texts[0].rstrip("\r\n"), texts[1] + code.newline]
        swap = (Edit(*then, texts[1]), Edit(*other, texts[0]))
        changed = ast.If(negated(node.test), node.orelse, node.body)
        wanted = Replaced({node: changed}).of(code.tree)
        for test in _negations(code, node):
            if same(wanted, code.becomes(test, *swap)):
                return Plan((test, *swap))
        raise RefusedError("its text cannot be turned round")

    @staticmethod
    def _branches(code: Code, node: ast.If) -> tuple[tuple[int, int], tuple[int, int]]:
        """The lines of both branches."""
        ends = code.span(node.body[-1])[1], code.span(node.orelse[0])[0]
        found = _ELSE.search(code.text, code.line_end(ends[0]), code.line_end(ends[1]))
        first = code.line_start(code.span(node.body[0])[0])
        if found is None or first <= code.span(node.test)[0]:
            raise RefusedError("a branch stands on the line of its condition")
        between = code.text[code.line_end(ends[0]) : found.start()]
        inner = code.indent(node.body[0])
        if any(not line.startswith(inner) for line in between.splitlines() if line.strip()):
            raise RefusedError("a comment above else would lose its place")
        header = code.text[code.span(node.test)[1] : first]
        if "#" in found[1] or "#" in header:
            above = [line for line in header.splitlines() if line.strip().startswith("#")]
            if "#" in found[1] or header.partition("#")[0].strip(") \t") == ":" or not above:
                raise RefusedError("a comment speaks of a branch where its condition stands")
        start = _after_header(code, node)
        last = code.line_end(code.span(node.orelse[-1])[1])
        deep = re.escape(code.indent(node.orelse[0]))
        comments = re.compile(rf"(?:\r\n|\n|\r)(?:{deep}[ \t]*#[^\r\n]*(?:\r\n|\n|\r|$))*").match(code.text, last)
        return (start, found.start()), (found.end(), comments.end() if comments else last)


def _after_header(code: Code, node: ast.If) -> int:
    """Where the line below the colon of the condition begins."""
    colon = re.compile(r"[\s)\\]*:[^\r\n]*(?:\r\n|\n|\r)").match(code.text, code.span(node.test)[1])
    if colon is None:
        raise RefusedError("a comment speaks of a branch where its condition stands")
    return colon.end()


def _if_at_selection(code: Code) -> ast.If:
    """The innermost ``if`` whose header, or whole, is selected."""
    found = None
    for node in reversed(code.path):
        if isinstance(node, ast.If):
            start, end = code.span(node)
            header = start <= code.start and code.end <= code.line_end(code.span(node.test)[1])
            if header or (code.start, code.end) == (start, end):
                found = node
    if found is None:
        raise RefusedError("select an if, or its condition")
    if code.source(found).startswith("elif"):
        raise RefusedError("it is an elif")
    if not found.orelse:
        raise RefusedError("it has no else")
    text = code.text[slice(*code.span(found.orelse[0]))]
    if len(found.orelse) == 1 and isinstance(found.orelse[0], ast.If) and text.startswith("elif"):
        raise RefusedError("it has an elif")
    return found


def _negations(code: Code, node: ast.If) -> list[Edit]:
    """Ways to spell the opposite, the shortest first; which of them is right the tree says."""
    test, (start, end) = node.test, code.span(node.test)
    first = code.span(node)[0] + len("if")
    whole = code.text[first:end]
    spaces = whole[: len(whole) - len(whole.lstrip())] or " "
    ways: list[Edit] = []
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        ways.append(Edit(start, end, code.text[start + len("not") : end].lstrip()))
    if isinstance(test, ast.Compare) and (operator := opposite_operator(test)):
        left, right = code.span(test.left)[1], code.span(test.comparators[0])[0]
        middle = code.text[left:right]
        found = re.search(r"==|!=|\bis\s+not\b|\bnot\s+in\b|\bis\b|\bin\b", middle)
        if found:
            ways.append(Edit(left + found.start(), left + found.end(), operator))
    if code.text[first:start].strip() == "":
        ways.append(Edit(start, end, f"not {code.text[start:end]}"))
        ways.append(Edit(start, end, f"not ({code.text[start:end]})"))
    ways.append(Edit(first, first, f"{spaces}not"))
    return ways


REFACTORING = InvertIf()
