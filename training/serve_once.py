"""Ask the model in use, by way of the command line and of a language server, once each; fail where none answers."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from python_slm.bench.client import LanguageClient
from python_slm.registry import Registry

_SLM = [sys.executable, "-m", "python_slm"]
_SOURCE = "def total(items):\n    result = 0\n    for item in items:\n        result += "


def main() -> None:
    """Ask both and print what they say; a model that knows little may well say nothing, but not fail."""
    in_use = Registry.of_user().choose([Path.cwd()]).folder
    if in_use is None:
        raise SystemExit("serve: the shipped model is in use, not one that was just made")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "total.py"
        file.write_text(_SOURCE, encoding="utf-8")
        line = _SOURCE.count("\n") + 1
        column = len(_SOURCE.rpartition("\n")[2])
        said = subprocess.run(  # noqa: S603 - our own command
            [*_SLM, "complete", f"{file}:{line}:{column + 1}", "--json"], check=True, capture_output=True, text=True
        )
        click.echo(f"slm complete: {json.dumps(json.loads(said.stdout))[:200]}")
        with LanguageClient([*_SLM, "lsp"]) as client:
            client.initialize()
            client.open(file.as_uri(), _SOURCE)
            texts = client.inline(file.as_uri(), line - 1, column)
            complaints = [shown["message"] for shown in client.received("window/showMessage") if shown["type"] == 1]
            code = client.end()
    click.echo(f"slm lsp: {texts!r}, exit code {code}")
    if complaints or code:
        raise SystemExit(f"serve: {in_use} does not serve: {complaints}, exit code {code}")


if __name__ == "__main__":
    main()
