"""No secret is suggested: whose it is nobody can say, and a model that makes one up helps nobody.

The forms are those that the services document, as detect-secrets and gitleaks have them. detect-secrets itself, which
curation uses, would bring requests and PyYAML into every install and takes longer a line than a suggestion may.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict

if TYPE_CHECKING:
    from python_slm.checks.base import Candidate, Place

_FORMS = {
    "an AWS access key": r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{60,})",
    "a GitLab token": r"\bgl(?:pat|dt|ft|soat|rt|cbt)-[\w-]{20,}",
    "a Slack token": r"\bxox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w{20,}",
    "a Stripe key": r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}",
    "a Google key": r"\bAIza[\w-]{35}|\bya29\.[\w-]{30,}|\bGOCSPX-[\w-]{20,}",
    "an API key": r"\bsk-(?:ant-|proj-|svcacct-)?[\w-]*[0-9][\w-]{20,}",
    "a Hugging Face token": r"\bhf_[0-9A-Za-z]{30,}",
    "a package index token": r"\bpypi-AgE[\w-]{50,}|\bnpm_[0-9A-Za-z]{36}\b",
    "a SendGrid key": r"\bSG\.[\w-]{20,}\.[\w-]{20,}",
    "a Square token": r"\bsq0(?:csp|atp)-[\w-]{20,}",
    "a Telegram token": r"\b\d{8,10}:AA[\w-]{32,}",
    "a DigitalOcean token": r"\bdo[opr]_v1_[0-9a-f]{40,}",
    "a JSON web token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}(?:\.[\w-]*)?",
    "an Azure storage key": r"AccountKey=[0-9A-Za-z+/]{40,}",
    "a password in an address": r"\b[a-z][a-z0-9+.-]*://[^\s:/@'\"{}$<%*]+:(?!(?:pass(?:word|wd)?|secret|x+)@)"
    r"[^\s/@'\"{}$<%*]{3,}@",
    "a private key": r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s+]|['\"]\s*['\"]|\\[nr])*[0-9A-Za-z+/]{8}",
}
_FORM = re.compile("|".join(f"(?P<f{place}>{form})" for place, form in enumerate(_FORMS.values())))
_NAMES = tuple(_FORMS)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{32,}|[0-9A-F]{32,})(?![0-9A-Za-z])")
_RANDOM = re.compile(r"(?<![\w+/-])[0-9A-Za-z+/_-]{20,}={0,2}(?![\w+/-])")
_CHANGE = re.compile(r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z])[a-z0-9]|(?<=\d)[A-Za-z]")
_LEAST_HEX_DIGITS = 8
_LEAST_ENTROPY = 0.85
"""Of what as many different characters would have; English words and identifiers have 0.75."""
_LEAST_CHANGES = 0.35
"""Changes between lower case, upper case and digits, a character; random base64 has 0.6, CamelCase 0.3."""
_LEAST_NUMBERS = 2
_LOOK_BACK = 200
_LOOK_BACK_LINES = 3


class Secrets:
    """Drops what has the form of a credential, and literals as random as one, also when the user began them."""

    name = "secrets"

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        if not place.settings.safety:
            return Verdict.keep(candidate)
        text = place.document.text
        before = text[max(0, candidate.start - _LOOK_BACK) : candidate.start]
        before = "".join(before.splitlines(keepends=True)[-_LOOK_BACK_LINES:])
        found = secret_in(before + candidate.text, after=len(before))
        return Verdict.drop(f"looks like {found}") if found else Verdict.keep(candidate)


def secret_in(text: str, *, after: int = 0) -> str:
    """What sort of secret ends behind ``after`` in ``text``; empty if none does."""
    for found in _FORM.finditer(text):
        if found.end() > after and found.lastgroup:
            return _NAMES[int(found.lastgroup[1:])]
    for found in _HEX.finditer(text):
        number = found.group()
        if found.end() > after and len(set(number)) >= _LEAST_HEX_DIGITS and not number.isdecimal():
            return "a random number"
    if any(found.end() > after and _is_random(found.group().rstrip("=")) for found in _RANDOM.finditer(text)):
        return "a random literal"
    return ""


def _is_random(literal: str) -> bool:
    """Whether it could be base64 of a key: both cases, numbers, no runs of one sort, no character too often."""
    if not re.search("[a-z]", literal) or len(re.findall(r"\d+", literal)) < _LEAST_NUMBERS:
        return False
    if len(_CHANGE.findall(literal)) < _LEAST_CHANGES * len(literal):
        return False
    shares = [count / len(literal) for count in Counter(literal).values()]
    return -sum(share * math.log2(share) for share in shares) >= _LEAST_ENTROPY * math.log2(min(len(literal), 64))
