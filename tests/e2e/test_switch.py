"""A running server takes up the model that 'slm model' puts in use, and loses no request over it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.registry import Registry
from tests.e2e.conftest import SLM, patience
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import Start

TEXT = "def area(width, height):\n    return "


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two models that say different things."""
    return [export_tiny(tmp_path_factory.mktemp("model"), seed=seed) for seed in (1, 2)]


def slm(*arguments: str) -> str:
    """Another process of the same user."""
    done = subprocess.run([*SLM, *arguments], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def start(slm_lsp: Start, project: Path, *arguments: str) -> LanguageClient:
    client = slm_lsp(*arguments)
    client.initialize(
        trace="verbose",
        options={"completion": {"maxNewTokens": 4, "deadlineMs": 20_000}},
        workspaceFolders=[{"uri": project.as_uri(), "name": "project"}],
    )
    client.open((project / "area.py").as_uri(), TEXT)
    return client


def complete(client: LanguageClient, project: Path) -> dict[str, Any]:
    """Ask once; the trace of that request."""
    before = len(client.received("$/logTrace"))
    client.inline((project / "area.py").as_uri(), 1, 11)
    traces = client.wait_received("$/logTrace", before + 1)
    found: dict[str, Any] = json.loads(traces[before]["verbose"])
    return found


def until_answered_by(client: LanguageClient, project: Path, model: str) -> list[dict[str, Any]]:
    """Ask as a person who types does until ``model`` answers; every trace on the way."""
    seen, end = [complete(client, project)], time.monotonic() + 10 * patience()
    while seen[-1]["model"] != model and time.monotonic() < end:
        time.sleep(0.05)
        seen.append(complete(client, project))
    assert seen[-1]["model"] == model, [trace["model"] for trace in seen]
    return seen


def messages(client: LanguageClient, method: str = "window/logMessage") -> str:
    return "\n".join(message["message"] for message in client.received(method))


def test_server_follows_use_and_rollback_without_a_restart_or_a_lost_request(
    slm_lsp: Start, home: Path, tmp_path: Path, models: list[Path]
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for version, folder in enumerate(models, 1):
        slm("model", "add", str(folder), "--name", "mine", "--version", str(version), "--for", str(project))
    client = start(slm_lsp, project)
    shipped = complete(client, project)["model"]
    assert shipped.startswith("python-slm ")
    slm("model", "use", "mine@1")
    seen = until_answered_by(client, project, "mine@1")
    slm("model", "use", "mine@2")
    seen += until_answered_by(client, project, "mine@2")
    slm("model", "rollback")
    seen += until_answered_by(client, project, "mine@1")
    slm("model", "use", "shipped", "--for", str(project))
    seen += until_answered_by(client, project, shipped)
    assert {trace["request"]["outcome"] for trace in seen} <= {"answered", "cached"}
    asked = [trace for trace in seen if trace["request"]["outcome"] == "answered"]
    assert all(trace["work"]["prompt_tokens"] or not trace["request"]["suggestions"] for trace in asked)
    assert f"model mine@2: in use for {project}" in messages(client)
    assert client.process.poll() is None


def test_another_folder_keeps_the_model_it_has(slm_lsp: Start, home: Path, tmp_path: Path, models: list[Path]) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    for folder in (project, other):
        folder.mkdir()
    client = start(slm_lsp, other)
    assert complete(client, other)["model"].startswith("python-slm ")
    slm("model", "add", str(models[0]), "--for", str(project))
    slm("model", "use", "tiny")
    assert {complete(client, other)["model"] for _ in range(3)} == {complete(client, other)["model"]}
    assert "tiny" not in messages(client)


def test_a_model_named_on_the_command_line_stays(
    slm_lsp: Start, home: Path, tmp_path: Path, models: list[Path]
) -> None:
    client = start(slm_lsp, tmp_path, "--model", str(models[1]))
    assert complete(client, tmp_path)["model"] == "tiny 0.0.0"
    slm("model", "add", str(models[0]), "--name", "other")
    slm("model", "use", "other")
    assert {complete(client, tmp_path)["model"] for _ in range(3)} == {"tiny 0.0.0"}


def test_a_model_damaged_on_disk_gives_way_to_the_shipped_one_with_a_message(
    slm_lsp: Start, home: Path, tmp_path: Path, models: list[Path]
) -> None:
    registry = Registry.of_user({**os.environ})
    entry = registry.add(models[0])
    registry.use(entry.spec)
    graph = entry.folder / "model.int8.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    client = start(slm_lsp, tmp_path)
    assert complete(client, tmp_path)["model"].startswith("python-slm ")
    client.wait_received("window/showMessage")
    assert "truncated" in messages(client, "window/showMessage")
    assert "slm model remove tiny@0.0.0" in messages(client, "window/showMessage")


def test_the_model_at_work_answers_while_the_next_one_loads(
    slm_lsp: Start, home: Path, tmp_path: Path, models: list[Path]
) -> None:
    client = start(slm_lsp, tmp_path)
    complete(client, tmp_path)
    registry = Registry.of_user({**os.environ})
    registry.use(registry.add(models[0]).spec)
    first = complete(client, tmp_path)
    assert first["model"].startswith(("python-slm ", "tiny"))
    assert first["request"]["outcome"] == "answered"
    until_answered_by(client, tmp_path, "tiny@0.0.0")
