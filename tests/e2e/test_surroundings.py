"""What the server knows beyond the open file: it arrives, it never blocks, and it survives whatever dies."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.e2e.conftest import patience

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

SHAPES = 'def area(width, height):\n    """The area of a rectangle."""\n    return width * height\n'
MAIN = "from shapes import area\n\n\ndef total(sizes):\n    first = area(1, 2)\n    "
OPTIONS = {"completion": {"deadlineMs": 20_000}, "context": {"importers": True, "yanks": True}}
END = "\n    "


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "shapes.py").write_text(SHAPES)
    (folder / "main.py").write_text(MAIN)
    return folder


def started(client: LanguageClient, *folders: Path, **capabilities: Any) -> None:
    """A client whose server tells in traces what it did."""
    roots = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
    client.initialize(trace="verbose", options=OPTIONS, workspaceFolders=roots, capabilities=capabilities)


def knowledge(client: LanguageClient) -> dict[str, Any]:
    """What the server says that it knows, as the newest request's trace has it."""
    found: dict[str, Any] = json.loads(client.received("$/logTrace")[-1]["verbose"])["work"]["known"]
    return found


def until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    """Wait, as long as a busy machine needs."""
    end = time.monotonic() + timeout_s * patience()
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


class Typist:
    """Types numbers at the end of ``main.py`` and asks for completions."""

    def __init__(self, client: LanguageClient, uri: str) -> None:
        self.client, self.uri = client, uri
        self.version = 0
        client.open(uri, MAIN)

    def ask(self) -> dict[str, Any]:
        self.version += 1
        text = f"value_{self.version} = "
        self.client.change(self.uri, self.version, {"text": MAIN + text})
        self.client.inline(self.uri, 5, 4 + len(text))
        return knowledge(self.client)


def children(client: LanguageClient) -> list[psutil.Process]:
    """The resolver's processes of a server."""
    family = psutil.Process(client.process.pid).children(recursive=True)
    return [one for one in family if "python_slm.project.resolver" in " ".join(one.cmdline())]


def test_a_definition_from_another_file_arrives(scripted: StartScripted, project: Path) -> None:
    client = scripted(scripts={"= ": ["area(3, 4)"]})
    started(client, project)
    typist = Typist(client, (project / "main.py").as_uri())
    until(lambda: typist.ask()["definitions"] == 1)


def test_the_projects_memory_and_an_importer_arrive(scripted: StartScripted, project: Path) -> None:
    (project / "user.py").write_text("import main\n\n\nmain.total([1, 2, 3])\n")
    client = scripted(scripts={"= ": ["area(3, 4)"]})
    started(client, project)
    typist = Typist(client, (project / "main.py").as_uri())
    until(lambda: (known := typist.ask())["memory"] == known["chunks"] == 1)


def test_a_killed_resolver_is_replaced(scripted: StartScripted, project: Path) -> None:
    client = scripted(scripts={"= ": ["area(3, 4)"]})
    started(client, project)
    typist = Typist(client, (project / "main.py").as_uri())
    until(lambda: typist.ask()["definitions"] == 1)
    [child] = children(client)
    child.kill()
    child.wait(10)
    assert typist.ask()["definitions"] == 1
    (project / "shapes.py").write_text(SHAPES + "def volume(): ...\n")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": typist.uri, "type": 2}]})
    until(lambda: [one.pid for one in children(client)] not in ([], [child.pid]))
    until(lambda: typist.ask()["definitions"] == 1)
    assert client.end() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_typing_does_not_wait_for_a_resolver_that_hangs(scripted: StartScripted, project: Path) -> None:
    client = scripted(scripts={"= ": ["area(3, 4)"]})
    started(client, project)
    typist = Typist(client, (project / "main.py").as_uri())
    until(lambda: len(children(client)) == 1)
    [child] = children(client)
    os.kill(child.pid, signal.SIGSTOP)
    begun = time.monotonic()
    for _ in range(10):
        typist.ask()
    assert time.monotonic() - begun < 4 * patience()
    assert client.end() == 0
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_resolver_dies_with_a_killed_server(scripted: StartScripted, project: Path) -> None:
    client = scripted(scripts={})
    started(client, project)
    Typist(client, (project / "main.py").as_uri())
    until(lambda: len(children(client)) == 1)
    [child] = children(client)
    client.process.kill()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_what_was_copied_arrives(scripted: StartScripted, project: Path) -> None:
    client = scripted(scripts={"= ": ["area(3, 4)"]})
    started(client, project)
    typist = Typist(client, (project / "main.py").as_uri())
    client.notify("python-slm/didYank", {"textDocument": {"uri": typist.uri}, "text": "first = area(1, 2)\n" * 3})
    assert typist.ask()["chunks"] == 1
    client.notify("python-slm/didYank", {"text": 3})
    assert typist.ask()["chunks"] == 1


def test_the_client_is_asked_to_watch_files(scripted: StartScripted, project: Path) -> None:
    client = scripted(scripts={})
    started(client, project, workspace={"didChangeWatchedFiles": {"dynamicRegistration": True}})
    [asked] = client.wait_received("client/registerCapability")
    [registration] = asked["registrations"]
    assert registration["method"] == "workspace/didChangeWatchedFiles"
    assert client.end() == 0
