"""Licence recognition: texts, headers, names and what is allowed."""

from __future__ import annotations

import pytest

from python_slm_training.collect import licences
from python_slm_training.collect.files import LicenceMap

BSD = "Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided that"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Apache License\n   Version 2.0, January 2004", "Apache-2.0"),
        ("Permission is hereby granted, free of charge, to any person obtaining a copy of this software and", "MIT"),
        (BSD, "BSD-2-Clause"),
        (f"{BSD} ... Neither the name of the author nor", "BSD-3-Clause"),
        ("Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee", "ISC"),
        ("PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", "PSF-2.0"),
        ("Mozilla Public License Version 2.0 ... GNU General Public License, Version 2.0", "MPL-2.0"),
        ("GNU LESSER GENERAL PUBLIC LICENSE Version 3, 29 June 2007", "LGPL-3.0-only"),
        (
            "GNU AFFERO GENERAL PUBLIC LICENSE Version 3; with version 3 of the GNU General Public License version 3",
            "AGPL-3.0-only",
        ),
        ("This is free and unencumbered software released into the public domain.", "Unlicense"),
        ("Zope Public License (ZPL) Version 2.1", "ZPL-2.1"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        ("the origin of this software must not be misrepresented;", "Zlib"),
        ("All rights reserved. You may look.", licences.UNKNOWN),
    ],
)
def test_recognises_a_licence_by_its_text(text: str, want: str) -> None:
    assert licences.of_text(text) == want


def test_joins_several_texts_in_one_file() -> None:
    assert licences.of_text(f"{BSD}\n---\nApache License, Version 2.0") == "Apache-2.0 AND BSD-2-Clause"


def test_a_documentation_licence_does_not_cover_the_code_beside_it() -> None:
    assert licences.of_text(f"{BSD} Docs: Attribution-ShareAlike 4.0 International") == "BSD-2-Clause"


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("MIT License", "MIT"),
        ("Apache Software License", "Apache-2.0"),
        ("BSD", "BSD-3-Clause"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
        ("see LICENSE", licences.UNKNOWN),
    ],
)
def test_maps_names_in_the_wild_to_spdx(name: str, want: str) -> None:
    assert licences.of_name(name) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ('[project]\nlicense = "MIT"\n', "MIT"),
        ('license = {text = "BSD-3-Clause"}\n', "BSD-3-Clause"),
        ("[metadata]\nlicense = Apache 2.0\n", "Apache-2.0"),
        ("classifiers=[\n 'License :: OSI Approved :: MIT License',\n]", "MIT"),
        ('license = {file = "LICENSE"}', licences.UNKNOWN),
    ],
)
def test_reads_the_declaration_of_a_project_file(text: str, want: str) -> None:
    assert licences.of_project_file(text) == want


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR BSD-3-Clause)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        (licences.UNKNOWN, False),
    ],
)
def test_an_expression_is_allowed_by_its_logic(expression: str, allowed: bool) -> None:
    assert licences.is_allowed(expression, licences.PERMISSIVE) is allowed


@pytest.mark.parametrize("path", ["LICENSE", "COPYING.txt", "docs/LICENCE.rst", "LICENSES/MIT.txt", "UNLICENSE"])
def test_knows_licence_files_by_name(path: str) -> None:
    assert licences.is_licence_file(path)


@pytest.mark.parametrize("path", ["license.py", "src/licenses.json", "README.md", "relicensed/a.txt"])
def test_takes_nothing_else_for_a_licence_file(path: str) -> None:
    assert not licences.is_licence_file(path)


def test_texts_in_a_licences_folder_cover_its_parent() -> None:
    texts = {"LICENSES/MIT.txt": "This is free and unencumbered software released into the public domain."}
    assert LicenceMap.of(texts, texts.get).of_file("src/a.py", "") == "Unlicense"


def test_the_project_file_answers_where_no_text_does() -> None:
    files = {"pyproject.toml": 'license = "ISC"\n'}
    assert LicenceMap.of(files, files.get).of_file("src/a.py", "") == "ISC"
