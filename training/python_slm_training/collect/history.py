"""Commit history → edit records: small real fixes, docstring additions and other edits, each a self-contained piece.

A repository's commits are read in chunks; each leaves a file, so that an interrupted run goes on at the chunk where it
stopped. When all are there, they become one file a repository.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from python_slm_training import jsonlines
from python_slm_training.collect.commits import Change, Commit, commits
from python_slm_training.collect.edits import Edit, edit_between
from python_slm_training.collect.files import MAX_BYTES, decoded
from python_slm_training.collect.git import GitSource, Objects, batch
from python_slm_training.collect.record import SUFFIX, Metadata, write_json
from python_slm_training.curate import privacy, quality
from python_slm_training.curate.contamination import Benchmarks
from python_slm_training.curate.words import word_hashes
from python_slm_training.reserved import is_reserved_path, is_reserved_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from python_slm_training.collect.files import LicenceMap

VERSION = 1  # counts changes of what is read from a history, so that older files are made anew
CHUNK = 1_000  # commits; a few seconds of work
_MAX_FILES = 8  # a commit that touches more is a sweep
_MAX_MESSAGE = 400  # characters
_VENDORED = frozenset(
    "vendor vendored _vendor third_party thirdparty extern externals _external site-packages node_modules".split()  # noqa: SIM905
)
_TEST = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest)\.py$")
_BOILERPLATE = re.compile(r"(?:^|/)(?:setup|conf|__about__|_?version)\.py$|(?:^|/)docs?/|(?:^|/)migrations?/")
_REVERT = re.compile(r"^Revert\b|[Bb]ack(?:ed|s|ing)? ?out\b")
_REVERTED = re.compile(r"This reverts commit ([0-9a-f]{7,40})")
_TRAILER = re.compile(r"^[A-Z][\w-]+(?:-[Bb]y|-[Ii]d)?: .*$|^git-svn-id.*$", re.MULTILINE)


@dataclass(frozen=True)
class Options:
    """``limit`` is how many of the newest commits a repository gives; ``reserved`` and ``benchmarks`` stay out."""

    limit: int = 20_000
    reserved: frozenset[str] = frozenset()
    benchmarks: Benchmarks = field(default_factory=Benchmarks)


@dataclass(frozen=True)
class Mined:
    """What happened to a repository. ``outcome`` is mined, unchanged or reserved; ``edits`` counts by kind."""

    repo: str
    outcome: str
    commits: int = 0
    edits: dict[str, int] = field(default_factory=dict)


def mine(
    source: GitSource, out: Path, options: Options, *, progress: Callable[[int], object] = lambda _: None
) -> Mined:
    """Write the history of ``source`` below ``out``, unless it is there at the same revision, or reserved.

    ``progress`` is told how many commits more are done.
    """
    if is_reserved_project(source.repo, options.reserved):
        return Mined(source.repo, "reserved")
    name = "git-" + re.sub(r"[^\w.+-]", "_", source.repo.replace("/", "+"))
    path, note, work = out / f"{name}{SUFFIX}", out / f"{name}.json", out / ".work" / name
    key = {"revision": source.revision, "version": VERSION, "limit": options.limit, "without": _digest(options)}
    if path.exists() and note.exists() and (known := json.loads(note.read_text("utf-8"))).items() >= key.items():
        return Mined(source.repo, "unchanged", known["commits"], known["edits"])
    _begin(work, key)
    counts = _mine_chunks(source, work, options, progress)
    edits, licences = _join(sorted(work.glob(f"*{SUFFIX}")), path)
    write_json(
        note,
        {
            "repo": source.repo,
            "source": "git",
            **key,
            "collected_at": _now(),
            **counts,
            "edits": edits,
            "licences": licences,
        },
    )
    shutil.rmtree(work)
    return Mined(source.repo, "mined", counts["commits"], edits)


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Edit records of one file that ``mine`` wrote."""
    return jsonlines.read(path)


def _digest(options: Options) -> str:
    named = json.dumps([sorted(options.reserved), sorted(options.benchmarks.lines)])
    return hashlib.sha256(named.encode("utf-8", "surrogatepass") + options.benchmarks.grams.tobytes()).hexdigest()[:16]


def _begin(work: Path, key: dict[str, Any]) -> None:
    """Chunks of another revision, or made with other options, are of no use."""
    mark = work / "key.json"
    if work.exists() and not (mark.exists() and json.loads(mark.read_text("utf-8")) == key):
        shutil.rmtree(work)
    write_json(mark, key)


