"""Refactoring pairs: a syntax-tree rewrite of real code; one file a refactoring, its EXAMPLES are its tests.

Each rewrite keeps behaviour where it applies, and applies only where that can be told from the piece of code alone.
"""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.collect.edits import parsed
from python_slm_training.tasks.example import Example
from python_slm_training.tasks.refactor import (
    any_all,
    any_all_undone,
    comprehension_to_loop,
    comprehension_undone,
    dataclass_conversion,
    dict_get,
    dict_get_undone,
    enumerate_loop,
    enumerate_undone,
    format_string,
    guard_clause,
    invert_if,
    loop_to_comprehension,
    merge_if,
    pathlib_calls,
    ternary,
    type_hints,
    with_open,
    with_open_undone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.tasks.refactor.base import Refactoring
    from python_slm_training.tasks.source import SourceFile

REFACTORINGS: tuple[Refactoring, ...] = (
    any_all,
    any_all_undone,
    comprehension_to_loop,
    comprehension_undone,
    dataclass_conversion,
    dict_get,
    dict_get_undone,
    enumerate_loop,
    enumerate_undone,
    format_string,
    guard_clause,
    invert_if,
    loop_to_comprehension,
    merge_if,
    pathlib_calls,
    ternary,
    type_hints,
    with_open,
    with_open_undone,
)
_OF_CLASSES: tuple[Refactoring, ...] = (dataclass_conversion,)
_OF_FUNCTIONS = tuple(each for each in REFACTORINGS if each.KIND != dataclass_conversion.KIND)
MAX_CHARACTERS = 3_000
_MAX_CLASS_LINES = 60


def examples(source: SourceFile) -> Iterator[Example]:
    """One example for every refactoring that applies to a function or small class; ``kind`` is its name."""
    for line, text, choice in _pieces(source):
        hinted = [each for each in choice if each.HINT.search(text)]
        if not hinted:
            continue
        try:
            tree = cst.parse_module(text)
        except (cst.ParserSyntaxError, RecursionError):
            continue
        for each in hinted:
            pair = rewritten(each, tree)
            if pair is not None and len(pair[1]) <= MAX_CHARACTERS:
                where = f"{source.id}#refactor:{line}:{each.KIND}{' real' if each.TARGET_IS_REAL else ''}"
                asked = f"# refactor: {each.KIND}\n{pair[0]}"
                yield Example(
                    "refactor", each.KIND, pair[1], where, source=asked, path=source.path, metadata=source.metadata
                )


def rewritten(refactoring: Refactoring, tree: cst.Module) -> tuple[str, str] | None:
    """Code before and after, both of which parse; None where the refactoring does not apply."""
    try:
        pair = refactoring.rewrite(tree)
    except (cst.ParserSyntaxError, cst.CSTValidationError):  # what was put together is no code: it does not fit here
        return None
    if pair is None or pair[0] == pair[1] or parsed(pair[0]) is None or parsed(pair[1]) is None:
        return None
    return pair


def _pieces(source: SourceFile) -> Iterator[tuple[int, str, tuple[Refactoring, ...]]]:
    """Functions, and classes small enough to be seen whole, with the line where they begin and what may apply."""
    for function in source.functions:
        if len(function.text) <= MAX_CHARACTERS:
            yield function.line, function.text, _OF_FUNCTIONS
    assert source.tree is not None
    lines = source.text.split("\n")
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            last = node.end_lineno or node.lineno
            if last - first < _MAX_CLASS_LINES:
                yield first, textwrap.dedent("\n".join(lines[first - 1 : last])) + "\n", _OF_CLASSES
