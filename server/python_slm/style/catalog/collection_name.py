"""Names of lists, sets and sequences that are not plural.

## What it does
Holds the names of parameters and attributes that are annotated as a collection against the profile's pattern.

## Why is this bad
``for user in users`` tells what is what; ``for user in user_list`` and ``for u in user`` do not.

## Example
```python
def notify(user: list[User]) -> None: ...
```

## Use instead
```python
def notify(users: list[User]) -> None: ...
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Pattern, Sight
from python_slm.style.reading import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"naming.collection": r"\w*s"}
VALID = (
    "def f(users: list[User]):\n    pass\n",
    "def f(user: User):\n    pass\n",
    "def f(*args: list[int]):\n    pass\n",
)
INVALID = (
    "def f(⟦user⟧: list[User]):\n    pass\n",
    "class A:\n    ⟦user⟧: Sequence[User]\n",
)
_COLLECTIONS = frozenset({
    "list", "set", "frozenset", "List", "Set", "FrozenSet", "Sequence", "MutableSequence", "Collection", "Iterable",
    "AbstractSet", "MutableSet", "deque", "Deque",
})  # fmt: skip
_IRREGULAR = "children|data|people|indices|vertices|matrices|criteria|media|series"


class CollectionName(StyleRule):
    """Bare ``list`` says nothing of what is in it, and is left alone."""

    code = "collection-name"
    conventions: ClassVar = (
        Pattern(
            "naming.collection",
            "parameters and attributes that are collections",
            (r"\w*s\d?", rf"\w*(?:s|{_IRREGULAR})\d?", rf"\w*(?:s|_list|_set|{_IRREGULAR})\d?"),
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        if block.test:
            return
        for function in block.functions:
            args = function.args
            for parameter in (*args.posonlyargs, *args.args, *args.kwonlyargs):
                if _is_collection(parameter.annotation):
                    start = block.code.offset(parameter.lineno, parameter.col_offset)
                    yield _sight(parameter.arg, start)
        for node in block.of(ast.AnnAssign):
            if _is_collection(node.annotation) and isinstance(node.target, ast.Name):
                yield _sight(node.target.id, block.code.span(node.target)[0])


def _sight(name: str, start: int) -> Sight:
    constant = name.isupper()
    return Sight("naming.collection", name.lower() if constant else name, start, start + len(name), name=name)


def _is_collection(annotation: ast.expr | None) -> bool:
    if isinstance(annotation, ast.BinOp):
        return _is_collection(annotation.left)
    return isinstance(annotation, ast.Subscript) and last_name(annotation.value) in _COLLECTIONS


RULE = CollectionName()