def _mine_chunks(source: GitSource, work: Path, options: Options, progress: Callable[[int], object]) -> dict[str, int]:
    """Every chunk that is not there yet; commits read, and pairs of blobs looked at, in all of them."""
    totals: Counter[str] = Counter(commits=0, candidates=0)
    miner = _Miner(source, options, source.cover(), _now())
    for start in range(0, options.limit, CHUNK):
        chunk, count = work / f"{start:08}{SUFFIX}", work / f"{start:08}.json"
        if not count.exists():
            with batch(source.git_dir) as objects, jsonlines.writing(chunk) as put:
                seen = miner.mine(start, min(CHUNK, options.limit - start), objects, put)
            write_json(count, seen)
        seen = json.loads(count.read_text("utf-8"))
        totals.update(seen)
        progress(seen["commits"])
        if not seen["commits"]:
            break
    return dict(totals)


@dataclass(frozen=True)
class _Miner:
    source: GitSource
    options: Options
    cover: LicenceMap
    now: str

    def mine(self, skip: int, limit: int, objects: Objects, put: jsonlines.ObjectSink) -> dict[str, int]:
        """One chunk of commits; how many there were, and how many were looked at closely."""
        seen = {"commits": 0, "candidates": 0}
        reverted: set[str] = set()
        texts = _Texts(objects)
        for commit in commits(self.source.git_dir, limit=limit, skip=skip):
            seen["commits"] += 1
            reverted.update(match[1][:12] for match in _REVERTED.finditer(commit.message))
            change = None if commit.revision[:12] in reverted else self._change(commit)
            if change is None:
                continue
            seen["candidates"] += 1
            before, after = texts.of(change.before), texts.of(change.after)
            edit = edit_between(before, after, commit.message) if before and after else None
            if edit is not None and self._is_clean(edit):
                put(self._record(commit, change, edit, texts.of(change.after) or ""))
        return seen

    def _change(self, commit: Commit) -> Change | None:
        """The one file of code that the commit modifies; tests, texts and data may change beside it."""
        if len(commit.changes) > _MAX_FILES or _REVERT.search(commit.message):
            return None
        code = [each for each in commit.changes if each.path.endswith(".py") and not _TEST.search(each.path)]
        if len(code) != 1 or code[0].status != "M":
            return None
        path = code[0].path
        parts = {part.lower() for part in PurePosixPath(path).parts}
        excluded = parts & _VENDORED or _BOILERPLATE.search(path) or is_reserved_path(path, self.options.reserved)
        return None if excluded else code[0]

    def _is_clean(self, edit: Edit) -> bool:
        """No secrets or personal data (masking could hide the change itself), no data, nothing of a benchmark."""
        both = edit.before + edit.after
        if privacy.problem(both) or privacy.mask(both)[1] or quality.quality_problem(both, ""):
            return False
        return not any(self.options.benchmarks.overlap(text, word_hashes(text)) for text in (edit.before, edit.after))

    def _record(self, commit: Commit, change: Change, edit: Edit, text: str) -> dict[str, Any]:
        about = Metadata(
            source="git",
            repo=self.source.repo,
            path=change.path,
            revision=commit.revision,
            licence=self.cover.of_file(change.path, text),
            collected_at=self.now,
            modified_at=commit.committed_at,
        )
        return {
            "before": edit.before,
            "after": edit.after,
            "kind": edit.kind,
            "message": _message(commit.message),
            "id": f"{self.source.repo}@{commit.revision[:12]}:{change.path}#edit",
            "metadata": {name: value for name, value in asdict(about).items() if name not in {"content", "extra"}},
            "lines": edit.lines,
            "tests_changed": any(_TEST.search(each.path) for each in commit.changes),
        }


class _Texts:
    """Blobs as text; the newest few are kept, since one commit's old version is often the next one's new version."""

    _KEPT = 256

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._known: dict[str, str | None] = {}

    def of(self, blob: str) -> str | None:
        """Text of a blob; None if it is missing, too large, or no text."""
        if blob not in self._known:
            data = self._objects.read(blob)
            if len(self._known) >= self._KEPT:
                del self._known[next(iter(self._known))]
            self._known[blob] = None if data is None or len(data) > MAX_BYTES else decoded(data)
        return self._known[blob]


def _message(message: str) -> str:
    """The message without trailers, addresses and what exceeds _MAX_MESSAGE."""
    plain = re.sub(r"\n{3,}", "\n\n", _TRAILER.sub("", message)).strip()
    return privacy.mask(plain[:_MAX_MESSAGE])[0].rstrip()


def _join(chunks: list[Path], path: Path) -> tuple[dict[str, int], dict[str, int]]:
    """One file out of all chunks; an edit that comes twice (a backport) stays once. Counts by kind, licence."""
    kinds: Counter[str] = Counter()
    licences: Counter[str] = Counter()
    known: set[bytes] = set()
    with jsonlines.writing(path) as put:
        for item in (item for chunk in chunks for item in jsonlines.read(chunk)):
            digest = hashlib.blake2b(
                (item["before"] + "\0" + item["after"]).encode("utf-8", "replace"), digest_size=12
            ).digest()
            if digest in known:
                continue
            known.add(digest)
            put(item)
            kinds[item["kind"]] += 1
            licences[item["metadata"]["licence"]] += 1
    return dict(sorted(kinds.items())), dict(licences.most_common())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
