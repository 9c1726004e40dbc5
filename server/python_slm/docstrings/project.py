"""What other files say of the style of docstrings, read as quickly as that can be."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING

from python_slm.docstrings.raising import Function
from python_slm.docstrings.style import Evidence, Seen
from python_slm.syntax.parse import ast_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def evidence_of(texts: Iterable[str], *, cancelled: Callable[[], bool] = lambda: False) -> Evidence:
    """That of files, as far as they could be read before ``cancelled``, which is asked before each."""
    parts: list[Evidence] = []
    for text in texts:
        if cancelled():
            break
        tree = ast_of(text) if '"""' in text else None
        if tree is not None:
            parts.append(Evidence.of(_seen(tree)))
    return Evidence.joined(parts)


def _seen(tree: ast.Module) -> Iterator[Seen]:
    for node in ast.walk(tree):
        if not isinstance(node, Function | ast.ClassDef):
            continue
        text = ast.get_docstring(node, clean=False)
        if not text:
            continue
        lines = inspect.cleandoc(text).splitlines() or [""]
        columns = max(map(len, text.splitlines()))
        if isinstance(node, ast.ClassDef):
            yield Seen(lines, parameters=False, columns=columns, of="class")
            continue
        named = [*node.args.posonlyargs, *node.args.args]
        late = named[len(named) - len(node.args.defaults) :]
        defaults = frozenset(each.arg for each in [*late, *node.args.kwonlyargs])
        of = "init" if node.name == "__init__" else ""
        yield Seen(lines, parameters=bool(named), columns=columns, defaults=defaults, of=of)
