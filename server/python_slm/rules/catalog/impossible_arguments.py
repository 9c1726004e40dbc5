"""A call with arguments that the function does not take.

## What it does
Finds calls of functions, methods (`self.f`) and classes of the same file with too many arguments, too few, or names
that they do not have.

## Why is this bad
The call raises `TypeError` whenever it is reached.

## Example
```python
def scale(image, factor):
    return image.resize(factor)

scale(image)
```

## Use instead
```python
scale(image, 2)
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.rules.callees import callee
from python_slm.rules.purity import expects_error
from python_slm.syntax.parameters import lacks, misfit, without_instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.findings import Severity
    from python_slm.rules.callees import Callee
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located
    from python_slm.syntax.parameters import Parameter

VALID = (
    "def f(a, b=1, *, c=2):\n    pass\n\nf(1)\nf(1, 2, c=3)\nf(*x)\nf(**x)\n",
    "@decorated\ndef f(a):\n    pass\n\nf()\n",
    "class A:\n    def __init__(self, a):\n        self.b(1)\n\n    def b(self, *a):\n        pass\n\nA(1)\n",
    "class A(B):\n    pass\n\nA(1)\n",
    "class A:\n    def f(self, x):\n        raise NotImplementedError\n\n    def g(self):\n        self.f(1, 2)\n",
    "class A:\n    @staticmethod\n    def f(a):\n        pass\n\n    def g(self):\n        self.f(1)\n",
    "def f(a):\n    pass\n\ntry:\n    f()\nexcept TypeError:\n    f(1, 2)\n",
    (
        "class A:\n    @classmethod\n    def f(cls, a):\n        cls.f(1)\n        cls.g(cls(), 2)\n\n"
        "    def g(self, a):\n        pass\n"
    ),
)
INVALID = (
    "def f(a, b):\n    pass\n\n⟦f(1)⟧\nf(1, 2, ⟦3⟧)\nf(1, b=2, ⟦c=3⟧)\nf(1, 2, ⟦a=3⟧)\n",
    "class A:\n    def __init__(self, a):\n        self.b(⟦1⟧)\n\n    def b(self):\n        return 1\n\n⟦A()⟧\n",
    "class A:\n    pass\n\nA(⟦1⟧)\n",
    "def f():\n    def g(a):\n        pass\n    ⟦g()⟧\n",
)


@dataclass(frozen=True)
class ImpossibleArguments:
    """See the file's docstring."""

    code = "impossible-arguments"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for call in code.every(ast.Call):
            found = callee(call.func, code, file)
            if found:
                parameters, spoken, related = _parameters(call, found), found.spoken, found.related
            elif isinstance(call.func, ast.Name):
                parameters, spoken, related = _constructor(call.func, code, file)
            else:
                continue
            if parameters is None or expects_error(call, code) or _is_second_try(call, code):
                continue
            surplus = misfit(call, parameters)
            if surplus is not None:
                yield self._finding(surplus, f"'{spoken}' does not take this argument", parameters, related, code)
            elif lacks(call, parameters):
                yield self._finding(call, f"'{spoken}' needs more arguments", parameters, related, code)

    def _finding(
        self,
        node: ast.expr | ast.keyword,
        message: str,
        parameters: Sequence[Parameter],
        related: tuple[Related, ...],
        code: Located,
    ) -> Finding:
        return Finding(
            "rules",
            self.code,
            message,
            *code.span(node),
            self.severity,
            related=related,
            reasoning=f"It takes `({', '.join(map(_shown, parameters))})`, as it is defined in this file.",
        )


def _parameters(call: ast.Call, found: Callee) -> Sequence[Parameter] | None:
    decorators = found.facts.decorators
    if not found.method:
        return found.facts.parameters if not decorators else None
    if found.facts.stub:  # what inherits says how it is called
        return None
    if decorators == ("staticmethod",):
        return found.facts.parameters
    assert isinstance(call.func, ast.Attribute)  # what else methods are called by
    if decorators not in ((), ("classmethod",)) or (not decorators and found.spoken.startswith("cls.")):
        return None
    return without_instance(found.facts.parameters)


def _constructor(
    name: ast.Name, code: Located, file: File
) -> tuple[Sequence[Parameter] | None, str, tuple[Related, ...]]:
    """Of a class without bases, decorators or a metaclass, whose calls mean ``__init__`` and nothing else."""
    facts = file.class_of(name.id) if code.scopes.at(name).home is code.scopes.module else None
    if facts is None or facts.bases not in ((), ("object",)) or facts.decorators or facts.keywords:
        return None, "", ()
    place = file.place(name.id)
    related = (Related(*place, f"'{name.id}' is defined here"),) if place else ()
    if "__new__" in facts.bound or "__init__" in facts.bound - set(facts.methods):
        return None, "", ()
    made = facts.methods.get("__init__", ())
    if not made:
        return (), name.id, related
    if len(made) != 1 or made[0].decorators:
        return None, "", ()
    return without_instance(made[0].parameters), name.id, related


def _is_second_try(call: ast.Call, code: Located) -> bool:
    """Whether another way to call it was tried before: what inherits may take other arguments."""
    return any(isinstance(one, ast.ExceptHandler) for one in code.around(call))


def _shown(one: Parameter) -> str:
    stars = {"args": "*", "kwargs": "**"}.get(one.kind, "")
    optional = not one.required and not stars
    return f"{stars}{one.name}{'=…' if optional else ''}"


RULE = ImpossibleArguments()
