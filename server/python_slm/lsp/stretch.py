"""Where two versions of a text differ, as long as it is one place: what an editor sends is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def alike_at_ends(before: str, after: str) -> tuple[int, int]:
    """How many characters two texts have in common at their beginnings, and, of the rest, at their ends."""
    most = min(len(before), len(after))
    start = _most_alike(most, lambda count: before[:count] == after[:count])
    rest = most - start
    return start, _most_alike(rest, lambda count: before[len(before) - count :] == after[len(after) - count :])


def _most_alike(most: int, equal: Callable[[int], bool]) -> int:
    """How many characters are equal, at most ``most``: slices compare fast enough to search by halves."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if equal(middle) else (low, middle - 1)
    return low
