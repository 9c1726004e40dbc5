"""What a profile can fix: one convention a key, which says what code does at a place and what a code base does mostly.

A rule reports *sights*: what the code does wherever a convention applies, whatever anybody wants there. Holding them
against a profile gives findings; counting them gives a profile. So what is learned is exactly what is checked.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from python_slm.style.evidence import LEAST_FILES, LEAST_LIMIT_SHARE, LEAST_PLACES, LEAST_SHARE, Evidence, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Value = str | float | tuple[str, ...] | dict[str, str]
"""Of a key in a profile."""
OFF = "off"
"""Instead of any value: what a profile below wants is wanted no longer."""
_MOST_EXCEPTIONS = 200
"""Places that evidence names; a convention with more is hardly one."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One place where a convention applies, and the ``value`` that the code has there; offsets as in ``Finding``.

    ``subject``: the entry of a table that it is about. ``name``: what the code calls it, for messages.
    """

    key: str
    value: str | float
    start: int
    end: int
    subject: str = ""
    name: str = ""

    def moved(self, by: int) -> Self:
        """The same, ``by`` characters further on."""
        return type(self)(self.key, self.value, self.start + by, self.end + by, self.subject, self.name)


@dataclass(frozen=True, slots=True)
class Seen:
    """A sight in a file of a code base; ``line`` from 1."""

    path: str
    line: int
    sight: Sight

    @property
    def place(self) -> Place:
        """Where, and what it does."""
        shown = self.sight.value if isinstance(self.sight.value, str) else f"{self.sight.value:g}"
        return Place(self.path, self.line, self.sight.name or shown)


@dataclass(frozen=True)
class Convention(ABC):
    """``key`` is its name in a profile (``section.name``), ``what`` a plural for people: what it speaks of."""

    key: str
    what: str

    @abstractmethod
    def parsed(self, value: object) -> Value:
        """A profile's value; raises ValueError that says what is expected."""

    @abstractmethod
    def keeps(self, wanted: Value, sight: Sight) -> bool:
        """Whether a place does as a profile wants."""

    @abstractmethod
    def complaint(self, wanted: Value, sight: Sight) -> str:
        """What to say of a place that does not."""

    @abstractmethod
    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """What a code base does: at most one answer, one an entry for a table."""

    def _evidence(
        self, wanted: str | float | tuple[str, ...], seen: Sequence[Seen], *, least: float, subject: str = ""
    ) -> Evidence:
        exceptions = [one for one in seen if not self.keeps(self._whole(wanted, subject), one.sight)]
        return Evidence(
            self.key,
            self.what,
            wanted,
            len(seen) - len(exceptions),
            len(seen),
            len({one.path for one in seen}),
            subject,
            least,
            others=dict(Counter(_shown(one) for one in exceptions).most_common(8)),
            exceptions=tuple(one.place for one in exceptions[:_MOST_EXCEPTIONS]),
        )

    def _whole(self, wanted: str | float | tuple[str, ...], subject: str) -> Value:
        return {subject: str(wanted)} if subject else wanted


