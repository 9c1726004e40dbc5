"""Ruff's words as findings: its server's (LSP), and its reports' (``--output-format json``)."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from python_slm.findings import Finding, Fix, Related
from python_slm.text import Edit, Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from python_slm.findings import Severity, Tag
    from python_slm.text import Document

NOT_PYTHON = "invalid-syntax"
"""The code of what is no Python, or none of the version that the project is for."""

_SEVERITIES: dict[int, Severity] = {1: "error", 2: "warning", 3: "information", 4: "hint"}
_TAGS: dict[int, Tag] = {1: "unnecessary", 2: "deprecated"}
_ERRORS = frozenset({NOT_PYTHON, "F821", "E902"})
_UNNECESSARY = frozenset({"F401", "F811", "F841", "F842"})
_CODE = re.compile(r"[A-Z]+[0-9]+")
_NONE: Mapping[str, str] = MappingProxyType({})
_RELATED = "relatedInformation"
_HELP = re.compile(r"\n+help: .*\Z", re.DOTALL)


def is_code(code: object) -> bool:
    """Whether it is a rule's code, not its name, as ruff's server has it where a project turned its preview on."""
    return code is None or code == NOT_PYTHON or _CODE.fullmatch(str(code)) is not None


def from_server(raw: dict[str, Any], document: Document, codes: Mapping[str, str] = _NONE) -> Finding:
    """A diagnostic of ``ruff server`` in ``document``, its columns in code points; ``codes`` are those of names.

    A fix is safe where ruff prefers it; what ruff would only show has no edits.
    """
    data, code, message = raw.get("data") or {}, str(raw.get("code") or NOT_PYTHON), str(raw["message"])
    start, end = _span(document, raw["range"])
    title = str(data.get("title") or "")
    edits, silence, tags, related = (data.get("edits"), data.get("noqa_edit"), raw.get("tags"), raw.get(_RELATED))
    fixes = _ordered([_edit(one, document) for one in edits]) if edits else ()
    return Finding(
        "ruff",
        codes.get(code, code),
        _HELP.sub("", message) if "help: " in message else message,
        start,
        end,
        _SEVERITIES.get(raw.get("severity", 2), "warning"),
        (Fix(title, fixes, safe=bool(data.get("is_preferred"))),) if fixes else (),
        (_edit(silence, document),) if silence else (),
        tuple([_TAGS[tag] for tag in tags if tag in _TAGS]) if tags else (),
        tuple([_related(document, one) for one in related if _is_here(one, document)]) if related else (),
        str((raw.get("codeDescription") or {}).get("href") or ""),
    )


def from_report(raw: dict[str, Any], document: Document) -> Finding:
    """An entry of a report about ``document``; lines and columns count from one."""
    code = str(raw.get("code") or NOT_PYTHON)
    fix = raw.get("fix") or {}
    edits = _ordered(
        Edit(_at(document, one["location"]), _at(document, one["end_location"]), one["content"])
        for one in fix.get("edits") or ()
    )
    offered = edits and fix.get("applicability") in ("safe", "unsafe")
    row = raw.get("noqa_row")
    return Finding(
        "ruff",
        code,
        str(raw["message"]),
        _at(document, raw["location"]),
        _at(document, raw["end_location"]),
        "error" if code in _ERRORS else "warning",
        (Fix(str(fix.get("message") or ""), edits, safe=fix["applicability"] == "safe"),) if offered else (),
        (noqa(document, row - 1, code),) if row and code != NOT_PYTHON else (),
        ("unnecessary",) if code in _UNNECESSARY else (),
        (),
        str(raw.get("url") or ""),
    )


_NOQA = re.compile(r"#\s*noqa\s*:\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*", re.IGNORECASE)


def noqa(document: Document, line: int, code: str) -> Edit:
    """The edit that silences ``code`` on a line: a comment of its own, or one more code in ruff's that is there."""
    start, end = document.line_span(line)
    there = _NOQA.search(document.text, start, end)
    if there is not None:
        return Edit(there.end(), there.end(), f", {code}")
    kept = start + len(document.text[start:end].rstrip())
    return Edit(kept, end, f"  # noqa: {code}")


def _ordered(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    found = list(edits)
    return tuple(sorted(found, key=_ends) if len(found) > 1 else found)


def _ends(edit: Edit) -> tuple[int, int]:
    return edit.start, edit.end


def _at(document: Document, place: dict[str, int]) -> int:
    return document.offset_at(Position(place["row"] - 1, place["column"] - 1), "utf-32")


def _span(document: Document, where: dict[str, Any]) -> tuple[int, int]:
    """Offsets of an LSP range in code points: a sum, where a line holds as much as ruff says it does."""
    starts, most, first, last = document.line_starts, len(document.text), where["start"], where["end"]
    line, below = first["line"], last["line"]  # no loop: this is asked thrice a finding, at every key
    start = starts[line] + first["character"] if line < len(starts) else most
    end = starts[below] + last["character"] if below < len(starts) else most
    return min(start, most), min(end, most)


def _edit(raw: dict[str, Any], document: Document) -> Edit:
    return Edit(*_span(document, raw["range"]), str(raw["newText"]))


def _is_here(raw: dict[str, Any], document: Document) -> bool:
    return bool(raw["location"]["uri"] == document.uri)


def _related(document: Document, raw: dict[str, Any]) -> Related:
    return Related(*_span(document, raw["location"]["range"]), str(raw["message"]))
