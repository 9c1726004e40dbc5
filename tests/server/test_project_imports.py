"""How the files of a project import a name."""

from __future__ import annotations

from python_slm.project.imports import imports_of, statements_in


def test_every_name_has_a_statement_of_its_own() -> None:
    text = (
        "from __future__ import annotations\n\nimport os, sys as s\nimport a.b\nimport a.b as c\nfrom . import d\n"
        "from m.n import (\n    e,  # the first\n    f as g,\n)\nfrom o import h, *\n    import not_this\n"
    )
    assert dict(statements_in(text)) == {
        "os": "import os",
        "s": "import sys as s",
        "c": "import a.b as c",
        "e": "from m.n import e",
        "g": "from m.n import f as g",
        "h": "from o import h",
    }


def test_a_name_is_imported_as_nine_in_ten_files_do() -> None:
    texts = {f"{n}.py": "from m import a\nimport b\n" for n in range(9)}
    assert imports_of({**texts, "z.py": "from n import a\n"}) == {"a": "from m import a", "b": "import b"}
    assert imports_of({**texts, "y.py": "from n import a\n", "z.py": "from n import a\n"}) == {"b": "import b"}


def test_one_file_is_no_habit() -> None:
    assert imports_of({"a.py": "import os\nimport os\n"}) == {}


def test_nothing_is_known_when_stopped() -> None:
    assert imports_of({"a.py": "import os\n", "b.py": "import os\n"}, lambda: True) == {}
