"""Refactorings that ruff has as fixes, offered for a selection whether or not the project's configuration has the rule.

One process a request, 10 to 60 ms, and only when somebody asks: the rules below are selected for it alone; how long a
line may be, and for which Python, is the project's to say. A half-typed buffer is read with what is broken replaced
(``syntax.repair``), and no edit touches what was replaced.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_slm.project.ruff import installed_ruff
from python_slm.refactor.plan import Plan
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.repair import shadow_of
from python_slm.syntax.verify import objection
from python_slm.text import Document, Edit, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

Offer = tuple[str, str, Plan]
"""Title, LSP's code action kind, verified edits."""
KIND = "refactor.rewrite"
WAIT_S = 5.0
_UNSAFE = " (may change what the code does)"
_COMMAND = ("check", "--preview", "--no-fix", "--no-cache", "--quiet", "--exit-zero", "--output-format", "json")


@dataclass(frozen=True)
class Rewrite:
    """What one of ruff's rules, or some that do the same, is called in a menu; ``name`` ends the kind."""

    name: str
    title: str
    codes: tuple[str, ...]

    @property
    def kind(self) -> str:
        """LSP's code action kind."""
        return f"{KIND}.{self.name}"


REWRITES = (
    Rewrite("merge-nested-if", "Merge with the if inside", ("SIM102", "PLR5501")),
    Rewrite("merge-branches", "Merge branches that do the same", ("SIM114",)),
    Rewrite("else-after-return", "Remove else after a branch that leaves", ("RET505", "RET506", "RET507", "RET508")),
    Rewrite("return-value", "Return the value instead of naming it", ("RET504",)),
    Rewrite("return-condition", "Return the condition itself", ("SIM103",)),
    Rewrite("f-string", "Convert to f-string", ("UP032", "FLY002", "RUF010")),
    Rewrite("format", "Convert % to format", ("UP031",)),
    Rewrite("dict-get", "Use dict.get", ("SIM401", "SIM910", "FURB184")),
    Rewrite("comprehension", "Convert loop to comprehension", ("PERF401", "PERF402", "PERF403", "FURB142")),
    Rewrite("any-all", "Use any or all", ("SIM110",)),
    Rewrite("ternary", "Convert to conditional expression", ("SIM108",)),
    Rewrite("bool", "Use the condition itself", ("SIM210", "SIM211")),
    Rewrite("negation", "Simplify the negated comparison", ("SIM201", "SIM202", "SIM208", "E713", "E714")),
    Rewrite("pathlib", "Use pathlib", ("PTH",)),
    Rewrite("mutable-default", "Make the default None", ("B006",)),
    Rewrite("merge-with", "Merge with statements", ("SIM117",)),
    Rewrite("suppress", "Use contextlib.suppress", ("SIM105",)),
    Rewrite("return-annotation", "Annotate the return type", ("ANN201", "ANN202", "ANN204", "ANN205", "ANN206")),
    Rewrite("merge-comparisons", "Merge comparisons", ("PLR1714",)),
    Rewrite("merge-isinstance", "Merge isinstance calls", ("SIM101", "PIE810")),
    Rewrite("literal", "Write it as a literal", ("C405", "C406", "C408")),
    Rewrite("comprehension-call", "Write it as a comprehension", ("C400", "C401", "C402", "C403", "C404", "C417")),
    Rewrite("needless-call", "Remove the needless call", ("C409", "C410", "C411", "C413", "C414", "C416", "C418")),
    Rewrite("lambda-to-def", "Convert lambda to def", ("E731",)),
    Rewrite("encoding", "Name the encoding", ("PLW1514",)),
    Rewrite("operator", "Use the function of operator", ("FURB118",)),
    Rewrite("min-max", "Use min or max", ("FURB136", "PLR1730")),
    Rewrite("walk-items", "Walk keys or items", ("PERF102", "SIM118", "PLC0206", "PLR1733", "PLR1736")),
    Rewrite("modern-types", "Modernise annotations", ("UP006", "UP007", "UP035", "UP040", "UP045", "UP046", "UP047")),
)


