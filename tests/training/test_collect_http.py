"""The HTTP client against a server that behaves as the real ones do on their bad days."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from python_slm.errors import SourceError
from tests.training.http_server import Patient, Reply, Server, client_at, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.answers import Answer


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return client_at(tmp_path / "answers")


def test_says_who_it_is(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("yes"))
    assert patient.client.get(f"{server.url}/a").text == "yes"
    assert server.seen[0].headers["User-Agent"].startswith("python-slm-collector/")


def test_a_zipped_answer_is_unpacked(server: Server, patient: Patient) -> None:
    server.on("/a", Reply.of_json({"n": 1}, zipped=True))
    assert patient.client.get(f"{server.url}/a").json() == {"n": 1}


def test_a_server_error_is_tried_again_with_growing_pauses(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("", 500), Reply("", 502), Reply("yes"))
    assert patient.client.get(f"{server.url}/a").text == "yes"
    first, second = patient.clock.slept
    assert 1 <= first <= 2 <= second <= 3


def test_429_waits_as_long_as_retry_after_says(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("", 429, {"Retry-After": "37"}), Reply("yes"))
    assert patient.client.get(f"{server.url}/a").text == "yes"
    assert patient.clock.slept == [37]
    assert "waiting 37 s" in patient.said[0]


def test_retry_after_may_be_a_date(server: Server, patient: Patient) -> None:
    date = formatdate(patient.clock.now + 90, usegmt=True)
    server.on("/a", Reply("", 503, {"Retry-After": date}), Reply("yes"))
    patient.client.get(f"{server.url}/a")
    assert patient.clock.slept == [pytest.approx(90, abs=1.5)]


def test_403_waits_until_the_rate_limit_is_reset(server: Server, patient: Patient) -> None:
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(patient.clock.now) + 50)}
    server.on("/a", Reply("API rate limit exceeded", 403, reset), Reply("yes"))
    assert patient.client.get(f"{server.url}/a").text == "yes"
    assert sum(patient.clock.slept) == pytest.approx(51, abs=1.5)


def test_the_last_request_of_a_limit_delays_the_next_one(server: Server, patient: Patient) -> None:
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(patient.clock.now) + 50)}
    server.on("/a", Reply("a", 200, reset))
    server.on("/b", Reply("b"))
    patient.client.get(f"{server.url}/a")
    assert patient.clock.slept == []
    patient.client.get(f"{server.url}/b")
    assert sum(patient.clock.slept) == pytest.approx(51, abs=1.5)


def test_another_403_is_an_error_at_once(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("bad credentials", 403))
    with pytest.raises(SourceError, match=r"/a: refused with 403 \(bad credentials\)"):
        patient.client.get(f"{server.url}/a")
    assert len(server.seen) == 1


def test_a_limit_of_a_day_is_an_error_that_says_when_to_come_back(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("", 429, {"Retry-After": "72000"}))
    with pytest.raises(SourceError, match="another 1200 min; run the same command again then"):
        patient.client.get(f"{server.url}/a")


def test_a_body_that_breaks_off_is_fetched_again(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("x" * 5000, cut=1000), Reply("x" * 5000))
    assert len(patient.client.get(f"{server.url}/a").body) == 5000


def test_a_zipped_body_that_breaks_off_is_fetched_again(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("xyz" * 5000, zipped=True, cut=30), Reply("whole", zipped=True))
    assert patient.client.get(f"{server.url}/a").text == "whole"


def test_patience_ends(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("x" * 5000, cut=10))
    with pytest.raises(SourceError, match=r"the answer broke off; tried 6 times.*what is collected stays"):
        patient.client.get(f"{server.url}/a")
    assert len(server.seen) == 6


def test_follows_redirects_and_says_where_they_ended(server: Server, patient: Patient) -> None:
    server.on("/old", Reply("", 301, {"Location": "/new"}))
    server.on("/new", Reply("here"))
    answer = patient.client.get(f"{server.url}/old")
    assert (answer.text, answer.url) == ("here", f"{server.url}/new")


def test_a_token_does_not_follow_a_redirect_to_another_host(server: Server, patient: Patient) -> None:
    with serving() as other:
        server.on("/a", Reply("", 302, {"Location": f"{other.url}/b"}))
        other.on("/b", Reply("b"))
        patient.client.get(f"{server.url}/a", headers={"Authorization": "Bearer secret"})
        assert "Authorization" in server.seen[0].headers
        assert "Authorization" not in other.seen[0].headers


def test_a_missing_page_is_an_answer(server: Server, patient: Patient) -> None:
    assert patient.client.get(f"{server.url}/nothing").is_missing


def test_nothing_is_asked_twice(server: Server, patient: Patient, tmp_path: Path) -> None:
    server.on("/a", Reply("first"), Reply("second"))
    patient.client.get(f"{server.url}/a", {"q": "1"})
    again = client_at(tmp_path / "answers").client.get(f"{server.url}/a", {"q": "1"})
    assert (again.text, again.stored, len(server.seen)) == ("first", True, 1)


def test_an_old_answer_is_asked_for_on_condition_that_it_changed(server: Server, patient: Patient) -> None:
    tagged = {"ETag": '"v1"', "Last-Modified": "Sat, 01 Nov 2025 00:00:00 GMT"}
    server.on("/a", Reply("first", 200, tagged), Reply("", 304), Reply("second"))
    texts = [patient.client.get(f"{server.url}/a", max_age_s=0).text for _ in range(3)]
    assert texts == ["first", "first", "second"]
    assert server.seen[1].headers["If-None-Match"] == '"v1"'
    assert server.seen[1].headers["If-Modified-Since"] == "Sat, 01 Nov 2025 00:00:00 GMT"


def test_a_damaged_store_is_no_answer(server: Server, patient: Patient, tmp_path: Path) -> None:
    server.on("/a", Reply("yes"))
    patient.client.get(f"{server.url}/a")
    (kept,) = (tmp_path / "answers").rglob("*.zst")
    kept.write_bytes(kept.read_bytes()[:-3])
    assert patient.client.get(f"{server.url}/a").text == "yes"
    assert len(server.seen) == 2


def test_a_secret_reaches_the_server_and_nobody_else(server: Server, patient: Patient, tmp_path: Path) -> None:
    server.on("/a", Reply("yes"))
    server.on("/b", Reply("no", 400))
    patient.client.get(f"{server.url}/a", {"q": "1"}, secret={"key": "s3cret"})
    assert server.seen[0].query == {"q": "1", "key": "s3cret"}
    with pytest.raises(SourceError) as caught:
        patient.client.get(f"{server.url}/b", secret={"key": "s3cret"})
    assert "s3cret" not in str(caught.value)
    answer = patient.client.get(f"{server.url}/a", {"q": "1"}, secret={"key": "s3cret"})
    assert answer.stored
    assert "s3cret" not in answer.url


def test_pauses_between_requests_to_one_host(server: Server, patient: Patient) -> None:
    patient.client.keep_interval(server.host, 3)
    for name in "ab":
        server.on(f"/{name}", Reply(name))
        patient.client.get(f"{server.url}/{name}")
    assert patient.clock.slept == [pytest.approx(3), pytest.approx(3)]


def test_a_limit_in_a_dress_of_its_own_is_a_limit(server: Server, patient: Patient) -> None:
    server.on("/a", Reply.of_json({"wait": 20}, 400), Reply.of_json({}))

    def throttled(answer: Answer) -> float | None:
        wait = answer.json().get("wait")
        return None if wait is None else float(wait)

    assert patient.client.get(f"{server.url}/a", throttled=throttled).json() == {}
    assert patient.clock.slept == [20]


def test_an_answer_that_unpacks_to_too_much_is_left_unread(server: Server, patient: Patient) -> None:
    server.on("/bomb", Reply(b"\0" * 3_000_000, zipped=True))
    with pytest.raises(SourceError, match="larger than 1 MB"):
        patient.client.get(f"{server.url}/bomb", max_bytes=1_000_000)


def test_without_a_network_the_error_names_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match=r"cannot be reached \(Connection refused\).*Check the network.*same command"):
        client_at(tmp_path).client.get(f"http://127.0.0.1:{port}/")


def test_an_address_without_a_scheme_is_an_error_that_says_so(patient: Patient) -> None:
    with pytest.raises(SourceError, match="starts with https://"):
        patient.client.get("docs.python.org")


def test_a_download_appears_whole_or_not_at_all(server: Server, patient: Patient, tmp_path: Path) -> None:
    server.on("/f", Reply(b"y" * 4000, cut=100), Reply(b"y" * 4000))
    path = tmp_path / "deep" / "file"
    patient.client.download(f"{server.url}/f", path, max_bytes=5000)
    assert path.stat().st_size == 4000
    with pytest.raises(SourceError, match="larger than"):
        patient.client.download(f"{server.url}/f", tmp_path / "deep" / "other", max_bytes=1000)
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["file"]


def test_time_is_real_outside_tests(server: Server, tmp_path: Path) -> None:
    patient = client_at(tmp_path)
    patient.client.clock, patient.client.sleep = time.time, time.sleep
    server.on("/a", Reply("", 429, {"Retry-After": "1"}), Reply("yes"))
    start = time.monotonic()
    patient.client.get(f"{server.url}/a")
    assert time.monotonic() - start >= 1
