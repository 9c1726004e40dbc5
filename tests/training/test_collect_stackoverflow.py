"""Stack Overflow: the dump, read in pieces and killed at will, and the API with its own kind of limits."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import pytest
import zstandard

from python_slm.errors import SourceError
from python_slm_training.collect.collect import collect, raw_path
from python_slm_training.collect.questions import Selection, licence_of, to_markdown
from python_slm_training.collect.stackapi import ApiMonth, StackExchange
from python_slm_training.collect.stackdump import Dump
from tests.training.http_server import Patient, Reply, Request, Server, client_at, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = "2026-01-02T03:04:05+00:00"


def row(**fields: object) -> str:
    return "  <row " + " ".join(f"{name}={quoteattr(str(value))}" for name, value in fields.items()) + " />\n"


def question(number: int, **fields: object) -> str:
    about: dict[str, object] = {
        "Id": number,
        "PostTypeId": 1,
        "CreationDate": "2012-03-04T05:06:07.890",
        "Score": 10,
        "ViewCount": 1000,
        "Body": f"<p>How does <code>f</code> number {number} work?</p>",
        "OwnerUserId": 7,
        "Title": f"Question {number} & more",
        "Tags": "<python><list>",
    }
    return row(**{**about, **fields})


def answer(number: int, parent: int, **fields: object) -> str:
    about: dict[str, object] = {
        "Id": number,
        "PostTypeId": 2,
        "ParentId": parent,
        "CreationDate": "2020-03-04T05:06:07.890",
        "Score": 5,
        "Body": f"<p>Like this:</p><pre class='lang-py'><code>for x in y:\n    f({number} &lt; x)\n</code></pre>",
        "OwnerUserId": 8,
    }
    return row(**{**about, **fields})


def dump_of(folder: Path, *rows: str, users: str | None = None, end: str = "</posts>\n") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "Posts.xml").write_text(
        '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<posts>\n' + "".join(rows) + end, "utf-8"
    )
    if users is not None:
        (folder / "Users.xml").write_text(f"<users>\n{users}</users>\n", "utf-8")
    return folder


def dump(folder: Path, **selection: Any) -> Dump:
    said: list[str] = []
    chosen = Selection(**{"tags": ("python",), **selection})
    return Dump(folder, "stackoverflow.com", chosen, folder / "work.sqlite", said.append)


def texts(found: Dump) -> dict[str, str]:
    return {record.metadata.path: record.text for part in found.parts() for record in part.records(NOW)}


def test_a_question_comes_with_its_answers_as_markdown(tmp_path: Path) -> None:
    folder = dump_of(tmp_path / "d", question(1, AcceptedAnswerId=3), answer(2, 1, Score=9), answer(3, 1, Score=4))
    assert texts(dump(folder)) == {
        "questions/1": (
            "# Question 1 & more\n\nHow does `f` number 1 work?\n\n"
            "## Answer (score 4, accepted)\n\nLike this:\n\n```\nfor x in y:\n    f(3 < x)\n```\n\n"
            "## Answer (score 9)\n\nLike this:\n\n```\nfor x in y:\n    f(2 < x)\n```\n"
        )
    }


def test_attribution_names_source_address_authors_and_licences(tmp_path: Path) -> None:
    users = row(Id=7, DisplayName="Ann & Co") + row(Id=9, DisplayName="Unwanted")
    folder = dump_of(
        tmp_path / "d",
        question(1),
        answer(2, 1),
        answer(3, 1, OwnerUserId="", OwnerDisplayName="gone", ContentLicense="CC BY-SA 3.0"),
        users=users,
    )
    (record,) = dump(folder).parts()[0].records(NOW)
    assert record.metadata.content == "qa"
    assert record.metadata.licence == "CC-BY-SA-3.0 AND CC-BY-SA-4.0"
    question_, first, second = record.metadata.extra["attribution"]
    assert question_ == {
        "title": "Question 1 & more",
        "url": "https://stackoverflow.com/questions/1",
        "author": "Ann & Co",
        "author_url": "https://stackoverflow.com/users/7",
        "licence": "CC-BY-SA-3.0",
        "source": "stackoverflow.com",
    }
    assert (first["author"], first["url"]) == ("user 8", "https://stackoverflow.com/a/2")
    assert (second["author"], second["author_url"], second["licence"]) == ("gone", None, "CC-BY-SA-3.0")
    assert record.metadata.extra["views"] == 1000
    assert record.metadata.extra["answer_scores"] == [5, 5]


@pytest.mark.parametrize(
    ("day", "want"),
    [
        ("2009-01-01", "CC-BY-SA-2.5"),
        ("2011-04-07", "CC-BY-SA-2.5"),
        ("2011-04-08", "CC-BY-SA-3.0"),
        ("2018-05-01", "CC-BY-SA-3.0"),
        ("2018-05-02", "CC-BY-SA-4.0"),
    ],
)
def test_the_licence_is_that_of_the_day(day: str, want: str) -> None:
    assert licence_of(f"{day}T12:00:00", None) == want


@pytest.mark.parametrize(
    ("selection", "want"),
    [
        ({}, ["questions/1", "questions/2", "questions/5"]),
        ({"question_score": 20}, ["questions/2"]),
        ({"answer_score": 50}, ["questions/1"]),  # an accepted answer needs no score
        ({"accepted_only": True}, ["questions/1"]),
        ({"tags": ("flask",)}, ["questions/2"]),
        ({"tags": ("java",)}, ["questions/4"]),
    ],
)
def test_filters_by_tag_score_and_acceptance(selection: dict[str, Any], want: list[str], tmp_path: Path) -> None:
    folder = dump_of(
        tmp_path / "d",
        question(1, AcceptedAnswerId=11),
        question(2, Score=30, Tags="|python|flask|"),
        question(3),
        question(4, Tags="<java>"),
        question(5, Score=4),
        answer(11, 1, Score=0),
        answer(12, 2),
        answer(14, 4),
        answer(15, 5),
    )
    assert list(texts(dump(folder, **selection))) == want


def test_keeps_no_more_answers_than_wanted(tmp_path: Path) -> None:
    folder = dump_of(tmp_path / "d", question(1), *(answer(n, 1, Score=n) for n in range(2, 12)))
    text = texts(dump(folder, answers=2))["questions/1"]
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Answer (score 11)",
        "## Answer (score 10)",
    ]


def test_a_dump_becomes_sources_of_equal_size(tmp_path: Path) -> None:
    rows = [line for n in range(1, 26) for line in (question(n * 2), answer(n * 2 + 1, n * 2))]
    parts = dump(dump_of(tmp_path / "d", *rows)).parts(10)
    assert [(part.repo, len(list(part.records(NOW)))) for part in parts] == [
        ("stackoverflow.com-0", 10),
        ("stackoverflow.com-1", 10),
        ("stackoverflow.com-2", 5),
    ]
    outcomes = [collect(parts[0], tmp_path / "raw", frozenset()).outcome for _ in range(2)]
    assert outcomes == ["collected", "unchanged"]
    assert raw_path(tmp_path / "raw", parts[0]).name == "stackoverflow-stackoverflow.com-0.jsonl.zst"


def test_a_dump_that_ends_early_is_an_error(tmp_path: Path) -> None:
    folder = dump_of(tmp_path / "d", question(1), end="  <row Id=")
    with pytest.raises(SourceError, match=r"Posts\.xml: ends early|no XML"):
        dump(folder).parts()


def test_a_dump_that_changed_half_way_is_an_error_that_says_what_to_delete(tmp_path: Path) -> None:
    folder = dump_of(tmp_path / "d", question(1), answer(2, 1))
    dump(folder).parts()
    dump_of(folder, question(1), answer(2, 1), answer(3, 1))
    with pytest.raises(SourceError, match=r"delete .*work\.sqlite and run again"):
        dump(folder).parts()


def test_a_folder_without_a_dump_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no Posts\.xml; unpack"):
        dump(tmp_path).parts()


_READER = """
import sys, time
from pathlib import Path
from python_slm_training.collect import stackdump
from python_slm_training.collect.questions import Selection

