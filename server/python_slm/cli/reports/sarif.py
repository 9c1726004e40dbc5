"""For code scanning: SARIF 2.1.0 (OASIS), which GitHub, GitLab, Azure DevOps and editors read."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from python_slm.cli.reports.rows import place_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from python_slm.cli.reports.rows import Row
    from python_slm.findings import Fix
    from python_slm.text import Document

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "information": "note", "hint": "note"}


def sarif(rows: Iterable[Row], explain: Callable[[str], str | None] = lambda _: None) -> Iterator[str]:
    """One log of one run; ``explain`` gives a code's documentation as Markdown."""
    listed = list(rows)
    codes = {row.finding.code: row for row in reversed(listed)}
    names = sorted(codes)
    driver = {
        "name": "python-slm",
        "version": version("python-slm"),
        "rules": [_rule(codes[code], explain(code)) for code in names],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(row, names.index(row.finding.code)) for row in listed],
    }
    yield json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(row: Row, explanation: str | None) -> dict[str, Any]:
    found = row.finding
    rule: dict[str, Any] = {"id": found.code, "shortDescription": {"text": found.message}}
    if explanation:
        first = next((line for line in explanation.splitlines() if line.strip() and not line.startswith("#")), "")
        rule |= {"shortDescription": {"text": first}, "help": {"text": explanation, "markdown": explanation}}
    if found.url:
        rule["helpUri"] = found.url
    rule["properties"] = {"tags": [found.origin]}
    return rule


def _result(row: Row, rule: int) -> dict[str, Any]:
    found = row.finding
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": _LEVELS[found.severity],
        "message": {"text": found.message},
        "locations": [_location(row, found.start, found.end)],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(row)},
    }
    if found.related:
        result["relatedLocations"] = [
            {**_location(row, one.start, one.end), "message": {"text": one.message}} for one in found.related
        ]
    if found.fixes:
        result["fixes"] = [_fix(row, fix) for fix in found.fixes]
    if found.confidence is not None:
        result["rank"] = round(100 * found.confidence, 1)
    return result


def _location(row: Row, start: int, end: int) -> dict[str, Any]:
    region = _region(row.document, start, end)
    return {"physicalLocation": {"artifactLocation": {"uri": quote(row.path, errors="replace")}, "region": region}}


def _region(document: Document, start: int, end: int) -> dict[str, int]:
    first, last = place_at(document, start), place_at(document, end)
    return {"startLine": first.row, "startColumn": first.column, "endLine": last.row, "endColumn": last.column}


def _fix(row: Row, fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(row.document, edit.start, edit.end), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    change = {"artifactLocation": {"uri": quote(row.path, errors="replace")}, "replacements": replacements}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}


def _fingerprint(row: Row) -> str:
    """The same while the code and its file's name stay, wherever its line moves to."""
    start, end = row.document.line_span(row.start.row - 1)
    line = " ".join(row.document.text[start:end].split())
    return hashlib.sha256(f"{row.path}\0{row.finding.code}\0{line}".encode("utf-8", "replace")).hexdigest()[:16]
