"""``slm bench soak``: hours of typing over a whole project, and whether the server is still what it was.

A typist works on a copy of a hundred standard-library modules: opens, switches and closes files, deletes lines and
types them again key by key, corrects itself, takes suggestions, saves. Every answer is checked against the buffer that
it was asked for. Memory is compared with what it was after the first quarter, when everything is loaded.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psutil

from python_slm.bench.client import LanguageClient
from python_slm.errors import ModelError
from python_slm.text import Document, Position

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS_A_MINUTE = 200
"""A fast typist: 40 words."""
FLAT = 1.05
"""Memory may be this many times what it was after the first quarter."""
_JUDGED_MINUTES = 20
"""Less typing than this says nothing about memory: the server is still getting to know the files."""
_OPEN_FILES = 6
_LINES = (200, 1500)
_WAIT_S = 60.0
_GONE_AFTER = 3
"""A name that was deleted this many stints ago stands nowhere any more, and nothing may suggest it."""


@dataclass
class Figures:
    """Counts of what happened; memory in bytes, children included, once a simulated minute."""

    minutes: int
    files: int
    keys: int = 0
    requests: int = 0
    answers: int = 0
    shown: int = 0
    accepted: int = 0
    superseded: int = 0
    errors: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def growth(self) -> float:
        """Memory in the last tenth over memory after the first quarter."""
        quarter, tenth = len(self.memory) // 4, max(1, len(self.memory) // 10)
        last = self.memory[-tenth:]
        return sum(last) / len(last) / self.memory[quarter]

    @property
    def passed(self) -> bool:
        """No stale answer, no error, and flat memory where that can be judged."""
        return not self.errors and not self.stale and (self.growth <= FLAT or self.minutes < _JUDGED_MINUTES)


@click.command()
@click.option("--minutes", type=click.IntRange(1), default=60, show_default=True, help="Simulated minutes of typing.")
@click.option("--files", type=click.IntRange(2, 150), default=100, show_default=True, help="Files of the project.")
@click.option("--interval-ms", type=click.IntRange(0), default=50, show_default=True, help="From key to key.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--model", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Instead of the shipped.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def soak(*, minutes: int, files: int, interval_ms: int, seed: int, model: Path | None, as_json: bool) -> None:
    """Type for an hour, faster than a person, and look for what only long use brings to light.

    Exit 1 when memory grew by more than 5 % after the first quarter, an answer did not belong to its buffer, or
    anything was logged as an error. A simulated minute is 200 keys, so an hour takes ten minutes at 50 ms a key.

    Example: slm bench soak --minutes 60
    """
    with tempfile.TemporaryDirectory(prefix="slm-soak-") as folder:
        project = make_project(Path(folder) / "project", files)
        log = Path(folder) / "server.log"
        command = [sys.executable, "-m", "python_slm", "lsp", "--log-file", str(log)]
        command += ["--model", str(model)] if model else []
        figures = Figures(minutes, len(project))
        begun = time.perf_counter()
        with LanguageClient(command, stderr=subprocess.DEVNULL) as client:
            typist = Typist(client, project, figures, random.Random(seed), interval_ms / 1000)  # noqa: S311
            typist.begin(Path(folder) / "project")
            typist.work(minutes * KEYS_A_MINUTE, lambda: click.echo(progress(figures), err=True))
            client.end()
        figures.seconds = time.perf_counter() - begun
        figures.errors += logged_errors(log)
    click.echo(json.dumps({**asdict(figures), "growth": figures.growth}) if as_json else report(figures))
    if not figures.passed:
        raise SystemExit(1)


def make_project(folder: Path, count: int) -> list[Path]:
    """``count`` modules of the running interpreter's standard library, copied to ``folder``."""
    folder.mkdir(parents=True)
    fitting = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        data = path.read_bytes()
        if _LINES[0] <= data.count(b"\n") <= _LINES[1] and data.isascii() and "site-packages" not in path.parts:
            fitting.append(path)
    step = max(1, len(fitting) // count)
    copies = []
    for path in fitting[::step][:count]:
        copy = folder / f"{path.parent.name}_{path.name}"
        shutil.copyfile(path, copy)
        copies.append(copy)
    return copies


@dataclass
class Typist:
    """Works on ``project`` through ``client`` and counts in ``figures``."""

    client: LanguageClient
    project: Sequence[Path]
    figures: Figures
    random: random.Random
    interval_s: float
    buffers: dict[Path, Document] = field(default_factory=dict)
    pending: dict[int, tuple[Document, Position]] = field(default_factory=dict)
    stints: int = 0

    def begin(self, root: Path) -> None:
        """Shake hands and wait for the model. Raises ModelError when there is none."""
        options = {"completion": {"deadlineMs": 5_000}}
        self.client.initialize(
            options=options,
            capabilities={"window": {"workDoneProgress": True}},
            rootUri=root.as_uri(),
            workspaceFolders=[{"uri": root.as_uri(), "name": root.name}],
        )
        self.client.wait_received("$/progress", 2, _WAIT_S)
        if problems := self.client.received("window/showMessage"):
            raise ModelError(problems[0]["message"])

    def work(self, keys: int, say: Any) -> None:
        """Stints in one file after the other until ``keys`` keys are typed."""
        measured = 0
        while self.figures.keys < keys:
            self._stint(self._open_one())
            while measured <= self.figures.keys:
                self.figures.memory.append(memory_of(self.client.process.pid))
                measured += KEYS_A_MINUTE
                if not len(self.figures.memory) % 10:
                    say()
        self._settle()

    def _open_one(self) -> Path:
        """The file of the next stint: usually one that is open."""
        if len(self.buffers) >= 2 and self.random.random() < 0.6:  # noqa: PLR2004 - most work goes on where it was
            return self.random.choice(list(self.buffers))
        path = self.random.choice(self.project)
        if path not in self.buffers:
            if len(self.buffers) >= _OPEN_FILES:
                self._close(self.random.choice(list(self.buffers)))
            self.buffers[path] = Document(path.as_uri(), path.read_text(encoding="utf-8"))
            self.client.open(path.as_uri(), self.buffers[path].text)
        return path

    def _close(self, path: Path) -> None:
        """Save and close."""
        self._settle()
        uri = path.as_uri()
        path.write_text(self.buffers.pop(path).text, encoding="utf-8")
        self.client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def _stint(self, path: Path) -> None:
        """Use a new name, type a few lines again, and delete the name."""
        self.stints += 1
        name = f"marker_{self.stints:05}"
        lines = [
            number
            for number, line in enumerate(self.buffers[path].text.split("\n"))
            if len(line) - len(line.lstrip(" ")) in {4, 8} and line.lstrip()[:1].isalpha() and len(line) > 12  # noqa: PLR2004
        ]
        if not lines:
            return
        first = self.random.choice(lines)
        start = self.buffers[path].line_starts[first]
        mark = f"    {name} = {self.stints}\n"
        self._edit(path, start, start, mark)
        for number in [n + 1 for n in lines if n >= first][: self.random.randint(1, 4)]:
            self._retype(path, number)
        start = self.buffers[path].text.find(mark)
        if start >= 0:
            self._edit(path, start, start + len(mark), "")

    def _retype(self, path: Path, line: int) -> None:
        """Delete the rest of a line and type it again, with a slip now and then; take a suggestion that is right."""
        start, end = self.buffers[path].line_span(line)
        text = self.buffers[path].text[start:end]
        begin = start + len(text) - len(text.lstrip())
        truth = self.buffers[path].text[begin:end]
        self._edit(path, begin, end, "")
        typed = 0
        while typed < len(truth):
            if self.random.random() < 0.03:  # noqa: PLR2004 - a slip in thirty keys
                self._key(path, begin + typed, self.random.choice("abcxyz"))
                self._edit(path, begin + typed, begin + typed + 1, "")
            self._key(path, begin + typed, truth[typed])
            typed += 1
            asked = self._ask(path, begin + typed)
            time.sleep(self.interval_s)
            typed += self._take(path, asked, begin + typed, truth[typed:])

    def _key(self, path: Path, offset: int, key: str) -> None:
        self._edit(path, offset, offset, key)
        self.figures.keys += 1

    def _ask(self, path: Path, offset: int) -> int:
        document = self.buffers[path]
        position = document.position_at(offset, "utf-16")
        number = self.client.begin_inline(document.uri, position.line, position.character)
        self.pending[number] = (document, position)
        self.figures.requests += 1
        return number

    def _take(self, path: Path, asked: int, offset: int, truth: str) -> int:
        """Characters accepted, if the answer is there already and begins what is to be typed."""
        if not self.client.answered(asked):
            return 0
        for text in self._check(asked):
            if len(text) > 1 and truth.startswith(text):
                self._edit(path, offset, offset, text)
                self.figures.accepted += 1
                return len(text)
        return 0

    def _settle(self) -> None:
        """Wait for all answers that are out."""
        for number in list(self.pending):
            self._check(number)

    def _check(self, number: int) -> list[str]:
        """The texts of an answer that replace nothing; what does not belong to its buffer is written down."""
        document, position = self.pending.pop(number)
        reply = self.client.wait(number, _WAIT_S)
        if reply.error is not None:
            self.figures.errors.append(reply.error["message"])
            return []
        if reply.result is None:
            self.figures.superseded += 1
            return []
        self.figures.answers += 1
        self.figures.shown += bool(reply.result["items"])
        texts = []
        for item in reply.result["items"]:
            if problem := stale(item, document, position, self.stints):
                self.figures.stale.append(problem)
            elif item["range"]["start"] == item["range"]["end"]:
                texts.append(item["insertText"])
        return texts

    def _edit(self, path: Path, start: int, end: int, text: str) -> None:
        before = self.buffers[path]
        version = before.version + 1
        after = before.text[:start] + text + before.text[end:]
        where = {"start": _lsp(before, start), "end": _lsp(before, end)}
        self.buffers[path] = Document(before.uri, after, version)
        self.client.change(before.uri, version, {"range": where, "text": text})


def stale(item: dict[str, Any], document: Document, position: Position, stints: int) -> str:
    """Why an item does not belong to the buffer that it was asked for; empty when it does."""
    start, end = item["range"]["start"], item["range"]["end"]
    length = len(document.text[slice(*document.line_span(position.line))])
    if start["line"] != position.line or end["line"] != position.line:
        return f"asked on line {position.line}, answered for {start['line']} to {end['line']}"
    if not start["character"] <= position.character <= end["character"] <= length:
        return f"asked at {position.character} of {length}, answered for {start['character']} to {end['character']}"
    for gone in range(1, max(1, stints - _GONE_AFTER)):
        if f"marker_{gone:05}" in item["insertText"]:
            return f"a name that was deleted {stints - gone} stints ago"
    return ""


def memory_of(pid: int) -> int:
    """Resident bytes of a process and its children."""
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)] if one.is_running())


