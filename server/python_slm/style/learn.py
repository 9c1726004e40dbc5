"""A profile out of a code base: every place of every convention is counted, and what the counts bear out is adopted."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm.style.base import style_rules
from python_slm.style.conventions import Seen
from python_slm.style.find import Code
from python_slm.style.profile import Profile, conventions
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from python_slm.style.conventions import Value
    from python_slm.style.evidence import Evidence, Place


@dataclass(frozen=True)
class Survey:
    """Every place in a code base where a convention applies: by its key, and how many lines each file has."""

    places: Mapping[str, Sequence[Seen]]
    lines: Mapping[str, int]

    def evidence(self, paths: Collection[str] | None = None) -> list[Evidence]:
        """What the files do about each convention, those of ``paths`` alone if given; strong and weak."""
        known = conventions()
        found: list[Evidence] = []
        for key, seen in self.places.items():
            chosen = seen if paths is None else [one for one in seen if one.path in paths]
            found += known[key].learned(chosen) if chosen else ()
        return sorted(found, key=lambda one: list(known).index(one.key))

    def breaches(self, profile: Profile, paths: Collection[str] | None = None) -> Iterator[Breach]:
        """What the files would be told under a profile; comments that ignore a rule are not looked at."""
        known = conventions()
        codes = {one.key: rule.code for rule in style_rules() for one in rule.conventions}
        for key, wanted in profile.values.items():
            for one in self.places.get(key, ()):
                if (paths is None or one.path in paths) and not known[key].keeps(wanted, one.sight):
                    message = known[key].complaint(wanted, one.sight)
                    yield Breach(one.path, one.line, codes[key], key, message)

    def halves(self, seed: int) -> tuple[frozenset[str], frozenset[str]]:
        """The files in two random halves."""
        paths = sorted(self.lines)
        random.Random(seed).shuffle(paths)  # noqa: S311 - a split, no secret
        middle = len(paths) // 2
        return frozenset(paths[:middle]), frozenset(paths[middle:])


@dataclass(frozen=True, order=True)
class Breach:
    """A place that a profile has something against; ``line`` from 1."""

    path: str
    line: int
    code: str
    key: str
    message: str


@dataclass
class Surveyor:
    """Takes files in one after the other."""

    _places: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    _lines: dict[str, int] = field(default_factory=dict)

    def add(self, path: str, text: str) -> None:
        """One file; ``path`` is from the project's root. What does not parse in it is left out."""
        index = BlockIndex.of(text)
        code = Code(index, path)
        starts = Document("", text).line_starts
        self._lines[path] = len(starts)
        for rule in style_rules():
            for sight in code.sights(rule):
                self._places[sight.key].append(Seen(path, bisect_right(starts, sight.start), sight))

    def survey(self) -> Survey:
        """Of all that was taken in."""
        return Survey(self._places, self._lines)


def survey_of(files: Iterable[tuple[str, str]], cancelled: Callable[[], bool] = lambda: False) -> Survey:
    """Of files as (path from the project's root, text), until ``cancelled``."""
    surveyor = Surveyor()
    for path, text in files:
        if cancelled():
            break
        surveyor.add(path, text)
    return surveyor.survey()


def learned(evidence: Iterable[Evidence], name: str, base: Profile | None = None) -> Profile:
    """The profile of all that was strong enough; over ``base`` only what differs from it is new."""
    values: dict[str, Value] = dict(base.values) if base else {}
    for one in evidence:
        if not one.adopted:
            continue
        if one.subject:
            table = values.get(one.key)
            values[one.key] = {**(table if isinstance(table, dict) else {}), one.subject: str(one.wanted)}
        else:
            values[one.key] = one.wanted
    return Profile(name, values, base.severities if base else {}, name)


@dataclass(frozen=True)
class Halves:
    """What two random halves of a code base say of each other. ``agreed`` and ``adopted`` count conventions.

    ``agreed``: adopted from both halves with the same value; ``opposed``: from both with another; ``adopted``: from
    either. ``findings`` are those of each half under the profile of the other, ``lines`` the lines of both.
    """

    agreed: int
    opposed: int
    adopted: int
    findings: int
    lines: int

    @property
    def findings_per_1000_lines(self) -> float:
        """Of code that the profile was not learned from."""
        return 1000 * self.findings / self.lines if self.lines else 0.0


def compared(survey: Survey, seed: int) -> Halves:
    """Learn from each half of the files, and hold the other against it."""
    halves = survey.halves(seed)
    found = [{one.name: one.wanted for one in survey.evidence(half) if one.adopted} for half in halves]
    profiles = [learned(survey.evidence(half), "half") for half in halves]
    crossed = [
        sum(1 for _ in survey.breaches(profile, half)) for profile, half in zip(profiles, reversed(halves), strict=True)
    ]
    both = found[0].keys() & found[1].keys()
    same = sum(found[0][name] == found[1][name] for name in both)
    return Halves(
        same, len(both) - same, len(found[0].keys() | found[1].keys()), sum(crossed), sum(survey.lines.values())
    )


def place_text(place: Place) -> str:
    """``acme/shapes.py:12 empty``."""
    return f"{place.path}:{place.line} {place.value}"
