"""Finds the real Neovim and runs a plan of ``drive.lua`` in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "client" / "neovim"
DRIVER = Path(__file__).with_name("drive.lua")
ACTIONS_DRIVER = Path(__file__).with_name("drive_actions.lua")
EXTRAS_DRIVER = Path(__file__).with_name("drive_extras.lua")


def find_neovim() -> str | None:
    """A Neovim of at least 0.12: $PYTHON_SLM_NVIM, the one that install_neovim.sh put here, or the one on PATH."""
    candidates = [os.environ.get("PYTHON_SLM_NVIM"), str(ROOT / ".check" / "neovim" / "nvim"), shutil.which("nvim")]
    return next((path for path in candidates if path and _version(path) >= (0, 12)), None)


def _version(path: str) -> tuple[int, ...]:
    if not Path(path).exists():
        return ()
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"NVIM v(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else ()


def drive(neovim: str, folder: Path, cmd: list[str], text: str, **plan: Any) -> dict[str, Any]:
    """Type into a file that holds ``text``; what was seen. Keys of the plan: see ``drive.lua``."""
    plan = {"cycle": 0, "accept": False, "presses": [], "pause": 1000, **plan}
    return _driven([neovim, str(DRIVER)], folder, cmd, text, plan)


def act(neovim: str, folder: Path, cmd: list[str], text: str, *steps: dict[str, Any], **plan: Any) -> dict[str, Any]:
    """Do ``steps`` in a file that holds ``text``; what was seen, step by step. See ``drive_actions.lua``."""
    return _driven([neovim, str(ACTIONS_DRIVER)], folder, cmd, text, {"steps": steps, **plan})


def extras(neovim: str, folder: Path, cmd: list[str], text: str, **plan: Any) -> dict[str, Any]:
    """Play the plan's scenario of ``drive_extras.lua`` in a file that holds ``text``; what was seen."""
    return _driven([neovim, str(EXTRAS_DRIVER)], folder, cmd, text, plan)


def _driven(editor: list[str], folder: Path, cmd: list[str], text: str, plan: dict[str, Any]) -> dict[str, Any]:
    file, result = folder / "typed.py", folder / "result.json"
    file.write_text(text)
    plan = {"options": {}, "plugin": str(CLIENT), **plan}
    plan |= {"cmd": cmd, "file": str(file), "result": str(result)}
    (folder / "plan.json").write_text(json.dumps(plan))
    environment = {
        **os.environ,
        "DRIVE_PLAN": str(folder / "plan.json"),
        "XDG_STATE_HOME": str(folder / "state"),
        "PYTHONPATH": str(ROOT),
    }
    arguments = ["--headless", "--clean", "-u", "NONE", "-i", "NONE", "-n", "-S", editor[1]]
    ran = subprocess.run(
        [editor[0], *arguments], env=environment, cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    assert result.exists(), ran.stderr
    seen: dict[str, Any] = json.loads(result.read_text())
    assert "problem" not in seen, f"{seen['problem']}\n{ran.stderr}"
    return seen
