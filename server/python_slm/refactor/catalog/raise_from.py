"""Raise from: an exception raised while another is handled says which: ``raise B from error``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS
from python_slm.refactor.plan import Plan
from python_slm.refactor.rewrite import Changes, held
from python_slm.refactor.tree import Replaced
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        "try:\n    a()\nexcept E:  # why\n    ⟦⟧raise F('x')  # one\n",
        "try:\n    a()\nexcept E as error:  # why\n    raise F('x') from error  # one\n",
    ),
    (
        "def f():\n\ttry:\n\t\ta()\n\texcept (A,\n\t\t\tB) as é:\n\t\traise ⟦⟧F(\n\t\t\té)\n",
        "def f():\n\ttry:\n\t\ta()\n\texcept (A,\n\t\t\tB) as é:\n\t\traise F(\n\t\t\té) from é\n",
    ),
    (
        "def f(error):\n    try:\n        a()\n    except (E):\n        if error: ⟦raise F⟧\n",
        "def f(error):\n    try:\n        a()\n    except (E) as error2:\n        if error: raise F from error2\n",
    ),
    (
        "try:\n    a()\nexcept* E :\n    ⟦⟧raise F; b()\n",
        "try:\n    a()\nexcept* E as error :\n    raise F from error; b()\n",
    ),
    (
        "try:\n    a()\nexcept E:\n    try:\n        b()\n    except a.b.F:\n        raise (⟦⟧F)",
        "try:\n    a()\nexcept E:\n    try:\n        b()\n    except a.b.F as error:\n        raise (F) from error",
    ),
)
REFUSED = (
    ("raise ⟦⟧F\n", "no exception is handled"),
    ("try:\n    a()\nexcept E:\n    ⟦⟧raise\n", "again"),
    ("try:\n    a()\nexcept E as e:\n    ⟦⟧raise e\n", "again"),
    ("try:\n    a()\nexcept E as e:\n    ⟦⟧raise F from None\n", "already"),
    ("try:\n    a()\nexcept:\n    ⟦⟧raise F\n", "which"),
    ("try:\n    a()\nexcept E as e:\n    e = 1\n    ⟦⟧raise F\n", "another value"),
    ("x = ⟦⟧1\n", "select"),
)


class RaiseFrom:
    """The exception's ``__cause__`` is set, and a traceback says so: that is what it is for."""

    name = "raise-from"
    kind = "refactor.rewrite.raise.from"
    title = "Raise from the handled exception"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.Raise)
        if node is None:
            raise RefusedError("select a raise statement")
        handler = _handler(code, node)
        if node.exc is None or (isinstance(node.exc, ast.Name) and node.exc.id == handler.name):
            raise RefusedError("it raises the same exception again")
        if node.cause is not None:
            raise RefusedError("it says already what it comes from")
        if handler.type is None:
            raise RefusedError("the except does not say which exceptions it handles")
        if handler.name and any(
            isinstance(one, ast.Name) and one.id == handler.name and not isinstance(one.ctx, ast.Load)
            for one in ast.walk(handler)
        ):
            raise RefusedError("the handled exception's variable is given another value")
        name = handler.name or code.free("error", node)
        end = code.span(node)[1]
        edits = [Edit(end, end, f" from {name}")]
        if not handler.name:
            colon = re.compile(r"[\s)]*?(?=\s*:)").match(code.text, code.span(handler.type)[1])
            at = colon.end() if colon else end
            edits.insert(0, Edit(at, at, f" as {name}"))
        raised = ast.Raise(node.exc, ast.Name(name, ast.Load()))
        body = [Replaced({node: raised}).of(one) for one in handler.body]
        changes: Changes = {handler: ast.ExceptHandler(handler.type, name, body)}  # type: ignore[arg-type]
        return Plan(tuple(held(code, edits, changes)))


def _handler(code: Code, node: ast.Raise) -> ast.ExceptHandler:
    for outer in code.around(node):
        if isinstance(outer, ast.ExceptHandler):
            return outer
        if isinstance(outer, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            break
    raise RefusedError("no exception is handled here")


REFACTORING = RaiseFrom()
