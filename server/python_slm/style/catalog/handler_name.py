"""Caught exceptions under another name than the profile's.

## What it does
Looks at the name in ``except … as name``.

## Why is this bad
It is the same thing every time; ``e`` here and ``exc`` there makes handlers that are moved wrong by one name.

## Example
```python
try:
    work()
except ValueError as e:
    print(e)
```

## Use instead
```python
try:
    work()
except ValueError as error:
    print(error)
```

## Fix safety
The name is changed in its handler and nowhere else, where it has no other meaning in the function and no code looks
names up by itself.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, ClassVar

from python_slm.errors import RefusedError
from python_slm.findings import Fix
from python_slm.style.base import StyleRule
from python_slm.style.conventions import Pattern, Sight
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.conventions import Value
    from python_slm.style.reading import Reading
    from python_slm.syntax.located import Located

PROFILE = {"naming.caught": "error"}
VALID = ("try:\n    f()\nexcept E as error:\n    g(error)\n", "try:\n    f()\nexcept E:\n    pass\n")
INVALID = (
    "def f():\n    try:\n        g()\n    except E as ⟦e⟧:\n        g(f'{e}')\n        raise A from e\n",
    "def f():\n    try:\n        g()\n    except E as ⟦e⟧:\n        g(e)\n    except F as ⟦x⟧: h(x)\n",
)
MENDED = (
    "def f():\n    try:\n        g()\n    except E as error:\n        g(f'{error}')\n        raise A from error\n",
    "def f():\n    try:\n        g()\n    except E as error:\n        g(error)\n    except F as error: h(error)\n",
)
_BY_ITSELF = re.compile(r"\b(?:locals|vars|eval|exec|globals|dir)\b")


class HandlerName(StyleRule):
    """One name for all of them."""

    code = "handler-name"
    conventions: ClassVar = (
        Pattern("naming.caught", "caught exceptions", ("e", "exc", "err", "error", "ex", "exception")),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.of(ast.ExceptHandler):
            if node.name and (span := _name_span(block.code, node)):
                yield Sight("naming.caught", node.name, *span, name=node.name)

    def mend(self, code: Located, sight: Sight, wanted: Value) -> Fix | None:
        """See StyleRule."""
        name = str(wanted)
        handlers = [one for one in ast.walk(code.tree) if isinstance(one, ast.ExceptHandler) and one.name]
        handler = next((one for one in handlers if _name_span(code, one) == (sight.start, sight.end)), None)
        if handler is None or not name.isidentifier():
            return None
        try:
            places = _places(code, handler, name)
        except RefusedError:
            return None
        edits = tuple(Edit(start, end, name) for start, end in sorted(places))
        return Fix(f"Name it {name}", edits) if edits else None


def _places(code: Located, handler: ast.ExceptHandler, new: str) -> set[tuple[int, int]]:
    """Where the name stands; empty where it, or the new one, means more than this handler's exception."""
    outer = next(
        one for one in code.around(handler) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module)
    )
    if isinstance(outer, ast.Module) or _BY_ITSELF.search(code.source(outer)):
        return set()
    own = list(ast.walk(handler))
    inside = set(own)
    homes = code.scopes
    scope = homes.at(handler).scope
    if scope.node is not outer or not handler.name:
        return set()
    same = homes.of(handler.name, scope.home(handler.name))
    others = [one for one in same if one.node not in inside and not _shut(code, one.node, handler.name)]
    clash = any(one.name == new and one.node in inside for one in homes.occurrences)
    kept = {id(one) for one in _others_named(outer, new, inside)}
    if (
        others
        or clash
        or kept
        or any(one.how != "load" and one.node is not handler for one in same if one.node in inside)
    ):
        return set()
    span = _name_span(code, handler)
    places = {code.span(one.node) for one in same if one.node in inside and one.node is not handler}
    places |= {span} if span else set()
    written = {code.text[start:end] for start, end in places}  # places in some f-strings are not ast's to know
    return places if written == {handler.name} else set()


def _others_named(outer: ast.AST, name: str, inside: set[ast.AST]) -> Iterator[ast.AST]:
    """What else is called so in the function, but for names of other handlers and what they hold."""
    handlers = [one for one in ast.walk(outer) if isinstance(one, ast.ExceptHandler) and one.name == name]
    theirs = {node for one in handlers for node in ast.walk(one)}
    for node in ast.walk(outer):
        if node in inside or node in theirs:
            continue
        called = getattr(node, "id", "") == name or getattr(node, "arg", "") == name
        if called or (isinstance(node, ast.Global | ast.Nonlocal) and name in node.names):
            yield node


def _shut(code: Located, node: ast.AST, name: str) -> bool:
    """Whether an occurrence belongs to another handler of the same name."""
    return any(isinstance(one, ast.ExceptHandler) and one.name == name for one in (node, *code.around(node)))


def _name_span(code: Located, handler: ast.ExceptHandler) -> tuple[int, int] | None:
    start = code.span(handler.type)[1] if handler.type else 0
    found = re.compile(rf"[\s)]*\bas\s+({re.escape(handler.name or '')})\s*:").match(code.text, start)
    return found.span(1) if found else None


RULE = HandlerName()
