'''Summaries in another mood than the profile's: "Return the sum" or "Returns the sum".

## What it does
Looks at the first word of a function's docstring, where it is one of some two hundred verbs.

## Why is this bad
Both moods are in use, and a list of functions that mixes them reads as one written by nobody. (ruff's D401 knows the
imperative alone.)

## Example
```python
def area(side):
    """Returns the area of a square."""
```

## Use instead
```python
def area(side):
    """Return the area of a square."""
```

## Fix safety
One word of the docstring changes its form.
'''

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, ClassVar

from python_slm.findings import Fix
from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight
from python_slm.style.reading import decorators, docstring_lines
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.conventions import Value
    from python_slm.style.reading import Reading
    from python_slm.syntax.located import Located

PROFILE = {"docstrings.mood": "imperative"}
VALID = ('def f():\n    """Return it."""\n', 'def f():\n    """The sum."""\n', 'class A:\n    """Returns it."""\n')
INVALID = ('def f():\n    ⟦"""Returns it."""⟧\n', 'def f():\n    ⟦r"""\n    Applies it.\n    """⟧\n')
MENDED = ('def f():\n    """Return it."""\n', 'def f():\n    r"""\n    Apply it.\n    """\n')
_VERBS = frozenset(
    """
accept activate adapt add adjust advance allocate analyze append apply ask assert assign attach authenticate authorize
balance begin bind broadcast build cache calculate call cancel cast change check choose clean clear clip clone close
collapse collect combine compare compile complete compose compress compute concatenate configure confirm connect
construct consume convert copy count create crop deactivate decide declare decode decorate decrypt define delete deliver
deploy derive describe deserialize destroy detach detect determine disable discard disconnect dispatch display divide
download draw drop dump emit enable encode encrypt end enqueue ensure enter erase escape estimate evaluate examine
execute exit expand export extend extract fetch fill filter find finish fit flatten flush follow force format forward
gather generate get give grab guess handle hash hide identify ignore implement import include increment indicate infer
initialize inject insert inspect install invert invoke iterate join keep kill launch list listen load locate lock log
look lower make map mark match measure merge migrate mock modify monitor move multiply normalize notify obtain open
order override pack pad parse pass patch pause perform pick plot poll pop populate post predict prepare prepend print
process produce prompt provide publish pull purge push put query queue raise randomize read rebuild receive reconnect
record redirect reduce refresh register reject release reload remove rename render reorder replace report request
require reset resize resolve restart restore retrieve return reverse revert rotate round run sample save scale scan
schedule search select send serialize serve set setup shift show shuffle shut shutdown simplify simulate skip solve sort
spawn split start stop store strip submit subscribe subtract suggest sum summarize swap switch synchronize take tear
tell terminate test toggle tokenize track train transform translate traverse trigger trim truncate try turn unlock
unpack unregister update upload use validate verify wait walk warn watch wrap write yield
""".split()  # noqa: SIM905 - a list takes a line a word
)
_NOUNS = frozenset(
    """
call change check copy count cache cast display draw dump end export filter fit format guess hash import list lock log
look match mock order pad patch pop post process prompt query queue record report request reverse round run sample scale
scan search set setup shift show sort split start stop store sum swap switch test track train use wait walk watch wrap
""".split()  # noqa: SIM905
)
"""Nouns as well, with which a summary may open: the next word tells."""
_DETERMINERS = frozenset(
    "a all an and any each every if it its many new one or self that the this to two whether".split()  # noqa: SIM905
)


def _third(verb: str) -> str:
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "sh", "ch", "x", "z", "o")) else f"{verb}s"


_THIRD = {_third(verb): verb for verb in _VERBS}


class DocstringMood(StyleRule):
    """Functions and methods, not properties; where the first word may be a noun, the next tells."""

    code = "docstring-mood"
    conventions: ClassVar = (
        Choice(
            "docstrings.mood",
            "summaries that begin with a verb",
            {"imperative": 'the imperative ("Return …")', "descriptive": 'the third person ("Returns …")'},
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        if block.test:
            return
        for node, string, _ in block.documented():
            if isinstance(node, ast.Module | ast.ClassDef) or {"property", "cached_property"} & decorators(node):
                continue
            mood = _mood(docstring_lines(string)[0])
            if mood:
                yield Sight("docstrings.mood", mood, *block.code.span(string))

    def mend(self, code: Located, sight: Sight, wanted: Value) -> Fix | None:
        """See StyleRule."""
        found = re.compile(r"[rRuU]?(?:\"\"\"|'''|\"|')\s*([A-Za-z]+)").match(code.text, sight.start, sight.end)
        if not found:
            return None
        word = found[1]
        other = _third(word.lower()) if wanted == "descriptive" else _THIRD.get(word.lower(), word)
        other = other.capitalize() if word[0].isupper() else other
        return Fix(f"Write {other}", (Edit(*found.span(1), other),)) if other != word else None


def _mood(summary: str) -> str:
    words = summary.split()
    first = words[0].lower() if words else ""
    after = words[1].lower().rstrip(".,:;") if len(words) > 1 else ""
    if first in _THIRD and (_THIRD[first] not in _NOUNS or after in _DETERMINERS):
        return "descriptive"
    if first in _VERBS and (first not in _NOUNS or after in _DETERMINERS):
        return "imperative"
    return ""


RULE = DocstringMood()
