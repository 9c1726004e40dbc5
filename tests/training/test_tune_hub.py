"""A base by its Hub id, against a local server that answers as the Hub does: the snapshot, the cache, the refusals."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

from python_slm.errors import TrainingError
from python_slm_training.tune.base import Base, resolve_base
from tests.training.tiny_bases import make_base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Serves the files of one model under its id; ``gone`` refuses everything, as an address without a Hub does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder, self.requests = folder, 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *arguments: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        self.server.requests += 1
        path = self.path.split("?")[0]
        if path.startswith("/api/models/team/model"):
            names = [{"rfilename": file.name} for file in self.server.folder.iterdir()]
            self._send(200, json.dumps({"id": "team/model", "sha": COMMIT, "siblings": names}).encode(), body=body)
        elif path.startswith("/team/model/resolve/"):
            self._send(200, (self.server.folder / path.rsplit("/", 1)[1]).read_bytes(), body=body)
        elif "team/gated" in path:
            self._send(403, b"{}", body=body, code="GatedRepo")
        else:
            self._send(404, b"{}", body=body, code="RepoNotFound")

    def _send(self, status: int, data: bytes, *, body: bool, code: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if code:
            self.send_header("X-Error-Code", code)
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)  # whatever the environment says
    make_base(tmp_path / "served", "qwen2")
    (tmp_path / "served" / "pytorch_model.bin").write_bytes(b"a pickle, which is not asked for")
    with Hub(tmp_path / "served") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_hub_id_is_downloaded_once_and_then_found_without_the_hub(hub: Hub) -> None:
    folder = resolve_base("team/model", endpoint=hub.address)
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in folder.iterdir()}
    assert not (folder / "pytorch_model.bin").exists()
    assert Base.open(folder).config["model_type"] == "qwen2"
    asked = hub.requests
    hub.folder = hub.folder / "nothing is served any more"
    assert resolve_base("team/model", endpoint="http://127.0.0.1:9") == folder
    assert hub.requests == asked


@pytest.mark.parametrize(("name", "wanted"), [("team/gated", "accept its terms"), ("team/none", "no such model")])
def test_the_hubs_refusals_say_what_to_do(hub: Hub, name: str, wanted: str) -> None:
    with pytest.raises(TrainingError, match=wanted):
        resolve_base(name, endpoint=hub.address)


def test_offline_and_not_in_the_cache_says_how_to_carry_it_over(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrainingError, match="huggingface-cli download team/other"):
        resolve_base("team/other", endpoint="http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(TrainingError, match="copy the folder here"):
        resolve_base("team/model", endpoint=hub.address)
