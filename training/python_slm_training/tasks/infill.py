"""Infilling bounded by the syntax tree (arXiv 2506.00204): what is hidden is a whole node."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code
from python_slm_training.tasks.example import Example

if TYPE_CHECKING:
    from random import Random

    from python_slm_training.tasks.source import SourceFile

KINDS = ("expression", "arguments", "statement", "block")
MAX_TARGET = 600
MAX_PREFIX, MAX_SUFFIX = 2_400, 1_200  # characters, cut at a line's beginning or end
_SHORTEST = {"expression": 4, "arguments": 3, "statement": 8, "block": 20}
_MOST_LINES = 14
Span = tuple[int, int]


def examples(source: SourceFile, rng: Random, most: int) -> list[Example]:
    """At most ``most`` spans of a file, of every kind in turn; the same for the same random state."""
    if source.tree is None:
        return []
    found = spans(Code(source.text, source.tree))
    made = []
    for number in range(most):
        kind = KINDS[number % len(KINDS)]
        if found[kind]:
            start, stop = found[kind].pop(rng.randrange(len(found[kind])))
            made.append(_example(source, kind, start, stop))
    return made


def spans(code: Code) -> dict[str, list[Span]]:
    """Characters ``start:stop`` that may be hidden, by kind; each is a whole node, or the nodes of a block."""
    found: dict[str, list[Span]] = {kind: [] for kind in KINDS}
    for place in code.places:
        node = place.node
        if isinstance(node, ast.stmt):
            found["statement"].append(code.span(node))
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and body[0].lineno > node.lineno:
                found["block"].append((code.span(body[0])[0], code.span(body[-1])[1]))
        elif isinstance(node, ast.Call) and node.args:
            last = node.keywords[-1].value if node.keywords else node.args[-1]
            found["arguments"].append((code.span(node.args[0])[0], code.span(last)[1]))
        elif isinstance(node, ast.expr) and not _is_plain(node):
            found["expression"].append(code.span(node))
    return {kind: [span for span in each if _fits(code.text, kind, span)] for kind, each in found.items()}


def _is_plain(node: ast.expr) -> bool:
    """Names and constants are better learnt from the rest of a line; a docstring is no code, nor is a slice alone."""
    return isinstance(node, ast.Name | ast.Constant | ast.Slice) or isinstance(getattr(node, "ctx", None), ast.Store)


def _fits(text: str, kind: str, span: Span) -> bool:
    size = span[1] - span[0]
    lines = text.count("\n", *span)
    docstring = text.startswith(('"""', "'''", 'r"""'), span[0])
    return _SHORTEST[kind] <= size <= MAX_TARGET and lines < _MOST_LINES and not docstring


def _example(source: SourceFile, kind: str, start: int, stop: int) -> Example:
    text = source.text
    begin = 0 if start <= MAX_PREFIX else text.find("\n", start - MAX_PREFIX, start) + 1
    end = len(text) if stop + MAX_SUFFIX >= len(text) else max(stop, text.rfind("\n", stop, stop + MAX_SUFFIX))
    return Example(
        task="infill",
        kind=kind,
        prefix=text[begin:start],
        suffix=text[stop:end],
        target=text[start:stop],
        path=source.path,
        id=f"{source.id}#infill:{start}-{stop}",
        metadata=source.metadata,
    )
