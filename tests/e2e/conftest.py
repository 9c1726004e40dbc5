"""Real server processes: ``slm lsp`` on a tiny real model, and the same server with a scripted model."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from python_slm.bench.client import LanguageClient
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def patience() -> float:
    """How much longer than on an idle machine things may take here: the load a core, at least 1."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 1.0
    return max(1.0, 1.5 * load / (os.cpu_count() or 1))


SLM = [sys.executable, "-m", "python_slm"]


class Start(Protocol):
    """Starts a server with these arguments; ``stderr`` of the client's process is a file named ``errors``."""

    def __call__(self, *arguments: str) -> LanguageClient: ...


class StartScripted(Protocol):
    """Starts the server with a scripted model; see ``scripted_server``."""

    def __call__(self, **plan: Any) -> LanguageClient: ...


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder as ``slm export`` writes it, of random weights."""
    return export_tiny(tmp_path_factory.mktemp("model"), context=1024)


@pytest.fixture
def errors(tmp_path: Path) -> Path:
    """Where the servers of a test write stderr."""
    return tmp_path / "stderr.txt"


@pytest.fixture
def clients(errors: Path) -> Iterator[Any]:
    """Starts processes and ends them with the test; nothing but LSP may have been on their stdout."""
    with ExitStack() as stack:
        started: list[LanguageClient] = []

        def start(*command: str) -> LanguageClient:
            file = stack.enter_context(errors.open("ab"))
            started.append(stack.enter_context(LanguageClient(command, stderr=file)))
            return started[-1]

        yield start
        assert [client.stray for client in started if client.stray] == []


@pytest.fixture(scope="module")
def module_scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartScripted]:
    """The real server with a scripted model, for the tests of a module to share; give each test its own document."""
    with (tmp_path_factory.mktemp("server") / "stderr.txt").open("wb") as errors, ExitStack() as stack:

        def start(**plan: Any) -> LanguageClient:
            command = [sys.executable, "-m", "tests.e2e.scripted_server", json.dumps(plan)]
            return stack.enter_context(LanguageClient(command, stderr=errors))

        yield start


@pytest.fixture
def slm_lsp(clients: Any) -> Start:
    """``slm lsp`` itself."""

    def start(*arguments: str) -> LanguageClient:
        found: LanguageClient = clients(*SLM, "lsp", *arguments)
        return found

    return start


@pytest.fixture
def scripted(clients: Any) -> StartScripted:
    """The real server with a scripted model."""

    def start(**plan: Any) -> LanguageClient:
        found: LanguageClient = clients(sys.executable, "-m", "tests.e2e.scripted_server", json.dumps(plan))
        return found

    return start
