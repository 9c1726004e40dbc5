"""The README's lines for Neovim do what they say."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.client.neovim import find_neovim

ROOT = Path(__file__).parents[2]
READ_BACK = 'io.stdout:write(vim.lsp.config.python_slm.cmd[1], " ", tostring(vim.lsp.is_enabled("python_slm")))'


def test_the_lines_for_neovim_enable_the_server_of_this_folder(tmp_path: Path) -> None:
    neovim = find_neovim()
    if neovim is None:
        pytest.skip("no Neovim >= 0.12: run tests/client/install_neovim.sh, or set PYTHON_SLM_NVIM")
    lines = re.findall(r"```lua\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "python-slm").symlink_to(ROOT)
    init = tmp_path / "init.lua"
    init.write_text(f"{lines[0]}\n{READ_BACK}\n", encoding="utf-8")
    arguments = ["--headless", "--clean", "-i", "NONE", "-u", str(init), "+qa"]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run([neovim, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert done.stdout == f"{tmp_path}/python-slm/.venv/bin/slm true"
