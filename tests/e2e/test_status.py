"""``experimental/serverStatus``: what a status bar shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Start

STATUS = "experimental/serverStatus"
LISTENS = {"experimental": {"serverStatusNotification": True}}


def test_tells_that_the_model_loads_and_then_which_one_runs(slm_lsp: Start, tiny_model: Path) -> None:
    client = slm_lsp("--model", str(tiny_model))
    client.initialize(capabilities=LISTENS)
    loading, ready = client.wait_received(STATUS, 2)[:2]
    assert (loading["health"], loading["quiescent"], loading["model"]) == ("ok", False, "")
    assert (ready["health"], ready["quiescent"]) == ("ok", True)
    assert ready["model"]


def test_tells_that_there_is_no_model(slm_lsp: Start, tmp_path: Path) -> None:
    client = slm_lsp("--model", str(tmp_path / "nowhere"))
    client.initialize(capabilities=LISTENS)
    told = client.wait_received(STATUS, 2)[1]
    assert (told["health"], told["model"]) == ("error", "")
    assert "without a model" in told["message"]


def test_a_client_that_did_not_ask_hears_nothing(slm_lsp: Start, tiny_model: Path) -> None:
    client = slm_lsp("--model", str(tiny_model))
    client.initialize(capabilities={})
    client.wait_received("window/logMessage", 1)
    client.request("shutdown")
    assert client.received(STATUS) == []