def offers(
    text: str,
    path: Path | None,
    start: int,
    end: int,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    index: BlockIndex | None = None,
) -> list[Offer]:
    """What ruff can do with the lines of ``text[start:end]``, the smallest first; nothing where ruff is not there.

    ``path`` says whose configuration holds; None is nobody's. ``index`` is the text's, where there is one
    already. The title says so where ruff calls a fix unsafe.
    """
    index = index or BlockIndex.of(text)
    document, shadow = Document("", text), shadow_of(index)
    replaced = {line for span in shadow.replaced for line in range(span.first, span.last + 1)}
    found: list[Offer] = []
    names: set[str] = set()
    for one in _at(findings(shadow.text, path), document, start, end):
        for rewrite in _rewrites(one):
            if cancelled():
                return []
            edits = _edits(one["fix"], document, replaced)
            if rewrite.name in names or not edits:
                continue
            plan = Plan(edits)
            if not objection(index, plan.applied(text)):
                names.add(rewrite.name)
                safe = one["fix"]["applicability"] == "safe"
                found.append((rewrite.title if safe else rewrite.title + _UNSAFE, rewrite.kind, plan))
    return found


def findings(text: str, path: Path | None) -> Sequence[Mapping[str, Any]]:
    """What ruff finds of the rules above, as its JSON has it; nothing where it fails, is late or not installed."""
    program = installed_ruff()
    if program is None:
        return []
    codes = ",".join(sorted({code for one in REWRITES for code in one.codes}))
    whose = ["--stdin-filename", str(path)] if path else ["--isolated"]
    command = [program, *_COMMAND, "--select", codes, *whose, "-"]
    try:
        done = subprocess.run(  # noqa: S603 - ruff, our own dependency
            command, input=text.encode("utf-8", "replace"), capture_output=True, check=True, timeout=WAIT_S
        )
        answer: list[Mapping[str, Any]] = json.loads(done.stdout or b"[]")
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
    return answer


def _at(found: Sequence[Mapping[str, Any]], document: Document, start: int, end: int) -> list[Mapping[str, Any]]:
    """Those with a fix that are, or replace something, on a line of the selection; the smallest first."""
    first, last = (document.position_at(offset, "utf-32").line + 1 for offset in (start, end))
    here = []
    for one in found:
        places = (
            [one, *(edit for edit in one["fix"]["edits"] if edit["location"] != edit["end_location"])]
            if one["fix"]
            else []
        )
        if any(each["location"]["row"] <= last and first <= each["end_location"]["row"] for each in places):
            here.append(one)
    return sorted(here, key=lambda one: _distance(one, document, start))


def _distance(one: Mapping[str, Any], document: Document, start: int) -> tuple[bool, int]:
    first, last = (_offset(document, one[key]) for key in ("location", "end_location"))
    return not first <= start <= last, last - first


def _rewrites(one: Mapping[str, Any]) -> Iterator[Rewrite]:
    code = str(one["code"])
    for rewrite in REWRITES:
        if any(code == each or (each.isalpha() and code.startswith(each)) for each in rewrite.codes):
            yield rewrite


def _edits(fix: Mapping[str, Any], document: Document, replaced: set[int]) -> tuple[Edit, ...]:
    """The edits of a fix; none where it is only for show, or touches what ruff has not seen."""
    if fix["applicability"] not in {"safe", "unsafe"}:
        return ()
    edits = []
    for one in fix["edits"]:
        rows = one["location"]["row"] - 1, one["end_location"]["row"] - 1
        if replaced.intersection(range(rows[0], rows[1] + 1)) or (rows[0] == 0 and document.text.startswith("\ufeff")):
            return ()
        edits.append(Edit(_offset(document, one["location"]), _offset(document, one["end_location"]), one["content"]))
    return tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def _offset(document: Document, place: Mapping[str, int]) -> int:
    return document.offset_at(Position(place["row"] - 1, place["column"] - 1), "utf-32")
