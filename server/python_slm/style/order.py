"""Conventions of order: which of several sorts of things stands first, where there are several."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from python_slm.style.conventions import Convention, Seen, Sight, Value
from python_slm.style.evidence import LEAST_FILES, LEAST_PLACES, LEAST_SHARE, Evidence, lower_bound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_Pair = tuple[str, str]


@dataclass(frozen=True)
class Order(Convention):
    """In which order ``groups`` stand, where several do; a sight's value is those at a place, parted by blanks.

    A profile may name some of them only; the others stand anywhere. Learned is a chain in which each two neighbours
    are strong evidence by themselves, and no two groups stand against what most places do.
    """

    groups: tuple[str, ...] = ()

    def parsed(self, value: object) -> Value:
        """See Convention."""
        if not isinstance(value, list | tuple) or not all(one in self.groups for one in value):
            raise ValueError(f"expected a list of some of {', '.join(map(repr, self.groups))}, got {value!r}")
        if len(set(value)) < len(value):
            raise ValueError(f"{value!r} names one of them twice")
        return tuple(value)

    def keeps(self, wanted: Value, sight: Sight) -> bool:
        """See Convention."""
        ranks = _ranks(wanted, sight)
        return ranks == sorted(ranks)

    def complaint(self, wanted: Value, sight: Sight) -> str:
        """See Convention."""
        order = ", ".join(wanted) if isinstance(wanted, tuple) else ""
        return f"{sight.name}: {self.what} are out of order; the profile wants {order}"

    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """See Convention."""
        counts = _Pairs.of(seen)
        order = counts.chain() or counts.usual()
        telling = [one for one in seen if len(set(_ranks(order, one.sight))) > 1]
        if telling:
            yield self._evidence(order, telling, least=LEAST_SHARE)


@dataclass(frozen=True)
class _Pairs:
    """How many places have each pair of groups, all of the first before all of the second, and in how many files."""

    before: Counter[_Pair]
    total: Counter[_Pair]
    files: Mapping[_Pair, set[str]]

    @classmethod
    def of(cls, seen: Sequence[Seen]) -> _Pairs:
        before, total, files = Counter[_Pair](), Counter[_Pair](), defaultdict[_Pair, set[str]](set)
        for one in seen:
            places: dict[str, list[int]] = defaultdict(list)
            for place, group in enumerate(str(one.sight.value).split()):
                places[group].append(place)
            for pair in combinations(places, 2):
                for first, second in (pair, pair[::-1]):
                    total[first, second] += 1
                    before[first, second] += max(places[first]) < min(places[second])
                    files[first, second].add(one.path)
        return cls(before, total, files)

    def strong(self, first: str, second: str) -> bool:
        """Whether that order of two groups alone is enough to be adopted."""
        pair = first, second
        enough = self.total[pair] >= LEAST_PLACES and len(self.files.get(pair, ())) >= LEAST_FILES
        return enough and lower_bound(self.before[pair], self.total[pair]) >= LEAST_SHARE

    def chain(self) -> tuple[str, ...]:
        """Groups added one after the other, those with most evidence first, where their neighbours bear them out."""
        pairs = sorted((pair for pair in self.total if self.strong(*pair)), key=lambda pair: (-self.total[pair], pair))
        order: tuple[str, ...] = pairs[0] if pairs else ()
        grown = True
        while grown:
            grown = False
            for group in dict.fromkeys(group for pair in pairs for group in pair if group not in order):
                longer = ((*order[:place], group, *order[place:]) for place in range(len(order) + 1))
                fits = next((one for one in longer if self._holds(one)), None)
                if fits:
                    order, grown = fits, True
        return order

    def usual(self) -> tuple[str, ...]:
        """The pair that is seen most, as it is mostly seen; nothing where there is none."""
        return max(self.before, key=lambda pair: (self.total[pair], self.before[pair], pair), default=())

    def _holds(self, order: tuple[str, ...]) -> bool:
        neighbours = all(self.strong(*pair) for pair in pairwise(order))
        return neighbours and all(
            self.before[one, other] >= self.before[other, one] for one, other in combinations(order, 2)
        )


def _ranks(wanted: Value, sight: Sight) -> list[int]:
    order = wanted if isinstance(wanted, tuple) else ()
    return [order.index(group) for group in str(sight.value).split() if group in order]
