'''Docstrings without a part that the profile requires.

## What it does
Looks for docstrings of public functions that have parameters, a result or exceptions, and do not tell them, in any of
the four styles. Which parts are required is the profile's: ``parameters``, ``returns``, ``yields``, ``raises``, each
``present`` always or ``unless-one-line``: where a docstring of one line says it all, as Google's guide has it. A
summary that begins with "Return" or "Yield" tells that part itself.

## Why is this bad
Where a team documents parameters everywhere, a function without them reads as one that has nothing to say of them.
(ruff's D417 and DOC rules ask the same of everybody, for Google and NumPy style alone.)

## Example
```python
def area(side):
    """Area of a square."""
```

## Use instead
```python
def area(side):
    """Area of a square.

    :param side: in metres
    """
```
'''

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from python_slm.docstrings.facts import facts_of
from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Seen, Sight, Value
from python_slm.style.evidence import LEAST_SHARE, Evidence
from python_slm.style.reading import docstring_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.docstrings.entries import EntryKind
    from python_slm.docstrings.facts import Facts
    from python_slm.style.reading import Function, Reading

PROFILE = {"docstrings.parameters": "present", "docstrings.returns": "present", "docstrings.raises": "present"}
VALID = (
    'def f(a):\n    """Sum.\n\n    Args:\n        a: one.\n    """\n',
    'def _f(a):\n    """Sum."""\n',
    'def f():\n    """Print."""\n',
    'def f():\n    """Returns the sum.\n\n    And more.\n    """\n    return 1\n',
    'class A:\n    @property\n    def f(self):\n        """The sum."""\n        return 1\n',
)
INVALID = (
    'def ⟦f⟧(a):\n    """Sum."""\n    print(a)\n',
    'class A:\n    def ⟦f⟧(self) -> int:\n        """Sum."""\n        return 1\n',
    'def ⟦f⟧():\n    """Sum."""\n    raise ValueError\n',
)
_ONE_LINE = "one line"
_EXCEPT = ", but for docstrings of one line"
_PARTS: dict[str, EntryKind] = {"parameters": "param", "returns": "returns", "yields": "yields", "raises": "raises"}


def _ways(part: str) -> dict[str, str]:
    return {"present": part, "unless-one-line": f"{part}{_EXCEPT}"}


@dataclass(frozen=True)
class Part(Choice):
    """Whether a part of docstrings is there: always, or in all that are longer than a line."""

    def keeps(self, wanted: Value, sight: Sight) -> bool:
        """See Convention."""
        return sight.value in (wanted, "present") or (wanted == "unless-one-line" and sight.value == _ONE_LINE)

    def complaint(self, wanted: Value, sight: Sight) -> str:
        """See Convention."""
        return f"{sight.name}: the docstring has {self.options[str(wanted)].removesuffix(_EXCEPT)} to tell"

    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """See Convention. Longer docstrings are asked only where not all of them agree."""
        always = self._evidence("present", seen, least=LEAST_SHARE)
        longer = [one for one in seen if one.sight.value != _ONE_LINE]
        if seen and (always.adopted or not longer):
            yield always
        elif longer:
            yield self._evidence("unless-one-line", longer, least=LEAST_SHARE)


class DocstringSections(StyleRule):
    """Stubs, properties, special methods and tests owe nothing."""

    code = "docstring-sections"
    conventions: ClassVar = tuple(
        Part(f"docstrings.{part}", f"docstrings of public functions with {part}", _ways(part)) for part in _PARTS
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node, string, layout in block.documented():
            if isinstance(node, ast.Module | ast.ClassDef) or block.test or not block.public(node):
                continue
            facts = facts_of(node, name=node.name, in_class=block.owner(node) is not None)
            if facts.kind == "property" or facts.stub:
                continue
            for part in _told(facts, node):
                there = layout is not None and layout.has(_PARTS[part])
                way = "present" if there or _opens_with(part, string) else _absent(string)
                yield Sight(f"docstrings.{part}", way, *block.name_span(node), name=node.name)


def _opens_with(part: str, string: ast.Constant) -> bool:
    """Whether the summary itself tells what comes back: "Returns the sum"."""
    words = docstring_lines(string)[0].split(maxsplit=1)
    return bool(words) and part in ("returns", "yields") and words[0].lower() in (part, part[:-1])


def _absent(string: ast.Constant) -> str:
    return "absent" if len(docstring_lines(string)) > 1 else _ONE_LINE


def _told(facts: Facts, node: Function) -> Iterator[str]:
    """The parts that a function has something to say in."""
    if facts.parameters:
        yield "parameters"
    if facts.returns_value and not facts.yields and node.name != "__init__":
        yield "returns"
    if facts.yields and "contextmanager" not in facts.decorators:
        yield "yields"
    if facts.raises:
        yield "raises"


RULE = DocstringSections()
