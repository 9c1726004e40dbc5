"""Evidence as one HTML page that needs nothing else: a bar a convention, with the places that differ."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from python_slm.style.learn import place_text
from python_slm.style.written import value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.style.evidence import Evidence

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
table { border-collapse: collapse; width: 100% } td { padding: .35rem .6rem; vertical-align: top }
tr { border-top: 1px solid #d8dee4 } td:last-child { width: 17rem; white-space: nowrap } .weak { color: #6e7781 }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere } svg { vertical-align: middle }
details { font-size: .9em } summary { cursor: pointer } small { color: #57606a }
.kept { fill: #2da44e } .weak .kept { fill: #8c959f } .room { fill: #eaeef2 }
.least { stroke: #cf222e; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
 body { background: #0d1117; color: #e6edf3 } tr { border-color: #30363d } .room { fill: #30363d }
 small, .weak { color: #8b949e } }
"""
_BAR = 160
_MOST_PLACES = 60


def page(evidence: Sequence[Evidence], name: str, *, files: int, lines: int) -> str:
    """The page; it loads nothing and runs nothing."""
    adopted = sum(one.adopted for one in evidence)
    sections = groupby(sorted(evidence, key=_section), key=_section)
    rows = (
        row for section, ones in sections for row in (f"<h2>{escape(section)}</h2><table>", *_rows(ones), "</table>")
    )
    return "\n".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Style of {escape(name)}</title><style>{_STYLE}</style>",
            f"<h1>Style of {escape(name)}</h1>",
            f"<p>{files} files, {lines:,} lines: {adopted} conventions are strong enough to hold others to.",
            "The bar is the share of places that keep one; the red line is what its lower bound (95 % interval of",
            "Wilson, the dark end of the bar) must reach. Grey ones are too weak, or seen too seldom.</p>",
            *rows,
            "</html>",
        ]
    )


def _rows(ones: Iterator[Evidence]) -> Iterator[str]:
    for one in sorted(ones, key=lambda each: (not each.adopted, each.name)):
        mark = "" if one.adopted else ' class="weak"'
        yield (
            f"<tr{mark}><td><code>{escape(one.name)} = {escape(value_text(one.wanted))}</code><br>"
            f"<small>{escape(one.what)}</small>{_places(one)}</td><td>{_bar(one)} {one.kept} of {one.total}</td></tr>"
        )


def _bar(one: Evidence) -> str:
    share = one.kept / one.total if one.total else 0.0
    least = _BAR * one.least
    return (
        f'<svg width="{_BAR}" height="14" role="img" aria-label="{share:.1%}, certainly over {one.lower:.1%}">'
        f"<title>{share:.1%}, certainly over {one.lower:.1%}, in {one.files} files</title>"
        f'<rect class="room" width="{_BAR}" height="14"/>'
        f'<rect class="kept" opacity=".45" width="{_BAR * share:.1f}" height="14"/>'
        f'<rect class="kept" width="{_BAR * one.lower:.1f}" height="14"/>'
        f'<line class="least" x1="{least:.1f}" x2="{least:.1f}" y2="14"/></svg>'
    )


def _places(one: Evidence) -> str:
    if not one.exceptions:
        return ""
    listed = "".join(f"<br><code>{escape(place_text(place))}</code>" for place in one.exceptions[:_MOST_PLACES])
    more = one.total - one.kept - _MOST_PLACES
    rest = f"<br>and {more} more" if more > 0 else ""
    return f"<details><summary>{one.total - one.kept} differ</summary>{listed}{rest}</details>"


def _section(one: Evidence) -> str:
    return one.key.partition(".")[0]
