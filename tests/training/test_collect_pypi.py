"""PyPI: JSON API, sdists, and archives that mean harm."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.errors import SourceError
from python_slm_training.collect.archive import Limits, read_archive
from python_slm_training.collect.collect import collect, raw_path
from python_slm_training.collect.pypi import PyPI
from python_slm_training.collect.record import Record, read
from tests.training.http_server import Patient, Reply, Server, client_at, serving
from tests.training.test_collect import MIT

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


def tar_of(files: dict[str, bytes], mode: str = "gz") -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=f"w:{mode}") as archive:  # type: ignore[call-overload]  # a computed mode
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


SDIST = tar_of({"demo-1.2/PKG-INFO": b"", "demo-1.2/demo/a.py": b"x = 1\n", "demo-1.2/LICENSE": MIT.encode()})


def publish(server: Server, sdist: bytes | None = SDIST, sha256: str | None = None, **info: Any) -> None:
    """A release of ``demo`` as PyPI describes it."""
    files = []
    if sdist is not None:
        server.on("/files/demo-1.2.tar.gz", Reply(sdist))
        files = [
            {"packagetype": "bdist_wheel", "filename": "demo-1.2-py3-none-any.whl", "url": "", "digests": {}},
            {
                "packagetype": "sdist",
                "filename": "demo-1.2.tar.gz",
                "url": f"{server.url}/files/demo-1.2.tar.gz",
                "digests": {"sha256": sha256 or hashlib.sha256(sdist).hexdigest()},
                "upload_time_iso_8601": "2025-03-04T05:06:07.000000Z",
                "yanked": False,
            },
        ]
    about = {
        "name": "demo",
        "version": "1.2",
        "author": "Ann",
        "author_email": "ann@example.com",
        "summary": "Demonstrates.",
        "description": "# demo\r\n\r\nHow to use it.\r\n",
        "description_content_type": "text/markdown; charset=UTF-8",
        "license": None,
        "license_expression": None,
        "classifiers": ["License :: OSI Approved :: Apache Software License", "Topic :: Internet"],
        "requires_python": ">=3.10",
        "package_url": "https://pypi.org/project/demo/",
        "project_urls": {"Homepage": "https://demo.example"},
    }
    data = {"info": {**about, **info}, "releases": {"1.1": [], "1.2": []}, "urls": files, "vulnerabilities": []}
    server.on("/pypi/demo/json", Reply.of_json(data, zipped=True))


def index(server: Server, patient: Patient, tmp_path: Path) -> PyPI:
    return PyPI(patient.client, tmp_path / "sdists", f"{server.url}/pypi")


def collected(server: Server, patient: Patient, tmp_path: Path) -> dict[str, Record]:
    source = index(server, patient, tmp_path).distribution("demo")
    collect(source, tmp_path / "raw", frozenset())
    return {record.metadata.path: record for record in read(raw_path(tmp_path / "raw", source))}


def test_a_release_is_its_readme_and_its_python_files(server: Server, patient: Patient, tmp_path: Path) -> None:
    publish(server)
    records = collected(server, patient, tmp_path)
    assert list(records) == ["README.md", "demo/a.py"]
    readme, code = records.values()
    assert (readme.text, readme.metadata.content) == ("# demo\n\nHow to use it.\n", "prose")
    assert (code.text, code.metadata.content, code.metadata.licence) == ("x = 1\n", "python", "MIT")
    assert code.metadata.revision.startswith("1.2+")
    assert code.metadata.modified_at == "2025-03-04T05:06:07.000000Z"


def test_indicators_come_with_every_file_and_no_address(server: Server, patient: Patient, tmp_path: Path) -> None:
    publish(server)
    extra = collected(server, patient, tmp_path)["demo/a.py"].metadata.extra
    assert extra["author"] == "Ann"
    assert extra["version"] == "1.2"
    assert extra["topics"] == ["Topic :: Internet"]
    assert extra["releases"] == 2
    assert "ann@example.com" not in str(extra)


@pytest.mark.parametrize(
    ("info", "want"),
    [
        ({}, "Apache-2.0"),
        ({"license_expression": "BSD-2-Clause"}, "BSD-2-Clause"),
        ({"classifiers": [], "license": "MIT License"}, "MIT"),
        ({"classifiers": [], "license": MIT}, "MIT"),
        ({"classifiers": []}, "NOASSERTION"),
    ],
)
def test_a_readme_is_under_what_the_metadata_declare(
    info: dict[str, Any], want: str, server: Server, patient: Patient, tmp_path: Path
) -> None:
    publish(server, **info)
    assert collected(server, patient, tmp_path)["README.md"].metadata.licence == want


def test_a_release_without_sdist_is_its_readme(server: Server, patient: Patient, tmp_path: Path) -> None:
    publish(server, None)
    assert list(collected(server, patient, tmp_path)) == ["README.md"]


def test_a_certain_version_may_be_wanted(server: Server, patient: Patient, tmp_path: Path) -> None:
    publish(server)
    server.routes["/pypi/demo/1.2/json"] = server.routes["/pypi/demo/json"]
    assert index(server, patient, tmp_path).distribution("demo==1.2").repo == "demo"


def test_an_unknown_name_is_an_error_that_says_so(server: Server, patient: Patient, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nonesuch: no such distribution"):
        index(server, patient, tmp_path).distribution("nonesuch")


@pytest.mark.parametrize("data", [[], {"info": {}, "urls": []}, {"info": {"name": "d", "version": "1"}, "urls": [{}]}])
def test_an_answer_of_something_else_is_an_error_that_names_the_option(
    data: Any, server: Server, patient: Patient, tmp_path: Path
) -> None:
    server.on("/pypi/demo/json", Reply.of_json(data))
    with pytest.raises(SourceError, match="no answer of the PyPI JSON API; give the address of one with --index"):
        index(server, patient, tmp_path).distribution("demo")


def test_an_sdist_that_differs_from_its_digest_is_refused(server: Server, patient: Patient, tmp_path: Path) -> None:
    publish(server, sha256="0" * 64)
    with pytest.raises(SourceError, match=r"demo-1\.2\.tar\.gz: its sha256 is .*the index says 000000000000"):
        collected(server, patient, tmp_path)
    assert not list(tmp_path.rglob("*.tar.gz"))
    assert not list(tmp_path.glob("raw/*"))


def test_an_sdist_is_downloaded_once(server: Server, patient: Patient, tmp_path: Path) -> None:
    publish(server)
    for _ in range(2):
        list(index(server, patient, tmp_path).distribution("demo").records(NOW))
    assert server.paths().count("/files/demo-1.2.tar.gz") == 1


def test_a_reserved_distribution_is_not_even_downloaded(server: Server, patient: Patient, tmp_path: Path) -> None:
    publish(server)
    source = index(server, patient, tmp_path).distribution("demo")
    assert collect(source, tmp_path / "raw", frozenset({"demo"})).outcome == "reserved"
    assert server.paths() == ["/pypi/demo/json"]


def archived(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "it.tar.gz"
    path.write_bytes(data)
    return path


def everything(path: str) -> bool:
    return True


@pytest.mark.parametrize("mode", ["", "gz", "bz2", "xz"])
def test_reads_tars_however_they_are_packed(mode: str, tmp_path: Path) -> None:
    data = tar_of({"top/a.py": b"x = 1\n", "top/sub/b.py": b"y"}, mode)
    assert read_archive(archived(tmp_path, data), everything) == {"a.py": b"x = 1\n", "sub/b.py": b"y"}


def test_reads_zips_too(tmp_path: Path) -> None:
    data = zip_of({"top/a.py": b"x = 1\n", "top/big.py": b"#" * 1_000_001})
    assert read_archive(archived(tmp_path, data), everything) == {"a.py": b"x = 1\n"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "top/../../x.py", "C:\\x.py", "..\\x.py"])
@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_a_path_that_leaves_the_folder_is_refused(name: str, pack: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="leaves the archive's folder"):
        read_archive(archived(tmp_path, pack({name: b"x"})), everything)


def test_links_are_not_followed(tmp_path: Path) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo(f"top/{kind.decode()}.py")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert read_archive(archived(tmp_path, data.getvalue()), everything) == {}


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_a_bomb_is_refused(pack: Any, tmp_path: Path) -> None:
    data = pack({"top/a.bin": b"\0" * 3_000_000})
    with pytest.raises(SourceError, match="unpacks to more than the limit"):
        read_archive(archived(tmp_path, data), everything, Limits(unpacked_bytes=1_000_000))


def test_a_bomb_in_a_header_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("top/pax")
    header.type, header.size = tarfile.XHDTYPE, 3_000_000
    data = gzip.compress(header.tobuf() + b"\0" * 3_000_064)
    with pytest.raises(SourceError, match="unpacks to more than the limit"):
        read_archive(archived(tmp_path, data), everything, Limits(unpacked_bytes=1_000_000))


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_too_many_members_are_refused(pack: Any, tmp_path: Path) -> None:
    data = pack({f"top/{n}.py": b"" for n in range(20)})
    with pytest.raises(SourceError, match="more than 10 members"):
        read_archive(archived(tmp_path, data), everything, Limits(members=10))


@pytest.mark.parametrize("data", [SDIST[:60], SDIST[:-20], b"PK\x03\x04junk", b"\x1f\x8bjunk", b"", b"junk" * 300])
def test_a_damaged_archive_is_an_error_that_says_so(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a damaged archive"):
        read_archive(archived(tmp_path, data), everything)
