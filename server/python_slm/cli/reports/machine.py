"""For scripts: ruff's JSON, with what ours know besides."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from python_slm.cli.reports.rows import place_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.cli.reports.rows import Row
    from python_slm.findings import Fix


def as_json(rows: Iterable[Row]) -> Iterator[str]:
    """One array; an object has what ruff's has, ``fixes`` (ruff: ``fix``), ``origin``, ``severity``, ``confidence``."""
    yield json.dumps([_object(row) for row in rows], indent=2)


def _object(row: Row) -> dict[str, Any]:
    found = row.finding
    fixes = [_fix(row, fix) for fix in found.fixes]
    return {
        "filename": row.path,
        "code": found.code,
        "message": found.message,
        "location": asdict(row.start),
        "end_location": asdict(row.end),
        "fix": fixes[0] if fixes else None,
        "url": found.url or None,
        "fixes": fixes,
        "origin": found.origin,
        "severity": found.severity,
        "confidence": found.confidence,
    }


def _fix(row: Row, fix: Fix) -> dict[str, Any]:
    edits = [
        {
            "content": edit.text,
            "location": asdict(place_at(row.document, edit.start)),
            "end_location": asdict(place_at(row.document, edit.end)),
        }
        for edit in fix.edits
    ]
    return {"applicability": "safe" if fix.safe else "unsafe", "message": fix.title, "edits": edits}
