"""A small stock ledger. Its last line is unfinished: `slm complete` says how it may go on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One line of the stock list."""

    name: str
    price: float
    quantity: int = 0


class Inventory:
    """Items by name."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.history: dict[str, list[int]] = defaultdict(list)

    def add(self, item: Item) -> None:
        """Put an item on the list, or replace it."""
        self.items[item.name] = item
        self.history[item.name].append(item.quantity)

    def remove(self, name: str) -> Item:
        """Take an item off the list."""
        item = self.items.pop(name)
        self.history[item.name].append(0)
        return item

    def total(self) -> float:
        """Value of everything in stock."""
        return sum(item.price * item.quantity for item in self.items.values())

    def cheapest(self) -> Item:
        """The item with the lowest price."""
        return min(self.items.values(), key=lambda item: item.price)

    def value(self) -> float:
        """Value of everything in stock, under the name that accountants use."""
        return sum
