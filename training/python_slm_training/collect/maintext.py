"""The main text of a page as Markdown, its code blocks whole, and what the page says about itself.

trafilatura, which is kept well and measured against its peers, finds the text between navigation and footers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import trafilatura
from lxml import etree

from python_slm_training.collect import licences

_BLANK = "\N{SYMBOL FOR NEWLINE}"
_MARKED = re.compile(rf"^[ ]*{_BLANK}[ ]*$", re.MULTILINE)
_GAP = re.compile(r"(?<=^```)\n{3,}", re.MULTILINE)
_REFUSING = re.compile(r"\b(?:noindex|noai|none)\b", re.IGNORECASE)
_CREATIVE_COMMONS = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)", re.IGNORECASE)
_LICENCE_PAGES = (
    (re.compile(r"creativecommons\.org/publicdomain/zero/1\.0", re.IGNORECASE), "CC0-1.0"),
    (re.compile(r"apache\.org/licenses/LICENSE-2\.0", re.IGNORECASE), "Apache-2.0"),
)
_OSI = re.compile(r"opensource\.org/licen[cs]es?/([\w.-]+)", re.IGNORECASE)
_DATES = ("article:modified_time", "article:published_time", "dcterms.modified", "dcterms.created", "date")


@dataclass(frozen=True)
class Page:
    """``text`` is Markdown; the rest is None where the page does not say. ``canonical`` is its own address."""

    text: str
    title: str | None = None
    author: str | None = None
    site: str | None = None
    modified_at: str | None = None
    canonical: str | None = None
    licence: str = licences.UNKNOWN


def main_text(data: bytes, url: str | None = None) -> Page | None:
    """Text of an HTML page; None if it has none, or asks not to be taken (robots: noindex, noai, none).

    Title, author and site are searched for only in a page with an ``url``: it takes as long as the text.
    """
    tree = trafilatura.load_html(data)
    if tree is None or is_refusing(" ".join(_robots(tree))):
        return None
    for mark in tree.xpath("//a[contains(@class, 'headerlink')] | //td[@class='linenos']"):
        mark.drop_tree()  # the ¶ beside a heading, the numbers beside code
    _mark_blank_lines(tree)
    _quote_signatures(tree)
    about = trafilatura.extract_metadata(tree, default_url=url) if url else None
    text = trafilatura.extract(
        tree,
        url=url,
        output_format="markdown",
        include_comments=False,
        include_formatting=True,
        include_links=False,
        include_tables=True,
        favor_recall=True,
    )
    if not text:
        return None
    return Page(
        _spaced(_MARKED.sub("", text)).strip() + "\n",
        about.title if about else None,
        about.author if about else None,
        about.sitename if about else None,
        _modified_at(tree),
        _canonical(tree, url),
        _licence(tree),
    )


def is_refusing(directives: str) -> bool:
    """Whether a robots meta tag, or an X-Robots-Tag header, asks not to index or learn from the page."""
    return bool(_REFUSING.search(directives))


def licence_at(address: str) -> str:
    """The licence whose text is at an address, by SPDX; UNKNOWN if it is not known."""
    match = _CREATIVE_COMMONS.search(address)
    if match:
        return f"CC-{match[1].upper()}-{match[2]}"
    for pattern, name in _LICENCE_PAGES:
        if pattern.search(address):
            return name
    match = _OSI.search(address)
    return licences.of_name(match[1]) if match else licences.UNKNOWN


def _mark_blank_lines(tree: Any) -> None:
    """Trafilatura drops the empty lines of code blocks, and with them where functions end; a mark keeps them."""
    for block in tree.iter("pre"):
        lines = block.text_content().strip("\n").split("\n")
        for child in list(block):
            block.remove(child)
        block.text = "\n".join(line if line.strip() else _BLANK for line in lines)


def _quote_signatures(tree: Any) -> None:
    """Make signatures of Sphinx's manuals, and code inside sentences, one piece each, however they are marked up."""
    for term in tree.xpath("//dt[contains(concat(' ', @class, ' '), ' sig ')]"):
        signature = _flattened(term)
        term.text = None
        etree.SubElement(term, "code").text = signature
    for code in tree.xpath("//code[not(ancestor::pre)][*]"):
        code.text = _flattened(code)


def _flattened(element: Any) -> str:
    """Its text on one line; its children are removed."""
    text = " ".join(element.text_content().split())
    for child in list(element):
        element.remove(child)
    return text


def _spaced(text: str) -> str:
    """An empty line after each code block, and no empty item before a definition."""
    lines, is_code = [], False
    for line in text.split("\n"):
        lines.append(line)
        if line.startswith("```"):
            is_code = not is_code
            if not is_code:
                lines.append("")
    return re.sub(r"^- \n(?=\S)", "- ", _GAP.sub("\n\n", "\n".join(lines)), flags=re.MULTILINE)


def _robots(tree: Any) -> list[str]:
    return [str(meta.get("content", "")) for meta in tree.iter("meta") if meta.get("name", "").lower() == "robots"]


def _licence(tree: Any) -> str:
    links = tree.xpath("//*[self::a or self::link][contains(concat(' ', @rel, ' '), ' license ')]/@href")
    found = {licence_at(str(link)) for link in links} - {licences.UNKNOWN}
    return licences.joined(found)


def _canonical(tree: Any, url: str | None) -> str | None:
    links = tree.xpath("//link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href")
    return urljoin(url or "", str(links[0]).strip()) if links else None


def _modified_at(tree: Any) -> str | None:
    for meta in tree.iter("meta"):
        name = str(meta.get("property") or meta.get("name") or "").lower()
        if name in _DATES and meta.get("content"):
            return str(meta.get("content"))
    return None
