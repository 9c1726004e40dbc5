"""``slm bench diagnostics``: what is kept of ruff's findings while one types, how soon it is said, what it costs.

Times are ratios of what was measured in turn, a key at a time, in one run: how busy the machine is touches both alike.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from python_slm.bench import half_typed
from python_slm.bench.client import LanguageClient
from python_slm.bench.syntax import keystrokes, stdlib_text
from python_slm.errors import LinterError
from python_slm.lsp.ruff_child import change
from python_slm.project.ruff import installed_ruff
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.repair import shadow_of
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

GOAL_KEPT = 0.99
GOAL_RATIO = 1.10
_RULES = ("E4,E7,E9,F", "ALL")
_BLOCK = 20
"""Keys typed with diagnostics before as many are typed without."""
_CAPABILITIES = {
    "general": {"positionEncodings": ["utf-32"]},
    "textDocument": {"diagnostic": {}, "inlineCompletion": {}, "publishDiagnostics": {"relatedInformation": True}},
    "workspace": {"diagnostics": {"refreshSupport": True}},
}
_WAIT_S = 60.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds from a change to diagnostics: ours, ruff's own server's, and the block index's share of ours."""

    lines: int
    keys: int
    ours_p50: float
    ours_p95: float
    ruff_p50: float
    ruff_p95: float
    index_p50: float
    index_p95: float

    @property
    def ratio_p50(self) -> float:
        """Ours beside ruff's and the index's together."""
        return self.ours_p50 / (self.ruff_p50 + self.index_p50)

    @property
    def ratio_p95(self) -> float:
        """The same for one key in twenty; the two parts' slow keys need not be the same ones."""
        return self.ours_p95 / (self.ruff_p95 + self.index_p95)


@dataclass(frozen=True)
class Typing:
    """Milliseconds to an inline completion while diagnostics are made, and while they are not."""

    keys: int
    with_p50: float
    with_p95: float
    without_p50: float
    without_p95: float


