"""Which licence a text, a source file or a distribution is under, as an SPDX expression.

Texts are recognised by sentences that only they contain, in the manner of the FOSSology and ninka matchers: a few
microseconds a file and no data to install, where full matchers (scancode, askalono) bring hundreds of megabytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN = "NOASSERTION"

PERMISSIVE = frozenset(
    {
        "0BSD",
        "AFL-3.0",
        "Apache-2.0",
        "BSD-1-Clause",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "BlueOak-1.0.0",
        "CC0-1.0",
        "CNRI-Python",
        "HPND",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "NCSA",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
        "WTFPL",
        "X11",
        "ZPL-2.0",
        "ZPL-2.1",
        "Zlib",
    }
)
WEAK_COPYLEFT = frozenset(
    {
        "EPL-1.0",
        "EPL-2.0",
        "LGPL-2.0-only",
        "LGPL-2.0-or-later",
        "LGPL-2.1-only",
        "LGPL-2.1-or-later",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "MPL-1.1",
        "MPL-2.0",
    }
)
ATTRIBUTION = frozenset(f"CC-{kind}-{version}" for kind in ("BY", "BY-SA") for version in ("2.5", "3.0", "4.0"))
"""Of documentation and of answers; whose they are is in ``Metadata.extra``."""

# Sentences in lower case, white space and punctuation collapsed to one blank.
_SENTENCES = (
    ("Apache-2.0", "apache license version 2 0"),
    ("MIT", "permission is hereby granted free of charge to any person obtaining a copy of this software and"),
    ("ISC", "permission to use copy modify and or distribute this software for any purpose with or without fee"),
    ("ISC", "permission to use copy modify and distribute this software for any purpose with or without fee"),
    ("PSF-2.0", "python software foundation license version 2"),
    ("MPL-2.0", "mozilla public license version 2 0"),
    ("MPL-1.1", "mozilla public license version 1 1"),
    ("AGPL-3.0-only", "gnu affero general public license version 3"),
    ("LGPL-3.0-only", "gnu lesser general public license version 3"),
    ("LGPL-2.1-only", "gnu lesser general public license version 2 1"),
    ("LGPL-2.0-only", "gnu library general public license version 2"),
    ("GPL-3.0-only", "gnu general public license version 3"),
    ("GPL-2.0-only", "gnu general public license version 2"),
    ("EPL-2.0", "eclipse public license v 2 0"),
    ("EPL-1.0", "eclipse public license v 1 0"),
    ("Unlicense", "this is free and unencumbered software released into the public domain"),
    ("Zlib", "the origin of this software must not be misrepresented"),
    ("CC0-1.0", "cc0 1 0 universal"),
    ("ZPL-2.1", "zope public license zpl version 2 1"),
    ("BSL-1.0", "boost software license version 1 0"),
    ("WTFPL", "do what the fuck you want to public license"),
    ("HPND", "permission to use copy modify and distribute this software and its documentation for any purpose and"),
    ("CC-BY-NC-4.0", "attribution noncommercial 4 0 international"),
    ("CC-BY-SA-4.0", "attribution sharealike 4 0 international"),
    ("CC-BY-4.0", "attribution 4 0 international"),
    ("BUSL-1.1", "business source license 1 1"),
    ("SSPL-1.0", "server side public license"),
    ("Elastic-2.0", "elastic license 2 0"),
)
_ALIASES = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2 0": "Apache-2.0",
    "apache license 2 0": "Apache-2.0",
    "apache license version 2 0": "Apache-2.0",
    "apache software": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache software license 2 0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 2 clause": "BSD-2-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "3 clause bsd": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "mit": "MIT",
    "mit license": "MIT",
    "the mit license": "MIT",
    "expat": "MIT",
    "isc": "ISC",
    "isc license iscl": "ISC",
    "psf": "PSF-2.0",
    "psf 2 0": "PSF-2.0",
    "psfl": "PSF-2.0",
    "psf license": "PSF-2.0",
    "python software foundation": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense unlicense": "Unlicense",
    "public domain": "CC0-1.0",
    "zope public license": "ZPL-2.1",
    "mozilla public license 2 0 mpl 2 0": "MPL-2.0",
    "mpl 2 0": "MPL-2.0",
    "gnu general public license gpl": "GPL-2.0-or-later",
    "gnu general public license v2 gplv2": "GPL-2.0-only",
    "gnu general public license v2 or later gplv2": "GPL-2.0-or-later",
    "gnu general public license v3 gplv3": "GPL-3.0-only",
    "gnu general public license v3 or later gplv3": "GPL-3.0-or-later",
    "gnu lesser general public license v2 or later lgplv2": "LGPL-2.0-or-later",
    "gnu lesser general public license v3 lgplv3": "LGPL-3.0-only",
    "gnu lesser general public license v3 or later lgplv3": "LGPL-3.0-or-later",
    "gnu library or lesser general public license lgpl": "LGPL-2.0-or-later",
    "gnu affero general public license v3": "AGPL-3.0-only",
    "gnu affero general public license v3 or later agplv3": "AGPL-3.0-or-later",
}
_BSD = "redistribution and use in source and binary forms with or without modification are permitted"
_BSD3 = re.compile(r"neither the names? of|may not be used to endorse or promote|the names? of .{0,80} may not be used")
_HEADER = re.compile(r"SPDX-License-Identifier:\s*([^\n*#\"']+)", re.IGNORECASE)
_CLASSIFIER = re.compile(r"License :: (?:OSI Approved :: )?([^\"'\n\]]+)")
_DECLARED = re.compile(r"""^\s*license(?:_expression)?\s*=\s*(?:\{\s*text\s*=\s*)?["']?([^"'\n{}]+)""", re.MULTILINE)
_NAME = re.compile(r"(?:^|/)(?:un)?(?:licen[cs]e|copying|copyright)[^/]*$", re.IGNORECASE)
_CODE = re.compile(r"\.(?:py|pyc|js|json|html|png|svg|tmpl|csv|yml|yaml|sh)$", re.IGNORECASE)
_MAX_HEADER = 4000
_PUBLIC_DOMAIN = re.compile(
    r"\bthis\s+(?:document|pep|text|article|page)\s+(?:is|has\s+been)\s+(?:hereby\s+)?(?:(?:placed|put|released)\s+)?"
    r"in(?:to)?\s+the\s+public\s+domain",
    re.IGNORECASE,
)


def is_licence_file(path: str) -> bool:
    """Whether ``path`` is named like a licence text: LICENSE, COPYING.txt, LICENSES/MIT.txt."""
    named = _NAME.search(path) or path.startswith("LICENSES/") or "/LICENSES/" in path
    return bool(named) and not _CODE.search(path)


def of_text(text: str) -> str:
    """The licences whose text this is, joined by AND; UNKNOWN if none is recognised."""
    plain = " ".join(re.findall(r"[a-z0-9]+", text.lower()))
    found = [name for name, sentence in _SENTENCES if sentence in plain]
    if "MPL-2.0" in found:  # its definition of secondary licences names the GNU ones
        found = [name for name in found if "GPL" not in name]
    if "AGPL-3.0-only" in found and "GPL-3.0-only" in found:  # section 13 of the AGPL cites it
        found.remove("GPL-3.0-only")
    if _BSD in plain:
        found.append("BSD-3-Clause" if _BSD3.search(plain) else "BSD-2-Clause")
    if "cnri open source license agreement" in plain or "beopen python open source license agreement" in plain:
        found.append("Python-2.0")
    software = [name for name in found if not name.startswith("CC-BY")]  # beside another, it covers the documentation
    return joined(software or found)


def of_header(text: str) -> str:
    """The SPDX-License-Identifier in the first lines of a source file; UNKNOWN if it has none."""
    match = _HEADER.search(text, 0, _MAX_HEADER)
    return of_name(match[1]) if match else UNKNOWN


def of_document(text: str) -> str:
    """What a document says of itself: its SPDX header, or that it is in the public domain, as most PEPs are."""
    header = of_header(text)
    return "CC0-1.0" if header == UNKNOWN and _PUBLIC_DOMAIN.search(text) else header


def of_name(name: str) -> str:
    """SPDX of a name in the wild (``MIT License``, ``Apache 2.0``, ``MIT OR Apache-2.0``); UNKNOWN if not known."""
    alias = _ALIASES.get(" ".join(re.findall(r"[a-z0-9]+", name.lower())))
    if alias:
        return alias
    try:
        return str(canonicalize_license_expression(name.strip()))
    except InvalidLicenseExpression:
        return UNKNOWN


def of_project_file(text: str) -> str:
    """Licence declared in a pyproject.toml, setup.cfg or setup.py: its ``license`` field, else its classifiers."""
    declared = of_names(match[1] for match in _DECLARED.finditer(text))
    return declared if declared != UNKNOWN else of_names(match[1] for match in _CLASSIFIER.finditer(text))


def of_names(names: Iterable[str]) -> str:
    """Licences of several names, joined by AND; names that are not known are ignored."""
    return joined([found for name in names if (found := of_name(name)) != UNKNOWN])


def joined(found: Iterable[str]) -> str:
    """One SPDX expression from parts, sorted, without repetition; UNKNOWN from nothing."""
    parts = sorted(set(found))
    if len(parts) > 1:
        parts = [f"({part})" if " OR " in part else part for part in parts]
    return " AND ".join(parts) or UNKNOWN


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether one may use a text under ``expression``: every term of an AND, any of an OR, exceptions ignored."""
    terms = re.split(r"\s+AND\s+(?![^(]*\))", expression.strip())
    if len(terms) > 1:
        return all(is_allowed(term, allowed) for term in terms)
    inner = expression.strip().removeprefix("(").removesuffix(")")
    return any(name.split(" WITH ")[0].strip(" ()") in allowed for name in inner.split(" OR "))
