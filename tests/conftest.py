"""Tests never see the models that the person who runs them has registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty registry for this process and those that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_SLM_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of a test's own."""
    monkeypatch.setenv("PYTHON_SLM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
