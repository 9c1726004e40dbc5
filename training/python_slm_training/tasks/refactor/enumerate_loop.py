"""``for i in range(len(names)): use(i, names[i])`` → ``for i, name in enumerate(names): use(i, name)``."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, code, every, uses

KIND = "enumerate"
HINT = re.compile(r"in range\(len\(")
TARGET_IS_REAL = False

EXAMPLES = (
    (
        """\
def f(names):
    out = []
    for i in range(len(names)):
        out.append((i, names[i], names[i].upper()))
    return out
""",
        """\
def f(names):
    out = []
    for i, name in enumerate(names):
        out.append((i, name, name.upper()))
    return out
""",
        "f(['a', 'b'])",
    ),
    (
        """\
def f(xs):
    total = 0
    for i in range(len(xs)):
        total += xs[i]
    return total
""",
        """\
def f(xs):
    total = 0
    for x in xs:
        total += x
    return total
""",
        "f([1, 2])",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies where the loop only reads ``names[i]`` and changes neither list nor index."""
    rewriter = _Rewriter(tree)
    after = tree.visit(rewriter)
    return (tree.code, after.code) if rewriter.found else None


class _Rewriter(cst.CSTTransformer):
    def __init__(self, tree: cst.Module) -> None:
        super().__init__()
        self.found = False
        self._tree = tree

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:  # noqa: N802
        del original_node
        listed = _listed(updated_node)
        if listed is None or self.found or not isinstance(updated_node.target, cst.Name):
            return updated_node
        index = updated_node.target.value
        item = self._item(listed.value)
        inner = _Reads(listed.value, index, item)
        body = updated_node.body.visit(inner)
        # what still names the list after every read of names[i] is gone changes it, or shows it to others
        if item is None or not inner.count or uses(updated_node.body, listed.value) != inner.count:
            return updated_node
        if uses(updated_node.body, index) > inner.count and _binds(updated_node.body, index):
            return updated_node
        assert isinstance(body, cst.BaseSuite)
        outside = uses(self._tree, index) > uses(updated_node, index)
        needed = uses(body, index) > 0 or outside
        target = f"{index}, {item}" if needed else item
        self.found = True
        source = cst.parse_expression(f"enumerate({listed.value})") if needed else listed
        made = cst.ensure_type(cst.parse_statement(f"for {target} in x:\n    pass\n"), cst.For)
        return updated_node.with_changes(target=made.target, iter=source, body=body)

    def _item(self, listed: str) -> str | None:
        """A name for one element that nothing else has: ``names`` → ``name``."""
        singular = listed[:-1] if listed.endswith("s") and not listed.endswith("ss") and len(listed) > 1 else "item"
        return next(
            (name for name in (singular, "item", "element") if name.isidentifier() and not uses(self._tree, name)), None
        )


def _listed(loop: cst.For) -> cst.Name | None:
    """``names`` of ``range(len(names))``."""
    return _named(code(loop.iter)) if not loop.asynchronous else None


def _named(text: str) -> cst.Name | None:
    found = re.fullmatch(r"range\(len\(([A-Za-z_]\w*)\)\)", text)
    return cst.Name(found[1]) if found else None


def _binds(body: cst.BaseSuite, name: str) -> bool:
    targets: list[cst.CSTNode] = [each.target for each in every(body, cst.AssignTarget)]
    targets += [each.target for each in every(body, cst.AugAssign)] + [each.target for each in every(body, cst.For)]
    return any(uses(target, name) for target in targets if not isinstance(target, cst.Subscript))


class _Reads(cst.CSTTransformer):
    """Replaces ``names[i]`` where it is read; ``count`` says how often."""

    def __init__(self, listed: str, index: str, item: str | None) -> None:
        super().__init__()
        self._text, self._item = f"{listed}[{index}]", item
        self.count = 0

    def visit_AssignTarget(self, node: cst.AssignTarget) -> bool:  # noqa: N802
        return self._text not in code(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> bool:  # noqa: N802
        return self._text not in code(node.target)

    def visit_Del(self, node: cst.Del) -> bool:  # noqa: N802
        del node
        return False

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.BaseExpression:  # noqa: N802
        if self._item is None or code(original_node) != self._text:
            return updated_node
        self.count += 1
        return cst.Name(self._item)
