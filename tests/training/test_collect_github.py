"""GitHub: search over pages and limits, clones over git's own HTTP protocol, tarballs."""

from __future__ import annotations

import io
import re
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.errors import SourceError
from python_slm_training.collect.clone import CloneSource, TarballSource
from python_slm_training.collect.collect import collect, raw_path
from python_slm_training.collect.git import GitSource
from python_slm_training.collect.github import GitHub, Query, Repository
from python_slm_training.collect.record import read
from tests.training.http_server import Patient, Reply, Request, Server, client_at, git_backend, serving
from tests.training.test_collect import MIT, commit, repository, run_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return client_at(tmp_path / "answers")


def item(server: Server, name: str, stars: int, licence: str = "MIT") -> dict[str, Any]:
    return {
        "full_name": name,
        "owner": {"login": name.partition("/")[0]},
        "html_url": f"https://github.example/{name}",
        "clone_url": f"{server.url}/git/{name}.git",
        "default_branch": "main",
        "stargazers_count": stars,
        "forks_count": 7,
        "open_issues_count": 0,
        "topics": ["web"],
        "language": "Python",
        "description": "A thing.",
        "license": {"spdx_id": licence},
        "created_at": "2020-01-01T00:00:00Z",
        "pushed_at": "2026-01-01T00:00:00Z",
    }


def searching(server: Server, items: list[dict[str, Any]]) -> None:
    """Answer searches as GitHub does: by stars and licence, in pages with Link headers, 1000 results at most."""

    def reply(request: Request) -> Reply:
        text, size = request.query["q"], int(request.query["per_page"])
        page = int(request.query.get("page", "1"))
        bounds = re.search(r"stars:(?:>=)?(\d+)(?:\.\.(\d+))?", text)
        assert bounds
        low, high = int(bounds[1]), int(bounds[2] or 10**9)
        licence = re.search(r"license:(\S+)", text)
        found = [one for one in items if low <= one["stargazers_count"] <= high]
        found = [one for one in found if not licence or one["license"]["spdx_id"].lower() == licence[1]]
        found = sorted(found, key=lambda one: -one["stargazers_count"])[:1000]
        links = {}
        if page * size < len(found):
            rest = request.raw_query.split("&page=")[0]
            links = {"Link": f'<{server.url}/search/repositories?{rest}&page={page + 1}>; rel="next"'}
        data = {"total_count": len(found), "incomplete_results": False}
        return Reply.of_json({**data, "items": found[(page - 1) * size : page * size]}, headers=links)

    server.on("/search/repositories", reply)


def test_a_query_is_written_in_the_language_of_the_search() -> None:
    query = Query((50, None), "Python", "2025-06-01", ("web", "http"))
    assert query.text("MIT", None) == (
        "language:Python stars:>=50 topic:web topic:http pushed:>=2025-06-01 license:mit archived:false fork:false"
    )
    assert "stars:50..80 " in query.text(None, 80)


def test_follows_the_pages_of_a_search(server: Server, patient: Patient) -> None:
    searching(server, [item(server, f"o/r{n}", 1000 - n) for n in range(250)])
    found = list(GitHub(patient.client, api=server.url).search(Query()))
    assert [one.name for one in found] == [f"o/r{n}" for n in range(250)]
    assert len(server.seen) == 3