def say(line):
    print(line, flush=True)
    time.sleep(0.05)

stackdump._COMMIT_S = 0.0
folder = Path(sys.argv[1])
stackdump.Dump(folder, "stackoverflow.com", Selection(("python",)), folder / "work.sqlite", say).parts()
print("done", flush=True)
"""


def test_killed_while_it_reads_a_dump_it_goes_on_where_it_was(tmp_path: Path) -> None:
    rows = [line for n in range(1, 21) for line in (question(n * 2), answer(n * 2 + 1, n * 2))]
    folder = dump_of(tmp_path / "d", *rows)
    command = [sys.executable, "-c", textwrap.dedent(_READER), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(10):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    with closing(sqlite3.connect(folder / "work.sqlite")) as database:
        ((place,),) = database.execute("SELECT place FROM progress").fetchall()
    left = (folder / "Posts.xml").read_bytes()[place:].count(b"\n")
    assert 0 < left <= 33
    said: list[str] = []
    found = dump(folder)
    assert len(texts(Dump(folder, found.site, found.selection, found.work, said.append, Slow()))) == 20
    assert sum(line.startswith("Posts.xml") for line in said) == left + 1


class Slow:
    """A clock that lets every line be committed."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def __call__(self) -> float:
        self.now += 10
        return self.now