@click.command()
@click.option("--states", type=click.IntRange(0), default=500, show_default=True, help="Half-typed states of files.")
@click.option("--keys", type=click.IntRange(0), default=300, show_default=True, help="Keys a file; 0 skips the times.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def diagnostics(states: int, keys: int, seed: int, *, as_json: bool) -> None:
    """Half-typed states of installed files, and keys typed into made-up ones, beside ruff alone.

    Example: slm bench diagnostics --states 100 --keys 0
    """
    files, told = half_typed.real_files(), dict[str, Any]()
    for rules in _RULES if states else ():
        choose = random.Random(seed)  # noqa: S311 - reproducible, not secret
        kept = half_typed.measure(half_typed.half_typed(files, choose, states), rules)
        told[f"kept {rules}"] = asdict(kept)
        if not as_json:
            click.echo(_kept(rules, kept))
    for lines in (1000, 5600) if keys else ():
        latency = measure_latency(stdlib_text(lines), keys, seed)
        told[f"latency {lines}"] = asdict(latency)
        if not as_json:
            click.echo(_latency(latency))
    if keys:
        typing = measure_typing(stdlib_text(1000), keys, seed)
        told["typing"] = asdict(typing)
        if not as_json:
            click.echo(_typing(typing))
    if as_json:
        click.echo(json.dumps(told))


def measure_latency(text: str, keys: int, seed: int) -> Latency:
    """Type into ``text`` and pull after every key, from us and from ruff's own server in turn.

    Ruff is given the shadow of what does not parse: it would be done at once with the buffer, and say nothing.
    """
    program = installed_ruff()
    if program is None:
        raise LinterError("ruff is not installed, so there is nothing to compare with; pip install ruff")
    ours, ruffs, indexes = [], [], []
    index = BlockIndex.of(text)
    with (
        tempfile.TemporaryDirectory() as folder,
        _Puller([sys.executable, "-m", "python_slm", "lsp"], Path(folder), text) as us,
        _Puller([program, "server"], Path(folder), text) as ruff,
    ):
        for typed, _ in keystrokes(text, keys, random.Random(seed)):  # noqa: S311 - see above
            ours.append(us.key(typed))
            begun = time.perf_counter()
            index = index.updated(typed)
            shadow = shadow_of(index)
            indexes.append(1000 * (time.perf_counter() - begun))
            ruffs.append(ruff.key(shadow.text))
    return Latency(text.count("\n"), keys, *_percentiles(ours), *_percentiles(ruffs), *_percentiles(indexes))


def measure_typing(text: str, keys: int, seed: int) -> Typing:
    """Type, and ask for an inline completion after every key, with diagnostics for some keys and without for others."""
    times: dict[bool, list[float]] = {True: [], False: []}
    command = [sys.executable, "-m", "python_slm", "lsp"]
    with tempfile.TemporaryDirectory() as folder, _Puller(command, Path(folder), text) as us:
        for place, (typed, cursor) in enumerate(keystrokes(text, 2 * keys, random.Random(seed))):  # noqa: S311 - see above
            on = place // _BLOCK % 2 == 0
            if place % _BLOCK == 0:
                us.configure(diagnostics=on)
            times[on].append(us.inline(typed, cursor, pulling=on))
    return Typing(keys, *_percentiles(times[True]), *_percentiles(times[False]))


class _Puller:
    """A server with one open document, whose diagnostics are pulled."""

    def __init__(self, command: Sequence[str], folder: Path, text: str) -> None:
        self._client = LanguageClient(command, stderr=subprocess.DEVNULL)
        self._uri = (folder / "typed.py").as_uri()
        self._document = Document(self._uri, text, 1)
        folders = [{"uri": folder.as_uri(), "name": "bench"}]
        self._client.initialize(capabilities=_CAPABILITIES, rootUri=folder.as_uri(), workspaceFolders=folders)
        self._client.open(self._uri, text, 1)
        self._result: str | None = None
        self._wait(self._pull())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.__exit__()

    def key(self, text: str) -> float:
        """Milliseconds from a change to its diagnostics."""
        begun = time.perf_counter()
        self._type(text)
        at = self._wait(self._pull())
        return 1000 * (at - begun)

    def inline(self, text: str, cursor: int, *, pulling: bool) -> float:
        """Milliseconds from a change to an inline completion at ``cursor``."""
        begun = time.perf_counter()
        self._type(text)
        place = self._document.position_at(cursor, "utf-32")
        asked = self._client.begin_inline(self._uri, place.line, place.character)
        pulled = self._pull() if pulling else None
        at = self._client.wait(asked, _WAIT_S).at
        if pulled is not None:
            self._wait(pulled)
        return 1000 * (at - begun)

    def configure(self, *, diagnostics: bool) -> None:
        """Have diagnostics, or none."""
        settings = {"python-slm": {"diagnostics": {"enable": diagnostics}, "completion": {"backOff": False}}}
        self._client.notify("workspace/didChangeConfiguration", {"settings": settings})
        self._wait(self._pull())

    def _type(self, text: str) -> None:
        document = Document(self._uri, text, self._document.version + 1)
        self._client.change(self._uri, document.version, change(self._document, document))
        self._document = document

    def _pull(self) -> int:
        asked = {"textDocument": {"uri": self._uri}, "previousResultId": self._result}
        return self._client.begin("textDocument/diagnostic", asked)

    def _wait(self, number: int) -> float:
        reply = self._client.wait(number, _WAIT_S)
        self._result = (reply.result or {}).get("resultId", self._result)
        return reply.at


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(times)
    return statistics.median(ordered), ordered[int(0.95 * len(ordered))]


def _kept(rules: str, kept: half_typed.Kept) -> str:
    share, alone = kept.ours / max(1, kept.there), kept.alone / max(1, kept.there)
    met = "met" if share >= GOAL_KEPT else "missed"
    made = ", ".join(f"{code} {count}" for code, count in kept.made_up.most_common(5)) or "none"
    lost = ", ".join(f"{code} {count}" for code, count in kept.lost.most_common(5)) or "none"
    return (
        f"{kept.states} half-typed states, --select {rules}: {kept.there} findings outside the broken block\n"
        f"  kept {share:.2%}, by ruff alone {alone:.2%}; goal ≥ {GOAL_KEPT:.0%}: {met}\n"
        f"  lost: {lost}; new: {made}"
    )


def _latency(found: Latency) -> str:
    met = "met" if found.ratio_p50 <= GOAL_RATIO and found.ratio_p95 <= GOAL_RATIO else "missed"
    return (
        f"{found.lines:,} lines, {found.keys} keys, change → diagnostics\n"
        f"  p50 {found.ours_p50:.1f} ms = {found.ratio_p50:.2f} × ruff server's {found.ruff_p50:.1f} and the index's "
        f"{found.index_p50:.1f}\n"
        f"  p95 {found.ours_p95:.1f} ms = {found.ratio_p95:.2f} × {found.ruff_p95:.1f} and {found.index_p95:.1f}; "
        f"goal ≤ {GOAL_RATIO:.2f}: {met}"
    )


def _typing(found: Typing) -> str:
    return (
        f"inline completion, {found.keys} keys each way, in turn\n"
        f"  with diagnostics p50 {found.with_p50:.1f} p95 {found.with_p95:.1f} ms, "
        f"without p50 {found.without_p50:.1f} p95 {found.without_p95:.1f} ms: "
        f"{found.with_p50 / found.without_p50:.2f} × and {found.with_p95 / found.without_p95:.2f} ×"
    )
