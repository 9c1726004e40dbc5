"""What became of every suggestion, from the client's reports and, where it sends none, from its edits.

``listeners`` hear of each end. Reports: the item's command (accepted), ``textDocument/didShowCompletion`` and
``textDocument/didPartiallyAcceptCompletion``, as copilot-language-server has them. Without reports the first item of an
answer counts as shown, an edit that inserts all of its rest at once as its acceptance, and one that agrees with it as
typing. Nothing else is taken for an acceptance of a part: editors bundle keystrokes.
"""

from __future__ import annotations

import itertools
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm.lsp.offer import Offer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_slm.lsp.offer import Life, Outcome
    from python_slm.tasks.complete import Completion
    from python_slm.text import Document

_REMEMBERED = 32
"""Suggestions that a late report may still name."""
_NAME = re.compile(r"([0-9]{1,9})@(-?[0-9]{1,9})")
"""Number of the suggestion, and how much of what it adds stood before the item's text; less than 0: it adds less."""


@dataclass(frozen=True)
class Item:
    """A suggestion as it goes to the client: ``id`` names it in reports."""

    id: str
    completion: Completion


@dataclass
class Ledger:
    """The suggestions of one connection. ``now`` gives Unix time in seconds."""

    now: Callable[[], float] = time.time
    listeners: list[Callable[[Outcome], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._alive: dict[str, list[Offer]] = {}
        """By document: the alternatives of the newest answer."""
        self._leaving: dict[str, Offer] = {}
        """By document: the one on display before an edit that disagrees; a report may still say it was accepted."""
        self._known: OrderedDict[str, Offer] = OrderedDict()
        self._client_reports_showing = False

    def offer(self, document: Document, offset: int, found: Sequence[Completion]) -> list[Item]:
        """Note what is about to be shown as ghost text, the first of it on display; an empty answer hides the former.

        Suggestions that go on from the former answer, since it was typed through, keep their lives.
        """
        uri = document.uri
        former = [*self._alive.pop(uri, []), *filter(None, [self._leaving.get(uri)])]
        offers = [
            self._continued(former, document, one) or self._new(document, offset, one, rank)
            for rank, one in enumerate(found)
        ]
        if self._leaving.get(uri) in offers:  # what was typed only seemed to disagree
            del self._leaving[uri]
        self.settle(uri)
        self._replace(document, offset, former, offers)
        self._alive[uri] = offers
        if offers and not self._client_reports_showing:
            self._show(offers[0])
        return [_item(one, completion, offset) for one, completion in zip(offers, found, strict=True)]

    def offer_menu(self, document: Document, offset: int, found: Sequence[Completion]) -> list[Item]:
        """Note what goes into a menu among other items: only that it is accepted will be told."""
        offers = [self._new(document, offset, one, rank) for rank, one in enumerate(found)]
        for offer in offers:
            offer.in_menu = True
        return [_item(one, one.completion, offset) for one in offers]

    def find(self, item: str) -> Offer | None:
        """The suggestion that a report names; None when it is unknown, or too old."""
        name = _NAME.fullmatch(item)
        return self._known.get(name[1]) if name else None

    def text(self, item: str) -> str | None:
        """The text of the item that a report names; None when it is unknown."""
        offer = self.find(item)
        return None if offer is None else offer.text_from(_standing(item))

    def shown(self, item: str) -> None:
        """The client shows this one now."""
        self._client_reports_showing = True
        offer = self.find(item)
        if offer is not None and not offer.over:
            self._show(offer)

    def accepted(self, item: str) -> Offer | None:
        """The client accepted all of it; None when it is unknown."""
        offer = self.find(item)
        if offer is not None:
            self._forget(offer)
            self._end(offer, "accepted")
        return offer

    def accepted_until(self, item: str, characters: int) -> None:
        """The client accepted the first ``characters`` of the item's text."""
        offer = self.find(item)
        if offer is None or offer.over:
            return
        self._show(offer)
        offer.accept_until(_standing(item) + characters)
        if self._leaving.get(offer.uri) is offer:  # its edit came with another: it is on display again
            self._alive.setdefault(offer.uri, []).append(self._leaving.pop(offer.uri))

    def changed(self, document: Document) -> Offer | None:
        """The document has a new version; the suggestion that it turns out to have accepted, if it does."""
        self.settle(document.uri)
        alive = []
        displayed = self._displayed(document.uri)
        for offer in self._alive.pop(document.uri, []):
            reached = offer.reached(document.text)
            if reached is None:
                continue
            at_once = offer.follow(reached)
            if reached == len(offer.rest) and (at_once or offer is displayed):
                self._show(offer)
                self._end(offer, "accepted" if at_once else "typed")
                return offer if at_once else None
            alive.append(offer)
        if alive:
            self._alive[document.uri] = alive
        if displayed is not None and displayed not in alive:
            self._leaving[document.uri] = displayed
        return None

    def settle(self, uri: str) -> None:
        """Nothing more can be said in favour of the suggestion that the last edit disagreed with."""
        offer = self._leaving.pop(uri, None)
        if offer is not None:
            self._end(offer, "rejected")

    def closed(self, uri: str) -> None:
        """The document is no longer open: nobody judged what was on display."""
        self.settle(uri)
        self._alive.pop(uri, None)

    def _new(self, document: Document, offset: int, one: Completion, rank: int) -> Offer:
        numbers = {"rank": float(rank), "mean_logprob": one.score, **one.features}
        offer = Offer(str(next(self._numbers)), document, offset, one, numbers)
        self._known[offer.id] = offer
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return offer

    @staticmethod
    def _continued(former: Sequence[Offer], document: Document, one: Completion) -> Offer | None:
        result = document.text[: one.start] + one.text + document.text[one.end :]
        return next((offer for offer in former if offer.result == result), None)

    def _replace(self, document: Document, offset: int, former: Sequence[Offer], offers: Sequence[Offer]) -> None:
        """The former one on display gives way: to another opinion on the same place, or since the user left it."""
        displayed = next((one for one in former if one.shown_at_s is not None), None)
        if displayed is None or displayed in offers:
            return
        same_place = displayed.offset + displayed.progress == offset and displayed.reached(document.text) is not None
        if not same_place or displayed.accepted:
            self._end(displayed, "rejected")

    def _displayed(self, uri: str) -> Offer | None:
        shown = [offer for offer in self._alive.get(uri, ()) if offer.shown_at_s is not None]
        return max(shown, key=lambda offer: offer.shown_at_s or 0.0, default=None)

    def _show(self, offer: Offer) -> None:
        if offer.shown_at_s is None:
            offer.shown_at_s = self.now()

    def _forget(self, offer: Offer) -> None:
        self._alive.pop(offer.uri, None)
        if self._leaving.get(offer.uri) is offer:
            del self._leaving[offer.uri]

    def _end(self, offer: Offer, life: Life) -> None:
        if offer.over:
            return
        offer.over = True
        outcome = offer.ended(life, self.now())
        for listener in self.listeners:
            listener(outcome)


def _item(offer: Offer, completion: Completion, offset: int) -> Item:
    return Item(f"{offer.id}@{offer.progress - (offset - completion.start)}", completion)


def _standing(item: str) -> int:
    name = _NAME.fullmatch(item)
    return int(name[2]) if name else 0
