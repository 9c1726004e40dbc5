"""What the refactorings share: their shape, and questions about trees that libcst's nodes do not answer themselves."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

import libcst as cst

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence

Pair = tuple[str, str]
_NodeT = TypeVar("_NodeT", bound=cst.CSTNode)

_OPPOSITES: tuple[tuple[type[cst.BaseCompOp], cst.BaseCompOp], ...] = (
    (cst.Equal, cst.NotEqual()),
    (cst.NotEqual, cst.Equal()),
    (cst.Is, cst.IsNot()),
    (cst.IsNot, cst.Is()),
    (cst.In, cst.NotIn()),
    (cst.NotIn, cst.In()),
)
_LOOSE = (cst.BooleanOperation, cst.IfExp, cst.Lambda, cst.NamedExpr, cst.Yield)


class Refactoring(Protocol):
    """A module of this package."""

    @property
    def KIND(self) -> str:  # noqa: N802
        """Its name."""

    @property
    def HINT(self) -> re.Pattern[str]:  # noqa: N802
        """What is found in all code that it applies to."""

    @property
    def EXAMPLES(self) -> tuple[tuple[str, str, str], ...]:  # noqa: N802
        """(before, after, an expression that has the same value on both sides)."""

    @property
    def TARGET_IS_REAL(self) -> bool:  # noqa: N802
        """Whether the code after is what its author wrote, and the code before was made from it."""

    @property
    def rewrite(self) -> Callable[[cst.Module], Pair | None]:
        """Code before and after, or None where it does not apply; ``before`` may be ``tree``'s code with imports."""


_LEAVES = (
    *(cst.BaseExpression, cst.SimpleStatementLine, cst.SimpleStatementSuite, cst.BaseParenthesizableWhitespace),
    *(cst.EmptyLine, cst.TrailingWhitespace, cst.Parameters, cst.Decorator, cst.Annotation, cst.Arg),
)


class StatementRewriter(cst.CSTTransformer):
    """Visits statements, not what is in their lines: a tenth of the time. ``found``: anything was rewritten."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Whether to look inside ``node``."""
        return not isinstance(node, _LEAVES) and super().on_visit(node)


class BlockRewriter(StatementRewriter):
    """Rewrites the statements of every block."""

    def __init__(self, tree: cst.Module) -> None:
        super().__init__()
        self.tree = tree

    def statements(self, body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
        """The new statements of a block, or None to leave it."""
        raise NotImplementedError

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock) -> cst.BaseSuite:  # noqa: N802
        """Offer the block to ``statements``."""
        del original_node
        new = self.statements(updated_node.body)
        if new is None:
            return updated_node
        self.found = True
        return updated_node.with_changes(body=new)


def pair_of(tree: cst.Module, rewriter: BlockRewriter) -> Pair | None:
    """Code of ``tree`` before and after ``rewriter``, or None where it found nothing."""
    after = tree.visit(rewriter)
    return (tree.code, after.code) if rewriter.found else None


def flipped(pair: Pair | None) -> Pair | None:
    """The pair with its sides changed: code that was worsened comes before code as it was written."""
    return pair and (pair[1], pair[0])


def code(node: cst.CSTNode) -> str:
    """Text of a node, without blanks at its ends."""
    return cst.Module([]).code_for_node(node).strip()


def every(node: cst.CSTNode, kind: type[_NodeT]) -> Iterator[_NodeT]:
    """Nodes of ``kind`` at or below ``node``. A field walk: libcst's ``children`` is a visit, five times as slow."""
    pending: list[object] = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, cst.CSTNode):
            if isinstance(each, kind):
                yield each
            pending += [getattr(each, name) for name in _fields(type(each))]
        elif isinstance(each, list | tuple):
            pending += each


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def uses(node: cst.CSTNode, name: str) -> int:
    """How often ``name`` stands at or below ``node``, as a variable, attribute or parameter."""
    return sum(each.value == name for each in every(node, cst.Name))


def single(body: cst.BaseSuite) -> cst.BaseStatement | None:
    """The only statement of a block without comments of its own, or None."""
    if not isinstance(body, cst.IndentedBlock) or len(body.body) != 1 or has_comment(body):
        return None
    return body.body[0]


def small(statement: cst.CSTNode | None) -> cst.BaseSmallStatement | None:
    """What a line with one simple statement holds, or None."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def assigned(statement: cst.CSTNode | None) -> tuple[str, cst.BaseExpression] | None:
    """(name, value) of ``name = value``, or None."""
    found = small(statement)
    if isinstance(found, cst.Assign) and len(found.targets) == 1 and isinstance(found.targets[0].target, cst.Name):
        return found.targets[0].target.value, found.value
    return None


def has_comment(node: cst.CSTNode) -> bool:
    """Whether a comment stands anywhere below; rewrites that would lose or misplace it do not apply."""
    return "#" in cst.Module([]).code_for_node(node) and next(every(node, cst.Comment), None) is not None


def has_flow(node: cst.CSTNode) -> bool:
    """Whether it awaits, yields or binds a name in an expression: it cannot be moved into a comprehension."""
    return any(next(every(node, kind), None) for kind in (cst.Await, cst.Yield, cst.NamedExpr))


def negated(test: cst.BaseExpression) -> cst.BaseExpression:
    """The opposite of a condition. ``<`` and its kin get a ``not``: for NaN and sets the opposite is not ``>=``."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.expression
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        only = test.comparisons[0]
        for kind, opposite in _OPPOSITES:
            if isinstance(only.operator, kind):
                return test.with_changes(comparisons=[only.with_changes(operator=opposite)])
    return cst.UnaryOperation(cst.Not(), bracketed(test))


def bracketed(node: cst.BaseExpression) -> cst.BaseExpression:
    """``node`` in brackets if it binds more loosely than ``not`` and ``and``."""
    if isinstance(node, _LOOSE) and not node.lpar:
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return node


def fits(statement: cst.CSTNode, depth: int = 8) -> bool:
    """Whether it is one line of ordinary length, at an ordinary depth."""
    text = code(statement)
    return "\n" not in text and len(text) + depth <= 100  # noqa: PLR2004