def test_memory_does_not_grow_with_the_dump(tmp_path: Path) -> None:
    """A Posts.xml of 16 MB, mostly of no interest, in less than 6 MB more than the imports take."""
    (tmp_path / "d").mkdir()
    with (tmp_path / "d" / "Posts.xml").open("w", encoding="utf-8") as file:
        file.write("<posts>\n")
        body = "x" * 8000
        for n in range(1, 2001):
            file.write(question(n, Body=body, Tags="<python>" if n % 50 == 0 else "<java>"))
        file.write("</posts>\n")
    code = """
    import resource, sys
    from pathlib import Path
    from python_slm_training.collect.questions import Selection
    from python_slm_training.collect.stackdump import Dump
    folder = Path(sys.argv[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Dump(folder, "stackoverflow.com", Selection(("python",)), folder / "w.sqlite", lambda line: None).parts()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "d")]
    grown_kib = int(subprocess.check_output(command, text=True))
    assert grown_kib < 6_000


def test_markdown_keeps_code_and_escapes_nothing_in_it() -> None:
    html = "<p>Use <code>a_b*c</code> <strong>not</strong> x_y_z</p><pre><code>def f(*a_b):\n\n    pass\n</code></pre>"
    assert to_markdown(html) == "Use `a_b*c` **not** x\\_y\\_z\n\n```\ndef f(*a_b):\n\n    pass\n```"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return client_at(tmp_path / "answers")


def item(number: int, **more: Any) -> dict[str, Any]:
    return {
        "owner": {"display_name": "Ann &amp; Co", "link": "https://stackoverflow.com/users/7/ann", "user_id": 7},
        "score": 9,
        "creation_date": 1714557600,
        "content_license": "CC BY-SA 4.0",
        "question_id": number,
        "body": "<p>Text.</p>",
        **more,
    }


def stack_exchange(server: Server, questions: int, backoff_s: int = 10) -> None:
    """Answer as api.stackexchange.com: always zipped, paged by has_more, with backoff now and then."""

    def asked(request: Request) -> Reply:
        page, size = int(request.query["page"]), int(request.query["pagesize"])
        numbers = range(1, questions + 1)[(page - 1) * size : page * size]
        items = [item(n, title=f"Q&#39;{n}", tags=["python"], answer_count=1, view_count=3) for n in numbers]
        data = {"items": items, "has_more": page * size < questions, "quota_remaining": 9}
        return Reply.of_json({**data, "backoff": backoff_s} if page == 1 else data, zipped=True)

    def answered(request: Request) -> Reply:
        numbers = request.path.split("/")[2].split(";")
        items = [item(int(n), answer_id=int(n) + 1000, is_accepted=False) for n in numbers]
        return Reply.of_json({"items": items, "has_more": False, "quota_remaining": 8}, zipped=True)

    server.on("/questions", asked)
    server.prefix = ("/questions/", answered)


def month(server: Server, patient: Patient, key: str | None = None) -> ApiMonth:
    return ApiMonth(StackExchange(patient.client, key=key, api=server.url), "2024-05", Selection(("python",)))


def test_the_api_gives_questions_with_answers_page_by_page(server: Server, patient: Patient) -> None:
    stack_exchange(server, 150)
    records = list(month(server, patient).records(NOW))
    assert len(records) == 150
    assert records[0].text == "# Q'1\n\nText.\n\n## Answer (score 9)\n\nText.\n"
    assert records[0].metadata.extra["attribution"][1]["author"] == "Ann & Co"
    assert records[0].metadata.extra["attribution"][1]["url"] == "https://stackoverflow.com/a/1001"
    assert records[0].metadata.licence == "CC-BY-SA-4.0"
    first = server.seen[0].query
    assert (first["tagged"], first["min"], first["site"]) == ("python", "3", "stackoverflow.com")
    assert (int(first["fromdate"]), int(first["todate"])) == (1714521600, 1717199999)


def test_backoff_is_kept(server: Server, patient: Patient) -> None:
    stack_exchange(server, 150)
    list(month(server, patient).records(NOW))
    assert patient.clock.slept == [pytest.approx(10)]


def test_a_throttle_violation_waits_as_many_seconds_as_it_says(server: Server, patient: Patient) -> None:
    stack_exchange(server, 1)
    said = "too many requests from this IP, more requests available in 42 seconds"
    refused = {"error_id": 502, "error_name": "throttle_violation", "error_message": said}
    server.routes["/questions"].insert(0, Reply.of_json(refused, 400, zipped=True))
    assert len(list(month(server, patient).records(NOW))) == 1
    assert patient.clock.slept[0] == 42


def test_a_used_up_day_is_an_error_and_nothing_is_lost(server: Server, patient: Patient) -> None:
    stack_exchange(server, 150)
    said = "too many requests from this IP, more requests available in 70000 seconds"
    refused = Reply.of_json({"error_name": "throttle_violation", "error_message": said}, 400)
    first = server.routes["/questions"][0]
    server.routes["/questions"] = [first, refused, first]
    with pytest.raises(SourceError, match="another 1167 min; run the same command again then, or with a token or key"):
        list(month(server, patient).records(NOW))
    assert len(list(month(server, patient).records(NOW))) == 150
    assert [request.query["page"] for request in server.seen if request.path == "/questions"] == ["1", "2", "2"]


def test_the_key_is_sent_but_not_kept(server: Server, patient: Patient, tmp_path: Path) -> None:
    stack_exchange(server, 1)
    list(month(server, patient, "s3cret").records(NOW))
    assert server.seen[0].query["key"] == "s3cret"
    kept = [zstandard.decompress(path.read_bytes()) for path in (tmp_path / "answers").rglob("*.zst")]
    assert kept
    assert not any(b"s3cret" in data for data in kept)
