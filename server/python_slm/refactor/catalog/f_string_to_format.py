"""F-string to format: ``f"a{x!r}b"`` becomes ``"a{!r}b".format(x)``, as a text to be translated has to be."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.order import CHANGES, effect
from python_slm.refactor.plan import Plan
from python_slm.refactor.rewrite import held
from python_slm.refactor.spell import preferred_quote, quoted
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("x = ⟦f'a{b}'⟧  # why\n", "x = 'a{}'.format(b)  # why\n"),
    ('x = f"é {a.b!r:>10}⟦⟧ {c[0]} {{}}\\n"\n', 'x = "é {!r:>10} {} {{}}\\n".format(a.b, c[0])\n'),
    ("def f(a):\n\treturn g(⟦⟧f'{a + 1}', 2)\n", "def f(a):\n\treturn g('{}'.format(a + 1), 2)\n"),
    ("x = ⟦⟧f'{a=}' if b else ''\n", "x = 'a={!r}'.format(a) if b else ''\n"),
    ("x = (⟦⟧f'{a}'\n     'b' f'{c}')\n", "x = ('{}b{}'.format(a, c))\n"),
)
REFUSED = (
    ("x = ⟦f'{a:{b}}'⟧\n", "format of its own"),
    ("x = ⟦f'{a} {b()}'⟧\n", "order"),
    ("x = ⟦f'a'⟧\n", "nothing"),
    ("x = ⟦'a'⟧\n", "select"),
    ("x = (⟦⟧f'{a}'  # one\n     'b')\n", "comment"),
)


class FStringToFormat:
    """Calls may only come first: ``format`` evaluates all that an f-string evaluates and formats in turn."""

    name = "f-string-to-format"
    kind = "refactor.rewrite.string.toFormat"
    title = "Replace f-string with format"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.JoinedStr)
        if node is None:
            raise RefusedError("select an f-string")
        template, arguments = "", []
        for one in node.values:
            if isinstance(one, ast.FormattedValue):
                template += f"{{{_specification(one)}}}"
                arguments.append(one.value)
            elif isinstance(one, ast.Constant):
                template += str(one.value).replace("{", "{{").replace("}", "}}")
        if not arguments:
            raise RefusedError("there is nothing to format in it")
        if any(effect(one) == CHANGES for one in arguments[1:]):
            raise RefusedError("the order of evaluation and formatting would change")
        start, end = code.span(node)
        if "#" in code.source(node):
            raise RefusedError("a comment stands in it, or what looks like one")
        texts = [ast.unparse(one) for one in arguments]
        text = f"{quoted(template, preferred_quote(code.text))}.format({', '.join(texts)})"
        function = ast.Attribute(ast.Constant(template), "format", ast.Load())
        return Plan(tuple(held(code, [Edit(start, end, text)], {node: ast.Call(function, arguments, [])})))


def _specification(node: ast.FormattedValue) -> str:
    conversion = f"!{chr(node.conversion)}" if node.conversion > 0 else ""
    if node.format_spec is None:
        return conversion
    assert isinstance(node.format_spec, ast.JoinedStr)
    if not all(isinstance(one, ast.Constant) for one in node.format_spec.values):
        raise RefusedError("a format has a format of its own")
    shown = "".join(str(one.value) for one in node.format_spec.values if isinstance(one, ast.Constant))
    return f"{conversion}:{shown}"


REFACTORING = FStringToFormat()
