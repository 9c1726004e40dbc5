/** Something to begin with: each has a place to type at, marked ‸. */
export const EXAMPLES: readonly (readonly [name: string, text: string])[] = [
  [
    'type here',
    `"""What a shop has in stock."""

from dataclasses import dataclass


@dataclass
class Item:
    """One article: what it costs, and how many there are."""

    name: str
    price: float
    quantity: int


class Inventory:
    """Items by name."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def add(self, item: Item) -> None:
        """Put an item on the list, or replace it."""
        self.items[item.name] = item

    def total(self) -> float:
        """Value of everything in stock."""
        return sum(item.price * item.quantity for item in self.items.values())

    def cheapest(self) -> Item:
        """The item with the lowest price."""
        return min(self.items.values(), key=lambda item: item.price)

    def value(self) -> float:
        """Value of everything in stock, under the name that accountants use."""
        return sum‸
`,
  ],
  [
    'findings and fixes',
    `import os
import sys


def area(width, height):
    """Area of a rectangle.

    Args:
        width: from left to right
        depth: of what was a box once
    """
    if width == None:
        return 0
    return width * height
    print("never")


def label(value):
    if value > 10:
        text = "large"
    else:
        text = "small"
    return "%s: %d" % (text, value)‸
`,
  ],
  [
    'half typed',
    `def first(values):
    return values[0]


def second(values:
    return values[‸


def third(values):
    unused = 3
    return values[2]
`,
  ],
];
