"""A real Neovim 0.12: three quotes below a definition bring its docstring as ghost text, and Tab accepts it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.client.test_neovim import neovim, scripted, type_into

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["neovim"]

TEXT = "def area(width, height):\n\n    return width * height\n\n\nprint(area(3, 4))\n"


def test_quotes_are_completed_to_a_docstring(neovim: str, tmp_path: Path) -> None:
    keys = list('    """')
    seen = type_into(neovim, tmp_path, scripted(scripts={}), TEXT, line=2, keys=keys, accept=True)
    assert "Args:" in seen["ghosts"][0]["text"]
    function = ast.parse("\n".join(seen["buffer"])).body[0]
    assert isinstance(function, ast.FunctionDef)
    documented = ast.get_docstring(function) or ""
    assert "Args:\n    width: The width.\n    height: The height." in documented
    assert len(function.body) == 2