def logged_errors(log: Path) -> list[str]:
    """Messages of errors, and of warnings that carry an exception, in the server's log."""
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    return [one["message"] for one in entries if one["level"] in {"error", "critical"} or "error" in one]


def progress(figures: Figures) -> str:
    """One line."""
    return (
        f"{len(figures.memory)} of {figures.minutes} minutes: {figures.keys:,} keys, {figures.shown:,} shown, "
        f"{figures.memory[-1] / 2**20:.0f} MiB, {len(figures.stale)} stale, {len(figures.errors)} errors"
    )


def report(figures: Figures) -> str:
    """The figures as lines for a person."""
    tenth = max(1, len(figures.memory) // 10)
    judged = f"flat is ≤ {FLAT}" if figures.minutes >= _JUDGED_MINUTES else "too short a time to judge it"
    memory = "  ".join(f"{value / 2**20:.0f}" for value in figures.memory[::tenth])
    lines = [
        f"{figures.minutes} minutes of typing in {figures.files} files, within {figures.seconds / 60:.1f}",
        f"keys {figures.keys:,}, requests {figures.requests:,}, superseded {figures.superseded:,}",
        f"answered {figures.answers:,}, shown {figures.shown:,}, accepted {figures.accepted:,}",
        f"memory, MiB   {memory}",
        f"growth        {figures.growth:.3f} × since the first quarter; {judged}",
        f"stale answers {len(figures.stale)}",
        *(f"  {one}" for one in figures.stale[:5]),
        f"errors        {len(figures.errors)}",
        *(f"  {one}" for one in figures.errors[:5]),
        f"goal: flat memory, no stale answer, no error: {'met' if figures.passed else 'missed'}",
    ]
    return "\n".join(lines)


def _lsp(document: Document, offset: int) -> dict[str, int]:
    position = document.position_at(offset, "utf-16")
    return {"line": position.line, "character": position.character}
