"""The collect commands from end to end: real servers, real processes, and SIGKILL."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm_training.cli.data import data
from python_slm_training.collect.record import Record, read
from tests.training.http_server import Reply, Request, Server, git_backend, serving
from tests.training.test_collect import MIT, repository, run_git
from tests.training.test_collect_github import item, searching
from tests.training.test_collect_pages import HTML, page
from tests.training.test_collect_pypi import publish, tar_of
from tests.training.test_collect_stackoverflow import answer, dump_of, question, stack_exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)  # 127.0.0.1 is not behind it
    with serving() as running:
        yield running


def collect(*arguments: object) -> Result:
    return CliRunner().invoke(data, ["collect", *map(str, arguments)])


def collected(raw: Path) -> list[Record]:
    return [record for path in sorted(raw.glob("*.jsonl.zst")) for record in read(path)]


def test_github_by_search(server: Server, tmp_path: Path) -> None:
    names = [("o/first", 900), ("o/second", 800), ("o/reserved", 700), ("o/third", 600)]
    searching(server, [item(server, name, stars) for name, stars in names])
    (tmp_path / "git" / "o").mkdir(parents=True)
    for name, _ in names:
        where = repository(tmp_path / name, {"a.py": f"x = '{name}'\n", "LICENSE": MIT})
        run_git(where, "branch", "-m", "main")
        run_git(tmp_path, "clone", "-q", "--bare", name, f"git/{name}.git")
    server.prefix = ("/git/", git_backend(tmp_path))
    (tmp_path / "reserved.txt").write_text("someone/reserved\n")
    command = ("github", "--out", tmp_path / "raw", "--api", server.url, "--limit", 3, "--stars", 100)
    outputs = [collect(*command, "--reserved", tmp_path / "reserved.txt") for _ in range(2)]
    assert [output.exit_code for output in outputs] == [0, 0]
    assert "3 sources (2 collected, 1 reserved): 2 files" in outputs[0].output
    assert "3 sources (1 reserved, 2 unchanged): 0 files" in outputs[1].output
    assert [record.text for record in collected(tmp_path / "raw")] == ["x = 'o/first'\n", "x = 'o/second'\n"]


def test_pypi_by_name_tells_what_failed_and_collects_the_rest(server: Server, tmp_path: Path) -> None:
    publish(server)
    result = collect("pypi", "--out", tmp_path / "raw", "--index", f"{server.url}/pypi", "nonesuch", "demo")
    assert result.exit_code == 1
    assert "failed: nonesuch: no such distribution" in result.output
    assert "1 sources failed; run the same command again" in result.output
    assert [record.metadata.path for record in collected(tmp_path / "raw")] == ["README.md", "demo/a.py"]


def test_stack_overflow_by_dump_and_by_api(server: Server, tmp_path: Path) -> None:
    dump_of(tmp_path / "dump", question(1), answer(2, 1))
    result = collect("stackoverflow", "--out", tmp_path / "raw", "--dump", tmp_path / "dump")
    assert "1 sources (1 collected): 1 files" in result.output
    stack_exchange(server, 5, 0)
    months = ("--from", "2023-12", "--to", "2024-01", "--api", server.url)
    result = collect("stackoverflow", "--out", tmp_path / "raw", *months, "--tag", "python")
    assert "2 sources (2 collected): 10 files" in result.output
    assert {record.metadata.content for record in collected(tmp_path / "raw")} == {"qa"}


def test_pages_by_sitemap(server: Server, tmp_path: Path) -> None:
    server.on("/robots.txt", Reply(f"User-agent: *\nDisallow: /no/\nSitemap: {server.url}/map.xml\n"))
    entries = "".join(f"<url><loc>{server.url}{path}</loc></url>" for path in ("/docs/a", "/no/b", "/blog/c"))
    server.on("/map.xml", Reply(f"<urlset>{entries}</urlset>"))
    for path in ("/docs/a", "/no/b", "/blog/c"):
        server.on(path, Reply(page("heapq"), 200, HTML))
    where = ("--out", tmp_path / "raw", "--delay", 0, "--licence", "MIT")
    result = collect("pages", *where, "--site", server.url, "--match", "/docs/|/no/")
    assert result.exit_code == 0
    (record,) = collected(tmp_path / "raw")
    assert (record.metadata.path, record.metadata.licence) == ("docs/a", "MIT")
    assert server.paths() == ["/robots.txt", "/map.xml", "/docs/a"]


def test_pages_of_a_reserved_project_are_left_out(server: Server, tmp_path: Path) -> None:
    for path in ("/secret/guide", "/open/guide"):
        server.on(path, Reply(page(path), 200, HTML))
    (tmp_path / "reserved.txt").write_text("someone/secret\n")
    where = ("--out", tmp_path / "raw", "--delay", 0, "--reserved", tmp_path / "reserved.txt")
    assert collect("pages", *where, f"{server.url}/secret/guide", f"{server.url}/open/guide").exit_code == 0
    assert [record.metadata.path for record in collected(tmp_path / "raw")] == ["open/guide"]


def test_documentation_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "a.rst").write_text("Title\n=====\n\nText.\n")
    result = collect("docs", "--out", tmp_path / "raw", "--folder", tmp_path / "guide", "--licence", "CC0-1.0")
    assert "1 sources (1 collected): 1 files" in result.output
    assert [record.metadata.content for record in collected(tmp_path / "raw")] == ["prose"]


def test_a_table_that_becomes_shorter_leaves_no_old_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_slm_training.collect.table.of_file.__defaults__", (2,))
    for count in (5, 3):
        rows = "".join(json.dumps({"text": f"x = {n}\n"}) + "\n" for n in range(count))
        (tmp_path / "t.jsonl").write_text(rows)
        assert collect("table", "--out", tmp_path / "raw", tmp_path / "t.jsonl").exit_code == 0
        assert len(collected(tmp_path / "raw")) == count
    assert len(list((tmp_path / "raw").glob("table-*"))) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["github"], "Missing option '--out'"),
        (["pypi", "--out", "raw"], "which distributions? Give names, or --list FILE"),
        (["stackoverflow", "--out", "raw"], "which questions? Give --dump FOLDER, or --from MONTH"),
        (["pages", "--out", "raw"], "no page found; give URLs, --urls, --sitemap or --site"),
        (["pages", "--out", "raw", "docs"], "docs: no address of a page"),
        (["docs", "--out", "raw"], "no source found; give --git or --folder"),
        (["table", "--out", "raw"], "which rows? Give files, or --db and --query"),
        (["table", "--out", "raw", "--db", "sqlite://"], "--db needs --query and --name"),
        (["--stdlib"], "Missing option '--out'"),
    ],
)
def test_a_command_without_its_source_says_what_to_give(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(data, ["collect", *arguments])
    assert result.exit_code != 0
    assert message in result.output


@pytest.mark.slow
def test_without_a_network_three_sources_are_enough(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        index = f"http://127.0.0.1:{free.getsockname()[1]}/pypi"
    result = collect("pypi", "--out", tmp_path / "raw", "--index", index, *"abcdef")
    assert result.exit_code == 1
    assert result.output.count("Check the network") == 3
    assert "three sources in a row failed" in result.output


def start(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "python_slm", "data", "collect", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})


def wait_for(server: Server, path: str, deadline_s: float = 60) -> None:
    end = time.monotonic() + deadline_s
    while path not in server.paths():
        assert time.monotonic() < end, f"{path} was never asked for"
        time.sleep(0.01)


def killed(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_killed_between_pages_the_same_command_loses_only_the_current_one(server: Server, tmp_path: Path) -> None:
    urls = [f"{server.url}/{n}" for n in range(6)]
    for n in range(6):
        server.on(f"/{n}", slowly(n))
    command = ("pages", "--out", tmp_path / "raw", "--delay", 0, *urls)
    process = start(*command)
    wait_for(server, "/3")
    killed(process)
    assert not list((tmp_path / "raw").glob("*.jsonl.zst"))  # nothing half done is seen
    assert collect(*command).exit_code == 0
    assert len(collected(tmp_path / "raw")) == 6
    assert server.paths() == ["/robots.txt", "/0", "/1", "/2", "/3", "/3", "/4", "/5"]


def slowly(number: int) -> Callable[[Request], Reply]:
    def reply(request: Request) -> Reply:
        time.sleep(0.2)
        return Reply(page(f"chapter {number}"), 200, HTML)

    return reply


def test_killed_in_a_download_the_same_command_keeps_what_is_whole(server: Server, tmp_path: Path) -> None:
    for name in ("one", "two"):
        sdist = tar_of({f"{name}-1/{name}.py": f"x = '{name}'\n".encode()})
        publish(server, sdist, sha256=hashlib.sha256(sdist).hexdigest(), name=name)
        server.routes[f"/pypi/{name}/json"] = server.routes.pop("/pypi/demo/json")
        server.routes[f"/pypi/{name}/json"] = [renamed(server.routes[f"/pypi/{name}/json"][0], name)]
        server.routes[f"/files/{name}.tar.gz"] = server.routes.pop("/files/demo-1.2.tar.gz")
    whole = server.routes["/files/two.tar.gz"][0]
    assert isinstance(whole, Reply)
    server.on("/files/two.tar.gz", hanging(whole), whole)
    command = ("pypi", "--out", tmp_path / "raw", "--index", f"{server.url}/pypi", "one", "two")
    process = start(*command)
    wait_for(server, "/files/two.tar.gz")
    killed(process)
    assert [path.name for path in (tmp_path / "raw").glob("*.zst")] == ["pypi-one.jsonl.zst"]
    result = collect(*command)
    assert "2 sources (1 collected, 1 unchanged)" in result.output
    code = [record.text for record in collected(tmp_path / "raw") if record.metadata.content == "python"]
    assert code == ["x = 'one'\n", "x = 'two'\n"]
    assert server.paths().count("/files/one.tar.gz") == 1


def renamed(reply: object, name: str) -> Reply:
    assert isinstance(reply, Reply)
    assert isinstance(reply.body, str)
    return Reply(reply.body.replace("/files/demo-1.2.tar.gz", f"/files/{name}.tar.gz"), 200, reply.headers)


def hanging(reply: Reply) -> Callable[[Request], Reply]:
    def later(request: Request) -> Reply:
        time.sleep(2)
        return reply

    return later
