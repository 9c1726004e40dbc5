"""``os.path.exists(os.path.join(a, b))`` → ``Path(a, b).exists()``, and other calls that have a method of a path."""

from __future__ import annotations

import re

import libcst as cst

from python_slm_training.tasks.refactor.base import Pair, code, has_comment, uses

KIND = "pathlib"
HINT = re.compile(
    r"\bos\.(?:path\.(?:exists|isfile|isdir|islink|getsize)|makedirs|remove|unlink|rename|rmdir)\(|open\(os\.path"
)
TARGET_IS_REAL = False
_METHODS = {
    "os.path.exists": "exists()",
    "os.path.isfile": "is_file()",
    "os.path.isdir": "is_dir()",
    "os.path.islink": "is_symlink()",
    "os.path.getsize": "stat().st_size",
    "os.remove": "unlink()",
    "os.unlink": "unlink()",
    "os.rmdir": "rmdir()",
}

EXAMPLES = (
    (
        """\
import os


def f(a, b):
    if os.path.exists(os.path.join(a, b)):
        return os.path.getsize(a)
    return os.path.isdir(a)
""",
        """\
from pathlib import Path


def f(a, b):
    if Path(a, b).exists():
        return Path(a).stat().st_size
    return Path(a).is_dir()
""",
        "f('/', 'no such file')",
    ),
    (
        """\
import os


def f(a):
    with open(os.path.join(a, 'null'), 'rb') as file:
        return file.read(), os.sep
""",
        """\
import os
from pathlib import Path


def f(a):
    with Path(a, 'null').open('rb') as file:
        return file.read(), os.sep
""",
        "f('/dev')",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to functions that know ``os``; both sides come with the import that they need."""
    if uses(tree, "Path") or has_comment(tree):
        return None
    rewriter = _Rewriter()
    after = tree.visit(rewriter)
    if not rewriter.found:
        return None
    before = tree.code.removeprefix("import os\n").lstrip("\n")
    code_after = after.code.removeprefix("import os\n").lstrip("\n")
    kept = "import os\n" if re.search(r"\bos\.", code_after) else ""
    return f"import os\n\n\n{before}", f"{kept}from pathlib import Path\n\n\n{code_after}"


class _Rewriter(cst.CSTTransformer):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        made = _method(original_node, updated_node)
        if made is None or "\n" in made:
            return updated_node
        self.found = True
        return cst.parse_expression(made)


def _method(original: cst.Call, call: cst.Call) -> str | None:
    name = code(call.func)
    if any(each.star for each in call.args) or not call.args or call.args[0].keyword:
        return None
    path = _path(call.args[0].value)
    rest = ", ".join(code(each).rstrip(",") for each in call.args[1:])
    if name in _METHODS and len(call.args) == 1:
        return f"{path}.{_METHODS[name]}"
    if name == "os.rename" and len(call.args) == 2:  # noqa: PLR2004
        return f"{path}.rename({rest})"
    if name == "os.makedirs" and rest in {"", "exist_ok=True"}:
        return f"{path}.mkdir(parents=True{', exist_ok=True' if rest else ''})"
    if name == "open" and code(original.args[0].value).startswith("os.path.join("):
        return f"{path}.open({rest})"
    return None


def _path(value: cst.BaseExpression) -> str:
    """``Path(a, b)`` for ``os.path.join(a, b)``, ``Path(value)`` for others."""
    joined = isinstance(value, cst.Call) and code(value.func) == "os.path.join" and not any(e.star for e in value.args)
    if isinstance(value, cst.Call) and joined and not any(code(each.value) in {"''", '""'} for each in value.args):
        return f"Path({', '.join(code(each).rstrip(',') for each in value.args)})"
    return f"Path({code(value)})"
