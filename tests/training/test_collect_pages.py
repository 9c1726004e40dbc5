"""Pages of documentation and blogs: robots, sitemaps, main text, and what a page says about itself."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from python_slm.errors import SourceError
from python_slm_training.collect.collect import collect, raw_path
from python_slm_training.collect.maintext import licence_at, main_text
from python_slm_training.collect.pages import PagesSource, by_host
from python_slm_training.collect.record import Record, read
from python_slm_training.collect.robots import Robots
from python_slm_training.collect.sitemap import addresses
from tests.training.http_server import Patient, Reply, Server, client_at, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = "2026-01-02T03:04:05+00:00"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return client_at(tmp_path / "answers")


def page(topic: str, head: str = "", body: str = "") -> str:
    words = f"This chapter is about {topic}, and it explains at some length how one uses it in a program. " * 3
    return f"""<!DOCTYPE html><html lang="en"><head><title>{topic} – Manual</title>{head}</head><body>
    <nav><ul><li><a href="/">Home</a></li><li><a href="/next">Next page</a></li></ul></nav>
    <main><h1>{topic}<a class="headerlink" href="#x">¶</a></h1><p>{words}</p>
    <div class="highlight"><pre><span></span><span class="k">for</span> <span class="n">x</span> in y:
    <span class="nb">print</span>(x)

    print(&quot;a &lt; b&quot;)
