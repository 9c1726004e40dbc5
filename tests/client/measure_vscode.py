"""How long VS Code takes from a key to ghost text on the screen, with the shipped model; and pictures for the README.

    python -m tests.client.measure_vscode [--rounds 30] [--pictures]

The editor's own pause before it asks is part of it. ``completion.backOff`` is off: every round ends in a suggestion
that is not wanted, and after a few of those the server would keep quiet.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.client.browser import ROOT, Tools, drive, find_tools
from tests.client.vscode import CLIENT, package, vscode

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEM = ".statusbar-item[id='python-slm.python-slm.python-slm.status']"
READY = {"do": "wait", "selector": f"{ITEM} .codicon-sparkle", "timeout": 60_000}
OPEN = ({"do": "goto"}, {"do": "open", "name": "inventory.py"}, READY, {"do": "sleep", "ms": 3000})
LINE = "return sum("
"""It ends in no letter: while a word is typed, the menu of words comes before ghost text."""
STANDS = "return sum\n"
"""What the file ends in."""
EDITOR = {"x": 352, "y": 330, "width": 928, "height": 440}
TOP = {"x": 352, "y": 36, "width": 928, "height": 300}


def main() -> None:
    """Measure, print milliseconds, and take pictures where that is asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=30)
    options.add_argument("--pictures", action="store_true")
    chosen = options.parse_args()
    tools = find_tools()
    if tools is None:
        sys.exit("no browser tools: sh tests/client/install_vscode.sh, and chromium")
    with tempfile.TemporaryDirectory() as folder:
        vsix = package(tools, Path(folder))
        real = [sys.executable, "-m", "python_slm", "lsp"]
        print(f"from a key to ghost text: {told(latencies(tools, vsix, Path(folder) / 'typed', real, chosen.rounds))}")
        if chosen.pictures:
            pictures(tools, vsix, Path(folder) / "pictures", real)


def latencies(tools: Tools, vsix: Path, folder: Path, command: Sequence[str], rounds: int) -> list[float | None]:
    """Milliseconds from the last key of LINE to ghost text, a round each; None where none came."""
    step = {"do": "latency", "text": LINE, "rounds": rounds, "pause": 400, "as": "ms"}
    found: list[float | None] = seen(tools, vsix, folder, command, *at_the_method(), step)["ms"]
    return found


def at_the_method() -> Sequence[dict[str, Any]]:
    """Steps to the last line of ``value``, emptied but for its indentation."""
    return (
        {"do": "press", "keys": "Control+End"},
        *({"do": "press", "keys": "Backspace"} for _ in STANDS),
    )


def pictures(tools: Tools, vsix: Path, folder: Path, command: Sequence[str]) -> None:
    """``media/ghost.png`` and ``fix.png`` of the extension."""
    steps = (
        *at_the_method(),
        {"do": "type", "text": LINE},
        {"do": "ghost", "as": "ghost"},
        {"do": "picture", "path": str(CLIENT / "media" / "ghost.png"), "clip": EDITOR},
        {"do": "press", "keys": "Tab"},
        {"do": "press", "keys": "Control+Home"},
        {"do": "type", "text": "import os\n"},
        {"do": "wait", "selector": ".squiggly-warning", "timeout": 30_000},
        {"do": "press", "keys": "ArrowUp"},
        {"do": "press", "keys": "End"},
        {"do": "press", "keys": "Control+."},
        {"do": "wait", "selector": ".action-widget .monaco-list-row", "timeout": 30_000},
        {"do": "picture", "path": str(CLIENT / "media" / "fix.png"), "clip": TOP},
    )
    print(f"ghost text in the picture: {seen(tools, vsix, folder, command, *steps)['ghost']}")


def seen(tools: Tools, vsix: Path, folder: Path, command: Sequence[str], *steps: dict[str, Any]) -> Any:
    """Do steps in a copy of examples/inventory.py."""
    (folder / "work").mkdir(parents=True)
    (folder / "work" / "inventory.py").write_text((ROOT / "examples" / "inventory.py").read_text())
    settings: dict[str, Any] = {"python-slm.server.command": command, "editor.minimap.enabled": False}
    settings["python-slm.completion.backOff"] = False
    with vscode(tools, vsix, folder, settings) as url:
        return drive(tools, folder, url, *OPEN, *steps)


def told(found: Sequence[float | None]) -> str:
    """p50 and p95, and how often nothing came."""
    came = sorted(one for one in found if one is not None)
    if not came:
        return "no ghost text"
    p95 = came[min(len(came) - 1, round(0.95 * len(came)))]
    return f"p50 {statistics.median(came):.0f} ms, p95 {p95:.0f} ms, {len(found) - len(came)} of {len(found)} without"


if __name__ == "__main__":
    main()