@dataclass(frozen=True)
class Choice(Convention):
    """One of a few ways; ``options`` tells each in words that follow "the profile wants".

    ``only``: the one option that a code base can teach, where the others are no more than its absence.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    only: str = ""

    def parsed(self, value: object) -> Value:
        """See Convention."""
        if not isinstance(value, str) or value not in self.options:
            raise ValueError(f"{value!r} is not one of {', '.join(map(repr, self.options))}")
        return value

    def keeps(self, wanted: Value, sight: Sight) -> bool:
        """See Convention."""
        return wanted == sight.value

    def complaint(self, wanted: Value, sight: Sight) -> str:
        """See Convention."""
        return f"{self.options[str(sight.value)]}; the profile wants {self.options[str(wanted)]}"

    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """See Convention."""
        counts = Counter(one.sight.value for one in seen)
        if counts:
            yield self._evidence(self.only or counts.most_common(1)[0][0], seen, least=LEAST_SHARE)


@dataclass(frozen=True)
class Pattern(Convention):
    """A regular expression that names of a role match as a whole, leading underscores left out.

    Learned is the first of ``candidates``, from narrow to wide, that enough of the names match, or, with a
    ``vocabulary``, ``form`` with those of its words that are in use.
    """

    candidates: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    form: str = "(?:{})_\\w+"

    def parsed(self, value: object) -> Value:
        """See Convention."""
        if not isinstance(value, str):
            raise ValueError(f"expected a regular expression in quotes, got {value!r}")  # noqa: TRY004 - as of all values
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value

    def keeps(self, wanted: Value, sight: Sight) -> bool:
        """See Convention."""
        name = str(sight.value)
        return re.fullmatch(str(wanted), name.lstrip("_") or name) is not None

    def complaint(self, wanted: Value, sight: Sight) -> str:
        """See Convention."""
        return f"{sight.value}: names of {self.what} match {wanted}"

    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """See Convention."""
        found = [self._evidence(one, seen, least=LEAST_SHARE) for one in self._candidates(seen)]
        if found and seen:
            yield next((one for one in found if one.lower >= LEAST_SHARE), max(found, key=lambda one: one.kept))

    def _candidates(self, seen: Sequence[Seen]) -> Iterator[str]:
        if self.vocabulary:
            used = [
                word
                for word in self.vocabulary
                if sum(self.keeps(self.form.format(word), one.sight) for one in seen) > 1
            ]
            if used:
                yield self.form.format("|".join(used))
        yield from self.candidates


@dataclass(frozen=True)
class Limit(Convention):
    """A number that sizes do not go beyond, or with ``floor``, do not stay below; learned is the tightest of ``steps``.

    ``steps`` go from tight to loose.
    """

    unit: str = "lines"
    steps: tuple[float, ...] = ()
    floor: bool = False
    places: str = "{:g}"

    def parsed(self, value: object) -> Value:
        """See Convention."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ValueError(f"expected a number that is not negative, got {value!r}")
        return value

    def keeps(self, wanted: Value, sight: Sight) -> bool:
        """See Convention."""
        size, most = float(sight.value), _number(wanted)
        return size >= most if self.floor else size <= most

    def complaint(self, wanted: Value, sight: Sight) -> str:
        """See Convention."""
        size, most = float(sight.value), _number(wanted)
        bound = "at least" if self.floor else "at most"
        name = f"{sight.name}: " if sight.name else ""
        return f"{name}{self.places.format(size)} {self.unit}; the profile wants {bound} {self.places.format(most)}"

    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """See Convention."""
        found = [self._evidence(one, seen, least=LEAST_LIMIT_SHARE) for one in self.steps]
        if seen and found:
            yield next((one for one in found if one.lower >= LEAST_LIMIT_SHARE), found[-1])


@dataclass(frozen=True)
class Table(Convention):
    """A choice for each of many subjects: ``[imports.forms]`` has one for every module.

    Without ``options`` any word will do, and ``says`` tells it.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    says: Callable[[str, str], str] = field(default=lambda subject, word: f"{subject}: {word}")

    def parsed(self, value: object) -> Value:
        """See Convention."""
        if not isinstance(value, dict):
            raise ValueError(f"expected a table, got {value!r}")  # noqa: TRY004 - as of all values
        for subject, word in value.items():
            if not isinstance(word, str) or (self.options and word not in (*self.options, OFF)):
                known = ", ".join(map(repr, self.options)) or "words in quotes"
                raise ValueError(f"{subject}: {word!r} is not one of {known}")
        return {str(subject): word for subject, word in value.items()}

    def keeps(self, wanted: Value, sight: Sight) -> bool:
        """See Convention."""
        return not isinstance(wanted, dict) or wanted.get(sight.subject, sight.value) == sight.value

    def complaint(self, wanted: Value, sight: Sight) -> str:
        """See Convention."""
        word = wanted[sight.subject] if isinstance(wanted, dict) else ""
        return f"{self.says(sight.subject, str(sight.value))}; the profile wants {self.says(sight.subject, word)}"

    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """See Convention."""
        subjects: defaultdict[str, list[Seen]] = defaultdict(list)
        for one in seen:
            subjects[one.sight.subject].append(one)
        for subject, places in sorted(subjects.items()):
            if len(places) >= LEAST_PLACES and len({one.path for one in places}) >= LEAST_FILES:
                word = Counter(str(one.sight.value) for one in places).most_common(1)[0][0]
                yield self._evidence(word, places, least=LEAST_SHARE, subject=subject)


def by_key(conventions: Iterable[Convention]) -> dict[str, Convention]:
    """Conventions by their keys."""
    return {one.key: one for one in conventions}


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else math.inf


def _shown(one: Seen) -> str:
    value = one.sight.value
    return value if isinstance(value, str) else f"{value:g}"
