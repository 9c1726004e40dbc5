"""A headless Chromium and the tools that drive it: where they are, and how a plan of steps is run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("browser.mjs")
_SECONDS = 240


@dataclass(frozen=True)
class Tools:
    """``folder`` is install_vscode.sh's, ``chromium`` the program."""

    folder: Path
    chromium: str

    @property
    def node(self) -> str:
        """The Node that came with them."""
        return str(self.folder / "node")

    @property
    def code_server(self) -> str:
        """VS Code's server, for ``node``."""
        return str(self.folder / "server" / "out" / "server-main.js")


def find_tools() -> Tools | None:
    """$PYTHON_SLM_VSCODE, or what install_vscode.sh put here; and Chromium: $PYTHON_SLM_CHROMIUM, or the system's."""
    folder = Path(os.environ.get("PYTHON_SLM_VSCODE") or ROOT / ".check" / "vscode")
    named = os.environ.get("PYTHON_SLM_CHROMIUM")
    chromium = named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return Tools(folder, chromium) if chromium and (folder / ".installed").exists() else None


@dataclass(frozen=True)
class Seen:
    """What a plan's steps gave, in their order, by the name of those that have one; ``outside`` must be empty."""

    steps: Sequence[dict[str, Any]]
    outside: Sequence[str]
    console: Sequence[str]

    def __getitem__(self, name: str) -> Any:
        return next(step["value"] for step in self.steps if step.get("as") == name)


def drive(tools: Tools, folder: Path, url: str, *steps: dict[str, Any], **plan: Any) -> Seen:
    """Open ``url`` and do the steps; screenshots go to .check/screenshots/FOLDER'S NAME, to be looked at."""
    shots = ROOT / ".check" / "screenshots" / folder.name
    shots.mkdir(parents=True, exist_ok=True)
    result = folder / "seen.json"
    fixed = {"tools": str(tools.folder / "tools"), "executable": tools.chromium, "result": str(result)}
    (folder / "plan.json").write_text(json.dumps({**fixed, "url": url, "shots": str(shots), "steps": steps, **plan}))
    command = [tools.node, str(DRIVER), str(folder / "plan.json")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert result.exists(), ran.stderr
    seen = json.loads(result.read_text())
    assert "problem" not in seen, f"{seen['problem']}\nafter {seen['steps'][-3:]}\nscreenshot: {shots}/problem.png"
    return Seen(seen["steps"], seen["outside"], seen["console"])


@contextmanager
def running(command: Sequence[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process for as long as the block runs; what it prints goes to ``log``."""
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for_text(log: Path, text: str, seconds: float = 60) -> str:
    """What ``log`` says once it holds ``text``."""
    until = time.monotonic() + seconds
    while text not in (said := log.read_text(errors="replace")):
        assert time.monotonic() < until, said
        time.sleep(0.05)
    return said
