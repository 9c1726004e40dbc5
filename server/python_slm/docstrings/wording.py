"""Plain words for what has only a name: the summary and descriptions that stand in until somebody says it better."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_slm.docstrings.classes import Attribute
    from python_slm.docstrings.facts import Facts
    from python_slm.docstrings.raising import Raised
    from python_slm.docstrings.signature import Argument

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")
_VERBS = frozenset(
    """
    accept acquire activate add adjust allocate allow analyze append apply approve archive assert assign attach
    authenticate begin bind bootstrap broadcast build bump cache calculate call cancel check choose clean cleanup clear
    clone close collapse collect combine commit compare compile compose compress compute configure connect consume
    convert copy count crawl create decode decompress decrease decrypt delete deploy derive deserialize destroy detach
    detect disable discard disconnect dispatch display divide download draw drop dump edit emit enable encode encrypt
    enqueue ensure enter escape estimate evaluate exclude execute exit expand export extend extract fetch fill filter
    find finish fit fix flatten flush force forget fork format forward free freeze generate grant group grow handle hide
    ignore import include increase infer init initialize inject insert inspect install interpolate invalidate invert
    invoke join keep kill launch list listen load lock log login logout lookup make map mark match measure merge migrate
    modify monitor mount move multiply normalize notify open optimize order override pack parse patch pause peek perform
    pick ping play poll pop populate predict prepare prepend print process produce prune publish pull purge push put
    query raise read rebuild receive recover reduce refresh register reject release reload remove rename render reorder
    repair replace reply report request require reset resize resolve restart restore retrieve retry return reverse
    revert revoke rotate round run sample save scale scan schedule search select send serialize serve set setup show
    shuffle shutdown skip sleep slice sort split start stop store strip submit subscribe subtract sum swap switch sync
    take terminate toggle tokenize train transform translate traverse trigger trim truncate try unlock unpack
    unregister unsubscribe update upgrade upload use validate verify visit wait walk warn watch wrap write yield zip
    """.split()  # noqa: SIM905 - a list of words to read
)
_QUESTIONS = {"is": "it is", "has": "it has", "can": "it can", "should": "it should", "was": "it was"}
_OPENINGS = {"to": "Convert to", "as": "Convert to", "from": "Create from", "on": "Handle", "test": "Test"}
_LONGEST_CONDITION = 60
_LONGEST_DEFAULT = 40


def words_of(name: str) -> str:
    """``parseHTTPHeader`` → ``parse HTTP header``."""
    parts = [part for part in _CAMEL.split(name.strip("_")) if part]
    return " ".join(part if len(part) > 1 and part.isupper() and not name.isupper() else part.lower() for part in parts)


def summary_of(facts: Facts) -> str:
    """One sentence from a definition's name and what it gives, such as: Return the area."""
    words = words_of(facts.name) or facts.name
    question = _question(words)
    if facts.kind == "module":
        return f"{_capital(words)}."
    if facts.kind == "class":
        return f"{_article(words)} {words}."
    if facts.kind == "property":
        return f"{_capital(question.removeprefix('Return ')) or f'The {words}'}."
    if facts.name == "__init__":
        return "Initialize the object."
    if facts.name.startswith("__"):
        return f"Implement ``{facts.name}``."
    return f"{question or _by_first_word(words, facts)}."


def _by_first_word(words: str, facts: Facts) -> str:
    first, _, rest = words.partition(" ")
    if first == "get" and rest:
        return f"{'Return' if facts.returns_value else 'Get'} the {rest}"
    if first in _VERBS:
        return _capital(words)
    if first in _OPENINGS and rest:
        return f"{_OPENINGS[first]} {rest}"
    return f"{'Yield' if facts.yields else 'Return' if facts.returns_value else 'Perform'} the {words}"


def parameter_said(parameter: Argument) -> str:
    """A description of a parameter from its name."""
    if parameter.kind == "args":
        return "Further positional arguments."
    if parameter.kind == "kwargs":
        return "Further keyword arguments."
    words = words_of(parameter.name) or parameter.name
    if question := _question(words):
        return _capital(question.removeprefix("Return ")) + "."
    if parameter.annotation == "bool" or parameter.default in ("True", "False"):
        return f"The {words} flag."
    return f"The {words}."


def default_said(parameter: Argument) -> str:
    """Which default a parameter has, if it is short."""
    default = parameter.default
    fits = default and len(default) <= _LONGEST_DEFAULT and not set("`\\$") & set(default)
    return f" Defaults to {default}." if fits else ""


def attribute_said(attribute: Attribute) -> str:
    """A description of an attribute from its name."""
    return f"The {words_of(attribute.name) or attribute.name}."


def result_said(facts: Facts) -> str:
    """A description of what comes back, from the function's name."""
    words = words_of(facts.name)
    first, _, rest = words.partition(" ")
    if question := _question(words):
        return _capital(question.removeprefix("Return ")) + "."
    if facts.returned == "bool":
        return "True or False."
    if first == "get" and rest:
        return f"The {rest}."
    return (
        "The result." if first in {*_VERBS, *_OPENINGS} or not words or facts.name.startswith("__") else f"The {words}."
    )


def values_said(facts: Facts) -> str:
    """A description of what a generator yields."""
    return "The next value." if not facts.yielded else f"The next ``{facts.yielded}``."


def raised_said(raised: Raised) -> str:
    """When it is raised: the condition right around it as code, if that is short."""
    condition = raised.condition
    fits = condition and len(condition) <= _LONGEST_CONDITION
    return f"If ``{condition}``." if fits and not set("`\\'\"") & set(condition) else "If it fails."


def _question(words: str) -> str:
    first, _, rest = words.partition(" ")
    return f"Return whether {_QUESTIONS[first]} {rest}" if first in _QUESTIONS and rest else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _article(words: str) -> str:
    acronym = words.split(" ", maxsplit=1)[0].isupper()
    return "An" if words[:1] in ("AEFHILMNORSX" if acronym else "aeiou") else "A"
