"""A function without annotations → the annotations that its author gave it: here the target is real."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, code

KIND = "type-hints"
HINT = re.compile(r"^(?:async )?def \w+\([\s\S]*?\)\s*->\s*\S", re.MULTILINE)
TARGET_IS_REAL = True
_HARMLESS = frozenset({"staticmethod", "classmethod", "property", "abstractmethod", "abc.abstractmethod", "override"})

EXAMPLES = (
    (
        """\
def f(x, y=1, *rest):
    z = x * y
    return str(z)
""",
        """\
def f(x: int, y: int = 1, *rest: int) -> str:
    z: int = x * y
    return str(z)
""",
        "f(2, 3)",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to annotated functions without decorators that might read the annotations."""
    node = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(node, cst.FunctionDef) or node.returns is None:
        return None
    if any(code(each.decorator) not in _HARMLESS for each in node.decorators):
        return None
    parameters = [each for each in node.params.params if each.name.value not in {"self", "cls"}]
    if any(each.annotation is None for each in parameters):
        return None
    bare = tree.visit(_Bare())
    return bare.code, tree.code


class _Bare(cst.CSTTransformer):
    """Takes every annotation away."""

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:  # noqa: N802
        del original_node
        bare = updated_node.with_changes(annotation=None)
        if bare.default is not None:
            space = cst.SimpleWhitespace("")
            bare = bare.with_changes(equal=cst.AssignEqual(whitespace_before=space, whitespace_after=space))
        return bare

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: N802
        del original_node
        return updated_node.with_changes(returns=None)

    def leave_AnnAssign(  # noqa: N802
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        del original_node
        if updated_node.value is None:
            return cst.RemoveFromParent() if isinstance(updated_node.target, cst.Name) else updated_node
        return cst.Assign([cst.AssignTarget(updated_node.target)], updated_node.value)
