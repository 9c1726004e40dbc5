"""robots.txt by RFC 9309, with the Crawl-delay and Sitemap lines that many servers add to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from protego import Protego

from python_slm.errors import SourceError
from python_slm_training.collect.http import USER_AGENT

if TYPE_CHECKING:
    from python_slm_training.collect.http import Client

_MAX_BYTES = 512_000  # the RFC wants at least 500 KiB to be read
_AGENT = USER_AGENT.split("/", 1)[0]


@dataclass
class Robots:
    """What the servers allow. Each robots.txt is fetched once; its Crawl-delay is handed to the client."""

    client: Client
    _rules: dict[str, Protego | None] = field(default_factory=dict)

    def allow(self, url: str) -> bool:
        """Whether a page may be fetched. A server whose robots.txt cannot be had for its own fault allows none."""
        rules = self._of(url)
        return rules is not None and bool(rules.can_fetch(url, _AGENT))

    def sitemaps(self, url: str) -> list[str]:
        """Sitemaps that the robots.txt of the page's server names."""
        rules = self._of(url)
        return list(rules.sitemaps) if rules else []

    def _of(self, url: str) -> Protego | None:
        place = urlsplit(url)
        root = urlunsplit((place.scheme, place.netloc, "/robots.txt", "", ""))
        if root not in self._rules:
            self._rules[root] = self._fetched(root, place.netloc)
        return self._rules[root]

    def _fetched(self, root: str, host: str) -> Protego | None:
        try:
            answer = self.client.get(root, max_bytes=_MAX_BYTES, refusals=True)
        except SourceError as error:
            self.client.say(f"{host}: left out, for its robots.txt cannot be read ({error})")
            return None
        rules = Protego.parse("" if answer.is_refusal else answer.text)
        delay_s = rules.crawl_delay(_AGENT)
        if delay_s:
            self.client.keep_interval(host, float(delay_s))
        return rules
