"""Put one bug into real code, so that it still parses, names nothing unknown, and does something else than before.

Kinds after BugLab (arXiv 2105.12787) and ManySStuBs4J (arXiv 1905.13334). A detector trained on such bugs alone falls
below 10 % precision on real code (arXiv 2204.10049): mix in real fixes.
"""

from __future__ import annotations

import random
import warnings
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code, Site
from python_slm_training.collect.edits import parsed
from python_slm_training.tasks.bugs import (
    conditions,
    copy_paste,
    missing_words,
    off_by_one,
    operators,
    swapped_arguments,
    wrong_variable,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_SORTS = (
    swapped_arguments,
    wrong_variable,
    operators,
    off_by_one,
    conditions,
    missing_words,
    copy_paste,
)
KINDS: tuple[str, ...] = (
    "swapped-arguments",
    "wrong-variable",
    "wrong-operator",
    "off-by-one",
    "negated-condition",
    "missing-not",
    "missing-await",
    "missing-return",
    "missing-self",
    "copy-paste-slip",
)
"""Every sort of bug that can be injected."""

_TRIES = 12


@dataclass(frozen=True, slots=True)
class Mutant:
    """``after`` is ``before`` with a bug of ``kind`` at ``line`` (from 1; the same line in both)."""

    before: str
    after: str
    line: int
    kind: str


def inject(source: str, seed: int | str, *, kinds: Collection[str] = KINDS) -> Mutant | None:
    """``source`` with one bug of one of ``kinds``, the same for the same seed; None if there is no place for one.

    The sort is drawn first, then the place, so that rare sorts are not drowned by variables.
    """
    code = _code(source)
    if code is None:
        return None
    rng = random.Random(f"{seed}")  # noqa: S311  # data, not secrets
    places: dict[str, list[Site]] = {}
    for site in _sites(code):
        if site.kind in kinds:
            places.setdefault(site.kind, []).append(site)
    for _ in range(_TRIES):
        if not places:
            break
        kind = rng.choice(sorted(places))
        site = places[kind].pop(rng.randrange(len(places[kind])))
        if not places[kind]:
            del places[kind]
        mutant = _apply(code, site)
        if mutant is not None:
            return mutant
    return None


def mutants(source: str) -> Iterator[Mutant]:
    """Every bug that ``inject`` could put into ``source``, in order of kinds and places."""
    code = _code(source)
    if code is not None:
        for site in _sites(code):
            mutant = _apply(code, site)
            if mutant is not None:
                yield mutant


def _code(source: str) -> Code | None:
    tree = parsed(source)
    return None if tree is None else Code(source, tree)


def _sites(code: Code) -> Iterator[Site]:
    for sort in _SORTS:
        yield from sort.sites(code)


def _apply(code: Code, site: Site) -> Mutant | None:
    after = code.text[: site.start] + site.text + code.text[site.stop :]
    if after.count("\n") != code.text.count("\n") or not differ(code.text, after):
        return None
    return Mutant(code.text, after, code.line_of(site.start), site.kind)


def differ(before: str, after: str) -> bool:
    """Whether both compile, and to different instructions: what the compiler folds together is no bug."""
    one, other = _compiled(before), _compiled(after)
    return one is not None and other is not None and _essence(one) != _essence(other)


def _compiled(text: str) -> CodeType | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return compile(text, "<code>", "exec", dont_inherit=True, optimize=2)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _essence(code: CodeType) -> tuple[object, ...]:
    """Instructions, names and constants, without lines; constants with their types, since 1 == True."""
    constants = tuple(
        _essence(each) if isinstance(each, CodeType) else (type(each), repr(each)) for each in code.co_consts
    )
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants
