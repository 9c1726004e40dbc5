"""Distributions of the Python Package Index: the JSON API (https://docs.pypi.org/api/json/) and their sdists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from python_slm.errors import SourceError
from python_slm_training.collect import licences
from python_slm_training.collect.archive import read_archive
from python_slm_training.collect.files import Origin, is_read, of_tree
from python_slm_training.collect.record import PROSE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm_training.collect.http import Client
    from python_slm_training.collect.record import Record

API = "https://pypi.org/pypi"
_MAX_SDIST_BYTES = 200_000_000
_README = {"text/markdown": "README.md", "text/x-rst": "README.rst"}


@dataclass(frozen=True)
class PyPI:
    """The index at ``api``; archives are kept below ``cache``, for another command may need them."""

    client: Client
    cache: Path
    api: str = API

    def distribution(self, wanted: str) -> Distribution:
        """The newest release of a name, or that of ``name==version``. Raises SourceError if there is none."""
        name, _, version = (part.strip() for part in wanted.partition("=="))
        parts = [quote(part, safe="") for part in (name, version) if part]
        answer = self.client.get(f"{self.api}/{'/'.join(parts)}/json")
        if answer.is_missing:
            raise SourceError(f"{wanted}: no such distribution at {urlsplit(self.api).netloc}; check its name")
        data = answer.json()
        if not _is_release(data):
            raise SourceError(f"{self.api}: no answer of the PyPI JSON API; give the address of one with --index")
        return Distribution(self, data)


def _is_release(data: Any) -> bool:
    """Whether an answer has what is read of it without asking."""
    try:
        files = [(file["packagetype"], file["url"], file["filename"], file["digests"]) for file in data["urls"]]
        sdists = [digests["sha256"] for sort, _, _, digests in files if sort == "sdist"]
        return all((data["info"]["name"], data["info"]["version"], *sdists))
    except (KeyError, TypeError):
        return False


@dataclass(frozen=True)
class Distribution:
    """One release as a source: its README as prose, and the Python files of its sdist."""

    index: PyPI
    data: dict[str, Any]
    kind: str = "pypi"

    @property
    def repo(self) -> str:
        """Its name."""
        return str(self.data["info"]["name"])

    @property
    def revision(self) -> str:
        """Its version, and which build of it."""
        sdist = self._sdist
        digest = sdist["digests"]["sha256"][:12] if sdist else "no-sdist"
        return f"{self.data['info']['version']}+{digest}"

    def records(self, collected_at: str) -> Iterator[Record]:
        """The README, then every Python file. Raises SourceError if the sdist differs from its sha256."""
        info, sdist = self.data["info"], self._sdist
        uploaded = (sdist or next(iter(self.data["urls"]), {})).get("upload_time_iso_8601")
        extra = {name: value for name, value in self._indicators().items() if value not in (None, "", [], {})}
        origin = Origin(self.kind, self.repo, self.revision, collected_at, uploaded, self.licence, extra)
        readme = (info.get("description") or "").replace("\r\n", "\n").strip()
        if readme and readme != "UNKNOWN":
            sort = (info.get("description_content_type") or "text/x-rst").split(";")[0].strip().lower()
            yield origin.record(_README.get(sort, "README.txt"), readme + "\n", licences.UNKNOWN, PROSE)
        if sdist:
            yield from of_tree(origin, read_archive(self._fetched(sdist), is_read))

    @cached_property
    def licence(self) -> str:
        """What the metadata declare: the SPDX expression, else the classifiers, else the free field."""
        info = self.data["info"]
        classifiers = [text for text in info.get("classifiers") or [] if text.startswith("License :: ")]
        names = [text.removeprefix("License :: ").removeprefix("OSI Approved :: ") for text in classifiers]
        free = (info.get("license") or "").strip()
        for declared in ([info.get("license_expression") or ""], names, [free] if "\n" not in free else []):
            found = licences.of_names(declared)
            if found != licences.UNKNOWN:
                return found
        return licences.of_text(free)

    @cached_property
    def _sdist(self) -> dict[str, Any] | None:
        files = self.data["urls"]
        return next((file for file in files if file["packagetype"] == "sdist" and not file.get("yanked")), None)

    def _indicators(self) -> dict[str, Any]:
        info = self.data["info"]
        return {
            "author": info.get("author") or info.get("maintainer"),
            "version": info["version"],
            "url": info.get("package_url"),
            "home": info.get("home_page") or (info.get("project_urls") or {}).get("Homepage"),
            "description": info.get("summary"),
            "requires_python": info.get("requires_python"),
            "topics": [text for text in info.get("classifiers") or [] if text.startswith(("Topic ::", "Framework ::"))],
            "status": next((text for text in info.get("classifiers") or [] if text.startswith("Development")), None),
            "releases": len(self.data.get("releases") or {}),
            "vulnerabilities": len(self.data.get("vulnerabilities") or []),
        }

    def _fetched(self, sdist: dict[str, Any]) -> Path:
        digest: str = sdist["digests"]["sha256"]
        path = self.index.cache / digest[:2] / f"{digest}-{PurePosixPath(sdist['filename']).name}"
        if not path.exists():
            self.index.client.download(sdist["url"], path, max_bytes=_MAX_SDIST_BYTES)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != digest:
            path.unlink()
            raise SourceError(
                f"{sdist['filename']}: its sha256 is {found[:12]}…, the index says {digest[:12]}…; run the same "
                "command again, and beware of the index if it stays so"
            )
        return path