</pre></div><p>Use <code>{topic}.run()</code> where it matters, for {topic} is quick.</p>{body}</main>
    <footer>Copyright 2026. All rights reserved. Privacy policy. Cookies.</footer></body></html>"""


def source(server: Server, patient: Patient, *paths: str, robots: Robots | None = None) -> PagesSource:
    urls = tuple((f"{server.url}{path}", None) for path in paths)
    return PagesSource(patient.client, robots or Robots(patient.client), server.host, urls)


def collected(server: Server, patient: Patient, *paths: str) -> dict[str, Record]:
    return {record.metadata.path: record for record in source(server, patient, *paths).records(NOW)}


def test_a_page_is_its_main_text_with_code_blocks_whole(server: Server, patient: Patient) -> None:
    server.on("/queue.html", Reply(page("queue"), 200, HTML, zipped=True))
    text = collected(server, patient, "/queue.html")["queue.html"].text
    assert text.startswith("# queue\n\nThis chapter is about queue,")
    assert '```\nfor x in y:\n    print(x)\n\n    print("a < b")\n```' in text
    assert "Use `queue.run()` where" in text
    assert not any(word in text for word in ("Next page", "Privacy policy", "¶"))


def test_signatures_and_code_in_sentences_stay_in_one_piece(server: Server, patient: Patient) -> None:
    signature = (
        '<dt class="sig sig-object py"><span>heapq.</span><span>merge</span>(<em>*its</em>, <em>key=None</em>)</dt>'
    )
    body = f"""<dl>{signature}<dd><p>Merge the inputs, as <code class="docutils"><span class="pre">sorted(a,</span>
    <span class="pre">b)</span></code> does, into one.</p></dd></dl>"""
    server.on("/a", Reply(page("heapq", body=body), 200, HTML))
    text = collected(server, patient, "/a")["a"].text
    assert "- `heapq.merge(*its, key=None)`\n- Merge the inputs, as `sorted(a, b)` does, into one." in text


def test_an_empty_line_follows_each_code_block(server: Server, patient: Patient) -> None:
    server.on("/a", Reply(page("heapq"), 200, HTML))
    assert '"a < b")\n```\n\nUse `heapq.run()`' in collected(server, patient, "/a")["a"].text


def test_a_page_comes_with_what_it_says_about_itself(server: Server, patient: Patient) -> None:
    head = (
        '<meta name="author" content="Ann Author"><meta property="article:modified_time" content="2025-04-05">'
        '<link rel="canonical" href="/canonical.html">'
        '<link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/">'
    )
    server.on("/a.html", Reply(page("heapq", head), 200, HTML))
    about = collected(server, patient, "/a.html")["a.html"].metadata
    assert (about.source, about.content, about.licence) == ("pages", "prose", "CC-BY-SA-4.0")
    assert about.modified_at == "2025-04-05"
    assert about.extra["author"] == "Ann Author"
    assert about.extra["url"] == f"{server.url}/canonical.html"
    assert about.extra["fetched_from"] == f"{server.url}/a.html"


def test_two_addresses_of_one_page_are_one_record(server: Server, patient: Patient) -> None:
    for name in "ab":
        server.on(f"/{name}", Reply(page("heapq", '<link rel="canonical" href="/a">'), 200, HTML))
    assert list(collected(server, patient, "/a", "/b")) == ["a"]


def test_what_robots_txt_forbids_is_not_fetched(server: Server, patient: Patient) -> None:
    rules = "User-agent: *\nDisallow: /private/*.html$\nUser-agent: python-slm-collector\nDisallow: /not-you/\n"
    server.on("/robots.txt", Reply(rules))
    server.on("/open", Reply(page("heapq"), 200, HTML))
    collected(server, patient, "/not-you/a", "/open")
    assert server.paths() == ["/robots.txt", "/open"]


def test_robots_txt_rules_for_all_hold_where_none_are_for_us(server: Server, patient: Patient) -> None:
    server.on("/robots.txt", Reply("User-agent: *\nDisallow: /private/*.html$\n"))
    assert collected(server, patient, "/private/x.html") == {}
    assert server.paths() == ["/robots.txt"]


def test_crawl_delay_lies_between_two_pages(server: Server, patient: Patient) -> None:
    server.on("/robots.txt", Reply("User-agent: *\nCrawl-delay: 7\n"))
    for name in "ab":
        server.on(f"/{name}", Reply(page(name), 200, HTML))
    collected(server, patient, "/a", "/b")
    assert patient.clock.slept == [pytest.approx(7), pytest.approx(7)]


@pytest.mark.parametrize("status", [404, 403, 401])
def test_a_server_without_robots_txt_allows_all(status: int, server: Server, patient: Patient) -> None:
    server.on("/robots.txt", Reply("no", status))
    server.on("/a", Reply(page("heapq"), 200, HTML))
    assert len(collected(server, patient, "/a")) == 1


def test_a_server_whose_robots_txt_fails_allows_nothing(server: Server, patient: Patient) -> None:
    server.on("/robots.txt", Reply("", 503))
    assert collected(server, patient, "/a") == {}
    assert "/a" not in server.paths()
    assert "robots.txt cannot be read" in patient.said[-1]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(page("x", '<meta name="ROBOTS" content="index, noai">'), 200, HTML),
        Reply(page("x"), 200, {**HTML, "X-Robots-Tag": "noindex"}),
        Reply("no", 403),
        Reply("no", 404),
        Reply(b"%PDF", 200, {"Content-Type": "application/pdf"}),
        Reply("<html><body></body></html>", 200, HTML),
    ],
)
def test_pages_that_do_not_want_to_be_taken_or_are_none_are_left_out(
    reply: Reply, server: Server, patient: Patient
) -> None:
    server.on("/a", reply)
    server.on("/b", Reply(page("heapq"), 200, HTML))
    assert list(collected(server, patient, "/a", "/b")) == ["b"]


def test_a_redirect_does_not_lead_around_robots_txt(server: Server, patient: Patient) -> None:
    with serving() as other:
        other.on("/robots.txt", Reply("User-agent: *\nDisallow: /\n"))
        other.on("/b", Reply(page("heapq"), 200, HTML))
        server.on("/a", Reply("", 302, {"Location": f"{other.url}/b"}))
        assert collected(server, patient, "/a") == {}


def test_one_broken_page_does_not_end_a_site(server: Server, patient: Patient) -> None:
    server.on("/a", Reply("", 500))
    server.on("/b", Reply(page("heapq"), 200, HTML))
    assert list(collected(server, patient, "/a", "/b")) == ["b"]
    assert "left out: " in patient.said[-1]


def test_a_site_that_is_down_is_an_error(server: Server, patient: Patient) -> None:
    patient.client.attempts = 2
    for name in "abcdef":
        server.on(f"/{name}", Reply("", 500))
    with pytest.raises(SourceError, match="answers 500; tried 2 times"):
        collected(server, patient, *(f"/{name}" for name in "abcdef"))


def test_tells_how_far_it_is(server: Server, patient: Patient) -> None:
    collected(server, patient, *(f"/{n}" for n in range(101)))
    assert patient.said == [f"{server.host}: 100 of 101 pages"]


def test_plain_text_and_markdown_pages_are_taken_as_they_are(server: Server, patient: Patient) -> None:
    server.on("/guide.md", Reply("# Guide\n\nText.\n", 200, {"Content-Type": "text/markdown"}))
    assert collected(server, patient, "/guide.md")["guide.md"].text == "# Guide\n\nText.\n"


def test_an_interrupted_site_goes_on_with_the_page_it_was_at(server: Server, patient: Patient, tmp_path: Path) -> None:
    for name in "abc":
        server.on(f"/{name}", Reply(page(name), 200, HTML))
    reading = source(server, patient, "/a", "/b", "/c").records(NOW)
    next(reading)
    next(reading)
    del reading
    again = client_at(tmp_path / "answers")
    assert len(collected(server, again, "/a", "/b", "/c")) == 3
    assert server.paths() == ["/robots.txt", "/a", "/b", "/c"]


def test_pages_are_fetched_again_when_they_are_old(server: Server, patient: Patient, tmp_path: Path) -> None:
    server.on("/a", Reply(page("first"), 200, {**HTML, "ETag": '"1"'}), Reply("", 304), Reply(page("last"), 200, HTML))
    texts, outcomes = [], []

    def today() -> datetime:
        return datetime.fromtimestamp(patient.clock.now, UTC)

    for days in (0, 1, 40, 80):
        patient.clock.now = datetime(2026, 1, 1, tzinfo=UTC).timestamp() + days * 86400
        one = source(server, patient, "/a")
        outcomes.append(collect(one, tmp_path / "raw", frozenset(), today, timedelta(days=30)).outcome)
        (record,) = read(raw_path(tmp_path / "raw", one))
        texts.append(record.metadata.extra["title"])
    assert outcomes == ["collected", "unchanged", "collected", "collected"]
    assert texts == ["first", "first", "first", "last"]


def sitemap(*entries: str, root: str = "urlset") -> str:
    name = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><{root} xmlns="{name}">{"".join(entries)}</{root}>'


def test_a_sitemap_lists_the_pages_of_its_own_host(server: Server, patient: Patient) -> None:
    entry = f"<url><loc> {server.url}/a </loc><lastmod>2025-01-01</lastmod></url>"
    server.on("/sitemap.xml", Reply(sitemap(entry, "<url><loc>https://other.example/b</loc></url>")))
    assert list(addresses(patient.client, f"{server.url}/sitemap.xml")) == [(f"{server.url}/a", "2025-01-01")]


def test_an_index_of_zipped_sitemaps_is_followed(server: Server, patient: Patient) -> None:
    inner = sitemap(f"<url><loc>{server.url}/a</loc></url>")
    server.on("/inner.xml.gz", Reply(gzip.compress(inner.encode()), 200, {"Content-Type": "application/gzip"}))
    index = sitemap(f"<sitemap><loc>{server.url}/inner.xml.gz</loc></sitemap>", root="sitemapindex")
    server.on("/sitemap.xml", Reply(index))
    assert list(addresses(patient.client, f"{server.url}/sitemap.xml")) == [(f"{server.url}/a", None)]


def test_an_index_that_names_itself_ends(server: Server, patient: Patient) -> None:
    index = sitemap(f"<sitemap><loc>{server.url}/sitemap.xml</loc></sitemap>", root="sitemapindex")
    server.on("/sitemap.xml", Reply(index))
    assert list(addresses(patient.client, f"{server.url}/sitemap.xml")) == []


def test_a_sitemap_cannot_read_files_of_this_machine(server: Server, patient: Patient, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
    entry = f"<urlset><url><loc>{server.url}/&e;</loc></url></urlset>"
    server.on("/sitemap.xml", Reply(f"<?xml version='1.0'?>{entity}{entry}"))
    assert "s3cret" not in str(list(addresses(patient.client, f"{server.url}/sitemap.xml")))


def test_a_list_of_addresses_is_a_sitemap_too(server: Server, patient: Patient) -> None:
    server.on("/sitemap.txt", Reply(f"{server.url}/a\n{server.url}/b\nhttps://other.example/\n"))
    found = [url for url, _ in addresses(patient.client, f"{server.url}/sitemap.txt")]
    assert found == [f"{server.url}/a", f"{server.url}/b"]


def test_robots_txt_names_the_sitemaps(server: Server, patient: Patient) -> None:
    server.on("/robots.txt", Reply(f"Sitemap: {server.url}/pages.xml\n"))
    assert Robots(patient.client).sitemaps(f"{server.url}/x") == [f"{server.url}/pages.xml"]


def test_a_missing_sitemap_is_an_error_that_names_the_way_out(server: Server, patient: Patient) -> None:
    with pytest.raises(SourceError, match="no such sitemap; give another --sitemap, or a list of pages by --urls"):
        list(addresses(patient.client, f"{server.url}/sitemap.xml"))


def test_addresses_are_grouped_by_host_without_fragments() -> None:
    urls = [("https://a.example/x#1", None), ("https://b.example/y", "2025"), ("https://a.example/x#2", None)]
    assert by_host(urls) == {"a.example": {"https://a.example/x": None}, "b.example": {"https://b.example/y": "2025"}}
    with pytest.raises(SourceError, match="docs: no address of a page"):
        by_host([("docs", None)])


@pytest.mark.parametrize(
    ("address", "want"),
    [
        ("http://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "CC-BY-NC-SA-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://opensource.org/license/mit", "MIT"),
        ("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
        ("https://example.com/terms", "NOASSERTION"),
    ],
)
def test_knows_licences_by_their_address(address: str, want: str) -> None:
    assert licence_at(address) == want


def test_bytes_that_are_no_page_have_no_text() -> None:
    assert main_text(b"\x00\x01\x02") is None
