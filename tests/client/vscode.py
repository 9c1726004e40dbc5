"""The real VS Code server with our packaged extension in it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.client.browser import ROOT, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.client.browser import Tools

CLIENT = ROOT / "client" / "vscode"
_QUIET = {
    "telemetry.telemetryLevel": "off",
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.enableExperiments": False,
    "chat.commandCenter.enabled": False,
    "chat.disableAIFeatures": True,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "update.mode": "none",
    "git.enabled": False,
}


def package(tools: Tools, folder: Path) -> Path:
    """The .vsix as ``npm run package`` makes it, without the server's wheel."""
    environment = {**os.environ, "PATH": f"{tools.folder}{os.pathsep}{os.environ['PATH']}"}
    if not (CLIENT / "node_modules" / ".package-lock.json").exists():
        npm = shutil.which("npm")
        assert npm, "npm is not installed"
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([npm, "ci", *quiet], cwd=CLIENT, check=True, capture_output=True, env=environment)
    vsix = folder / "python-slm.vsix"
    command = [tools.node, "node_modules/.bin/vsce", "package", "--no-dependencies", "--out", str(vsix)]
    done = subprocess.run(command, cwd=CLIENT, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return vsix


@contextmanager
def vscode(tools: Tools, vsix: Path, folder: Path, settings: Mapping[str, Any]) -> Iterator[str]:
    """VS Code in ``folder / work`` with the extension and these settings; the address to open."""
    data, work = folder / "data", folder / "work"
    (data / "data" / "Machine").mkdir(parents=True)
    work.mkdir(exist_ok=True)
    (data / "data" / "Machine" / "settings.json").write_text(json.dumps({**_QUIET, **settings}))
    where = ["--server-data-dir", str(data), "--extensions-dir", str(data / "extensions")]
    program = [tools.node, tools.code_server, *where, "--accept-server-license-terms"]
    subprocess.run([*program, "--install-extension", str(vsix)], check=True, capture_output=True, timeout=120)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--without-connection-token", "--disable-workspace-trust", "--telemetry-level", "off"]
    command = [*program, *options, "--host", "127.0.0.1", "--port", str(port)]
    gallery = json.dumps({"serviceUrl": "http://127.0.0.1:9", "itemUrl": "http://127.0.0.1:9"})  # nobody answers there
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PIP_NO_INDEX": "1", "EXTENSIONS_GALLERY": gallery}
    with running(command, folder / "vscode.log", env=environment):
        url = f"http://127.0.0.1:{port}/?folder={work}"
        _wait(url)
        yield url


def _wait(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError):
            assert time.monotonic() < until, "VS Code's server did not start"
            time.sleep(0.2)
