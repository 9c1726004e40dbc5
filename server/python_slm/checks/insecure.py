"""No call is suggested that is known to be insecure, unless the file does the same already.

The rules are ruff's S (flake8-bandit's). ruff takes a process of its own, 10 to 30 ms: it is asked only about lines
with a word that some rule looks for, and only what it finds with the suggestion and not without it counts.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict
from python_slm.checks.parses import Edited
from python_slm.project.ruff import installed_ruff
from python_slm.syntax.repair import shadow_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from python_slm.checks.base import Candidate, Place
    from python_slm.syntax.blocks import BlockIndex

_IGNORED = (
    "S101,S108,S110,S112,S113,"  # assert, /tmp, silent except, no time limit: matters of style, or of tests
    "S310,S311,S4,S603,S606,S607"  # every urlopen, random, import of subprocess and start of a process
)
_WORDS = re.compile(
    r"""\b(?:exec|eval|chmod|extractall|pickle|cPickle|dill|shelve|jsonpickle|read_pickle|marshal|md[245]|MD[245]|sha1?
    |SHA1?|hashlib|mktemp|mark_safe|Markup|telnetlib|Telnet|cElementTree|ElementTree|etree|sax|expat|expatbuilder|minidom
    |pulldom|ftplib|FTP|ssl|_create_unverified_context|PROTOCOL_\w+|SSL\w*|wrap_socket|ARC[24]|Blowfish|DES3?|CAST5|IDEA
    |XOR|ECB|RSA|DSA|generate_private_key|yaml|AutoAddPolicy|WarningPolicy|CommunityData|UsmUserData|exec_command|popen\w*
    |getoutput|getstatusoutput|spawn\w*|RawSQL|autoescape|mako)\b
    |\b(?:system|extra|listen|Environment|Template)\(
    |\b(?:verify|shell|debug)\s*=|0\.0\.0\.0|['"]::['"]
    |(?i:passw(?:or)?d|passphrase|\bpwd\b|secret|token|credential)\w*['"\]]*\s*(?::\s*\w+\s*)?[=:!]+\s*\w?['"]
    |['"].*?\b(?i:select\b.*\bfrom|insert\s+into|update\b.*\bset|delete\s+from|replace\s+into)\b""",
    re.VERBOSE | re.DOTALL,
)
_LIMIT_S = 0.4
_MOST_CHARACTERS = 300_000


@dataclass(frozen=True)
class Insecure:
    """Asks ``ruff``, a text → the rules that it breaks by code, if there is time."""

    ruff: Callable[[str], Mapping[str, str]]
    name = "insecure"

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        if not place.settings.safety or place.late() or not _WORDS.search(_lines(candidate, place)):
            return Verdict.keep(candidate)
        edited = Edited.of(candidate, place)
        line = place.document.line_at(candidate.start)
        new = self._rules(edited.after, line)
        if new:
            new = {code: name for code, name in new.items() if code not in self._rules(place.index, line)}
        if not new:
            return Verdict.keep(candidate)
        return Verdict.drop("insecure: " + ", ".join(f"{name} ({code})" for code, name in sorted(new.items())))

    def _rules(self, index: BlockIndex, line: int) -> Mapping[str, str]:
        return {} if len(index.text) > _MOST_CHARACTERS else self.ruff(shadow_of(index, line).text)


@dataclass(frozen=True)
class Ruff:
    """The rules that a text breaks, code → name; none where ruff is missing, fails or is late."""

    find: Callable[[], str | None] = installed_ruff
    limit_s: float = _LIMIT_S

    def __call__(self, text: str) -> Mapping[str, str]:
        """Ask in a process of its own, without the user's configuration and without ``noqa``."""
        executable = self.find()
        if not executable:
            return {}
        options = ("--isolated", "--no-cache", "--ignore-noqa", "--exit-zero", "--quiet", "--output-format", "json")
        rules = ("--select", "S", "--ignore", _IGNORED, "--stdin-filename", "buffer.py")
        try:
            done = subprocess.run(  # noqa: S603 - our own options
                [executable, "check", *options, *rules, "-"],
                input=text.encode("utf-8", "replace"),
                capture_output=True,
                check=False,
                timeout=self.limit_s,
            )
            found = json.loads(done.stdout or b"[]")
        except (OSError, subprocess.TimeoutExpired, ValueError):
            return {}
        return {one["code"]: one.get("name") or one["code"] for one in found if str(one.get("code")).startswith("S")}


def _lines(candidate: Candidate, place: Place) -> str:
    """The lines that would result: a call may begin before the cursor."""
    return place.cursor.before + candidate.text
