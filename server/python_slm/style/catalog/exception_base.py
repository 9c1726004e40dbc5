"""Exceptions that do not derive from the project's own base.

## What it does
Looks for exception classes all of whose bases are Python's own, where the profile names a base for them.

## Why is this bad
Callers that catch the base to catch everything that the package raises on purpose do not catch these.

## Example
```python
class ParseError(ValueError): ...
```

## Use instead
```python
class ParseError(AcmeError, ValueError): ...
```
"""

from __future__ import annotations

import builtins
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Convention, Seen, Sight, Value
from python_slm.style.reading import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.style.evidence import Evidence
    from python_slm.style.reading import Reading

PROFILE = {"exceptions.base": "AcmeError"}
VALID = (
    "class AcmeError(Exception):\n    pass\n",
    "class ParseError(AcmeError, ValueError):\n    pass\n",
    "class DeepError(ParseError):\n    pass\n",
    "class OldWarning(DeprecationWarning):\n    pass\n",
)
INVALID = ("class ⟦ParseError⟧(ValueError):\n    pass\n", "class ⟦ParseError⟧(KeyError, LookupError):\n    pass\n")
_BUILTIN = frozenset(
    name
    for name, one in vars(builtins).items()
    if isinstance(one, type) and issubclass(one, BaseException) and not issubclass(one, Warning)
)
_LEAST_SHARE = 0.6
_LEAST_PLACES = 5
_LEAST_FILES = 1
"""A package has few exceptions, and rightly in one file."""


@dataclass(frozen=True)
class Base(Convention):
    """The class that all exceptions of a project derive from; a sight's value is the bases of one, parted by blanks."""

    def parsed(self, value: object) -> Value:
        """See Convention."""
        if not isinstance(value, str) or not value.isidentifier():
            raise ValueError(f"expected the name of a class, got {value!r}")
        return value

    def keeps(self, wanted: Value, sight: Sight) -> bool:
        """See Convention."""
        return sight.name == wanted or not set(str(sight.value).split()) <= _BUILTIN

    def complaint(self, wanted: Value, sight: Sight) -> str:
        """See Convention."""
        bases = " and ".join(str(sight.value).split())
        return f"{sight.name} derives from {bases}; exceptions of this project derive from {wanted}"

    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """See Convention."""
        bases = {one.sight.name: str(one.sight.value).split() for one in seen}
        roots = Counter(root for name in bases if (root := _root(name, bases)))
        if roots:
            found = self._evidence(roots.most_common(1)[0][0], seen, least=_LEAST_SHARE)
            yield replace(found, least_places=_LEAST_PLACES, least_files=_LEAST_FILES)


def _root(name: str, bases: dict[str, list[str]]) -> str:
    """The topmost class of the project above ``name``, other than itself."""
    seen = [name]
    while above := next((one for one in bases[seen[-1]] if one in bases and one not in seen), ""):
        seen.append(above)
    return seen[-1] if len(seen) > 1 else ""


class ExceptionBase(StyleRule):
    """A base that is no built-in one may derive from the project's: it is taken to."""

    code = "exception-base"
    conventions: ClassVar = (Base("exceptions.base", "exceptions"),)

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.classes:
            bases = [last_name(one) for one in node.bases if last_name(one)]
            if not block.test and any(one in _BUILTIN or one.endswith(("Error", "Exception")) for one in bases):
                yield Sight("exceptions.base", " ".join(bases), *block.name_span(node), name=node.name)


RULE = ExceptionBase()
