"""Functions of a file as pieces of text that stand on their own: dedented, decorators included, never nested ones."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm_training.collect.edits import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

Definition = ast.FunctionDef | ast.AsyncFunctionDef
MIN_LINES, MAX_LINES = 3, 80
MAX_CHARACTERS = 4_000


@dataclass(frozen=True)
class Function:
    """``text`` is dedented and ends in a newline; ``tree`` is the definition parsed from ``text``."""

    name: str
    text: str
    tree: Definition
    line: int
    """Where it begins in its file, from 1."""

    @property
    def docstring(self) -> str | None:
        """The docstring's text, cleaned of its indentation."""
        return ast.get_docstring(self.tree)

    def parameters(self) -> list[str]:
        """Names of all parameters but ``self`` and ``cls``."""
        given = self.tree.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
        return [each.arg for each in every if each.arg not in {"self", "cls"}]

    def without_docstring(self) -> str | None:
        """The text without its docstring; None if nothing else is in the body, or the docstring shares its line."""
        if self.docstring is None:
            return self.text
        first = self.tree.body[0]
        lines = self.text.split("\n")
        head, last = lines[: first.lineno - 1], first.end_lineno or first.lineno
        whole = (
            not lines[first.lineno - 1][: first.col_offset].strip()
            and len(lines[last - 1].encode()) == first.end_col_offset
        )
        if len(self.tree.body) < 2 or not whole:  # noqa: PLR2004  # the docstring and something to do
            return None
        while last < len(lines) and not lines[last].strip():
            last += 1
        return "\n".join([*head, *lines[last:]])


def functions(text: str, tree: ast.Module) -> Iterator[Function]:
    """Functions and methods of a file with its tree, MIN_LINES to MAX_LINES long."""
    lines = text.split("\n")
    for node in definitions(tree):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        last = node.end_lineno or node.lineno
        if not MIN_LINES <= last - first + 1 <= MAX_LINES:
            continue
        function = function_of(textwrap.dedent("\n".join(lines[first - 1 : last])) + "\n", first)
        if function is not None and len(function.text) <= MAX_CHARACTERS:
            yield function


def function_of(text: str, line: int = 1) -> Function | None:
    """``text`` as a function, or None if it is anything else."""
    tree = parsed(text)
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], Definition):
        return None
    return Function(tree.body[0].name, text, tree.body[0], line)


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Functions at the top and methods of classes, in order."""
    bodies: list[ast.stmt] = list(reversed(tree.body))
    while bodies:
        node = bodies.pop()
        if isinstance(node, Definition):
            yield node
        elif isinstance(node, ast.ClassDef | ast.If | ast.Try):
            bodies += reversed(node.body)