def test_goes_on_below_the_thousand_results_of_one_search(server: Server, patient: Patient) -> None:
    searching(server, [item(server, f"o/r{n}", 9000 - n // 3) for n in range(1500)])
    found = [one.name for one in GitHub(patient.client, api=server.url).search(Query())]
    assert len(found) == len(set(found)) == 1500


def test_ends_where_a_thousand_repositories_have_equal_stars(server: Server, patient: Patient) -> None:
    searching(server, [item(server, f"o/r{n}", 500) for n in range(1200)] + [item(server, "o/last", 499)])
    found = [one.name for one in GitHub(patient.client, api=server.url).search(Query())]
    assert len(found) == 1001
    assert found[-1] == "o/last"


def test_several_licences_are_one_list_by_stars(server: Server, patient: Patient) -> None:
    kinds = ("MIT", "Apache-2.0", "GPL-3.0")
    searching(server, [item(server, f"o/r{n}", 1000 - n, kinds[n % 3]) for n in range(9)])
    found = GitHub(patient.client, api=server.url).search(Query(licences=("MIT", "Apache-2.0")))
    assert [one.stars for one in found] == [1000, 999, 997, 996, 994, 993]


def test_waits_for_the_rate_limit_and_goes_on(server: Server, patient: Patient) -> None:
    searching(server, [item(server, "o/r", 1000)])
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(patient.clock.now) + 40)}
    server.routes["/search/repositories"].insert(0, Reply("API rate limit exceeded", 403, reset))
    assert [one.name for one in GitHub(patient.client, api=server.url).search(Query())] == ["o/r"]
    assert sum(patient.clock.slept) == pytest.approx(41, abs=1.5)


def test_the_token_is_sent_and_never_to_another_host(server: Server, patient: Patient) -> None:
    link = {"Link": '<https://elsewhere.example/search?page=2>; rel="next"'}
    server.on("/search/repositories", Reply.of_json({"items": []}, headers=link))
    with pytest.raises(SourceError, match=r"elsewhere\.example: the next page is on another host"):
        list(GitHub(patient.client, "t0ken", server.url).search(Query()))
    assert server.seen[0].headers["Authorization"] == "Bearer t0ken"


def test_an_unknown_repository_is_an_error_that_names_the_token(server: Server, patient: Patient) -> None:
    with pytest.raises(SourceError, match=r"o/none: no such repository.*GITHUB_TOKEN"):
        GitHub(patient.client, api=server.url).repository("o/none")


def test_an_address_that_is_no_api_is_an_error_that_says_so(server: Server, patient: Patient) -> None:
    server.on("/search/repositories", Reply("<html>", 200))
    with pytest.raises(SourceError, match="is this the address of the API"):
        list(GitHub(patient.client, api=server.url).search(Query()))


def test_a_result_of_another_form_is_an_error_that_names_what_it_lacks(server: Server, patient: Patient) -> None:
    server.on("/search/repositories", Reply.of_json({"items": [{"full_name": "o/r"}]}))
    with pytest.raises(SourceError, match="a repository without 'owner'"):
        list(GitHub(patient.client, api=server.url).search(Query()))


@pytest.fixture
def origin(server: Server, tmp_path: Path) -> Path:
    """A repository that the server hands out as o/r."""
    where = repository(tmp_path / "work", {"pkg/a.py": "x = 1\n"})
    run_git(where, "branch", "-m", "main")
    (tmp_path / "git" / "o").mkdir(parents=True)
    run_git(tmp_path, "clone", "-q", "--bare", "work", "git/o/r.git")
    run_git(where, "remote", "add", "server", str(tmp_path / "git" / "o" / "r.git"))
    server.prefix = ("/git/", git_backend(tmp_path))
    return where


def found(server: Server) -> Repository:
    return Repository.of(item(server, "o/r", 1234))


def test_a_clone_is_read_with_what_github_knows(server: Server, origin: Path, tmp_path: Path) -> None:
    source = CloneSource(found(server), tmp_path / "clones")
    assert collect(source, tmp_path / "raw", frozenset()).outcome == "collected"
    (record,) = read(raw_path(tmp_path / "raw", source))
    about = record.metadata
    assert (about.source, about.repo, about.path) == ("github", "o/r", "pkg/a.py")
    assert about.revision == run_git(origin, "rev-parse", "HEAD")
    assert about.licence == "MIT"  # as GitHub says: the repository has no licence text
    assert about.extra["stars"] == 1234
    assert about.extra["topics"] == ["web"]
    assert about.extra["pushed_at"] == "2026-01-01T00:00:00Z"


def test_a_licence_text_beats_what_github_says(server: Server, origin: Path, tmp_path: Path) -> None:
    commit(origin, {"LICENSE": "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007"})
    run_git(origin, "push", "-q", "server", "main")
    (record,) = CloneSource(found(server), tmp_path / "clones").records(NOW)
    assert record.metadata.licence == "GPL-3.0-only"


def test_only_new_commits_are_fetched(server: Server, origin: Path, tmp_path: Path) -> None:
    outcomes = []
    for text in ("x = 1\n", "x = 1\n", "x = 2\n"):
        if text == "x = 2\n":
            commit(origin, {"pkg/a.py": text})
            run_git(origin, "push", "-q", "server", "main")
        outcomes.append(collect(CloneSource(found(server), tmp_path / "clones"), tmp_path / "raw", frozenset()).outcome)
    assert outcomes == ["collected", "unchanged", "collected"]
    (record,) = read(raw_path(tmp_path / "raw", CloneSource(found(server), tmp_path)))
    assert record.text == "x = 2\n"


def test_a_clone_holds_the_history_only_where_it_is_wanted(server: Server, origin: Path, tmp_path: Path) -> None:
    commit(origin, {"pkg/a.py": "x = 2\n"})
    run_git(origin, "push", "-q", "server", "main")
    counts = []
    for full in (False, True):
        source = CloneSource(found(server), tmp_path / "clones", full)
        list(source.records(NOW))
        counts.append(run_git(source.git_dir, "rev-list", "--count", "HEAD"))
    assert counts == ["1", "2"]
    assert GitSource.of(source.git_dir).revision == source.revision


def test_a_half_made_clone_is_made_anew(server: Server, origin: Path, tmp_path: Path) -> None:
    source = CloneSource(found(server), tmp_path / "clones")
    broken = source.git_dir.with_name(source.git_dir.name + ".tmp")
    broken.mkdir(parents=True)
    (broken / "HEAD").write_text("ref: refs/heads/ma")
    assert [record.text for record in source.records(NOW)] == ["x = 1\n"]
    assert not broken.exists()


def test_a_clone_that_fails_says_what_git_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"git ls-remote: .*not found.*check the network"):
        collect(CloneSource(found(server), tmp_path / "clones"), tmp_path / "raw", frozenset())


def packed(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"o-r-1234/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def test_a_tarball_serves_where_git_is_not_wanted(server: Server, patient: Patient, tmp_path: Path) -> None:
    whole = packed({"LICENSE": MIT, "pkg/a.py": "x = 1\n", "_vendor/b.py": "y = 1\n", "other_project/c.py": "z = 1\n"})
    server.on("/repos/o/r/tarball/main", Reply("", 302, {"Location": "/codeload"}))
    server.on("/codeload", Reply(whole, cut=50), Reply(whole))
    source = TarballSource(GitHub(patient.client, api=server.url), found(server), tmp_path / "cache")
    collect(source, tmp_path / "raw", frozenset({"other-project"}))
    (record,) = read(raw_path(tmp_path / "raw", source))
    assert (record.text, record.metadata.path, record.metadata.licence) == ("x = 1\n", "pkg/a.py", "MIT")
    assert record.metadata.extra["stars"] == 1234
    assert not list((tmp_path / "cache").iterdir())
