"""``for i in range(len(xs))`` with ``xs[i]`` → ``enumerate`` as the author wrote it; the index is made."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor import enumerate_loop
from python_slm_training.tasks.refactor.base import Pair, every, uses

KIND = enumerate_loop.KIND
HINT = re.compile(r"for \w+, \w+ in enumerate\(\w+\):")
TARGET_IS_REAL = True
_FORM = re.compile(r"enumerate\((\w+)\)")

EXAMPLES = enumerate_loop.EXAMPLES[:1]


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies where neither list, index nor element is bound in the loop, and the element is used nowhere else."""
    rewriter = _Rewriter(tree)
    before = tree.visit(rewriter)
    return (before.code, tree.code) if rewriter.found else None


class _Rewriter(cst.CSTTransformer):
    def __init__(self, tree: cst.Module) -> None:
        super().__init__()
        self.found = False
        self._tree = tree

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:  # noqa: N802
        del original_node
        named = _FORM.fullmatch(cst.Module([]).code_for_node(updated_node.iter))
        names = _names(updated_node.target)
        if self.found or named is None or names is None or updated_node.asynchronous:
            return updated_node
        index, item = names
        body, listed = updated_node.body, named[1]
        if uses(body, listed) or not uses(body, item) or uses(self._tree, item) > uses(updated_node, item):
            return updated_node
        if _is_bound(body, index) or _is_bound(body, item) or _is_label(body, item):
            return updated_node
        self.found = True
        new = body.visit(_Indexed(item, cst.parse_expression(f"{listed}[{index}]")))
        assert isinstance(new, cst.BaseSuite)
        return updated_node.with_changes(
            target=cst.Name(index), iter=cst.parse_expression(f"range(len({listed}))"), body=new
        )


class _Indexed(cst.CSTTransformer):
    def __init__(self, item: str, read: cst.BaseExpression) -> None:
        super().__init__()
        self._item, self._read = item, read

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:  # noqa: N802
        return self._read if original_node.value == self._item else updated_node


def _names(target: cst.BaseExpression) -> tuple[str, str] | None:
    """(index, element) of ``for index, element in``."""
    parts = [each.value for each in target.elements] if isinstance(target, cst.Tuple) else []
    names = [each.value for each in parts if isinstance(each, cst.Name)]
    return (names[0], names[1]) if len(names) == len(parts) == 2 else None  # noqa: PLR2004


def _is_bound(body: cst.BaseSuite, name: str) -> bool:
    """Whether anything in the loop gives ``name`` another value."""
    targets: list[cst.CSTNode] = [each.target for each in every(body, cst.AssignTarget)]
    targets += [each.target for kind in (cst.AugAssign, cst.AnnAssign) for each in every(body, kind)]  # type: ignore[attr-defined]
    targets += [each.target for each in every(body, cst.For)] + [each.target for each in every(body, cst.CompFor)]
    targets += [*every(body, cst.NamedExpr), *every(body, cst.Lambda), *every(body, cst.AsName), *every(body, cst.Del)]
    return any(uses(target, name) for target in targets)


def _is_label(body: cst.BaseSuite, name: str) -> bool:
    """Whether ``name`` is an attribute or keyword too, or stands in an f-string, where an index could break quotes."""
    labels = [each.attr for each in every(body, cst.Attribute)]
    labels += [each.keyword for each in every(body, cst.Arg) if each.keyword]
    return any(each.value == name for each in labels) or any(uses(each, name) for each in every(body, cst.FunctionDef))
