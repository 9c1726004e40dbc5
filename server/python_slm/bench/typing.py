"""``slm bench typing``: from the last key to ghost text through the real server, beside the engine without it."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import sysconfig
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psutil

from python_slm.bench.client import LanguageClient
from python_slm.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GOAL_MS, GOAL_P95_MS, GOAL_THROUGH_MS = 75.0, 150.0, 5.0
_THROUGH_KEYS = 12
_DEADLINE_MS = 5_000
_WAIT_S = 60.0


@dataclass(frozen=True)
class Place:
    """Where to type: ``text`` at ``line`` from ``column``, after what stood there up to the line's end was deleted."""

    line: int
    column: int
    text: str
    deleted: str


@dataclass(frozen=True)
class Figures:
    """Milliseconds, but for counts and ``server_bytes``. ``alone`` is the same request without a server around it."""

    file: str
    lines: int
    places: int
    keys: int
    interval_ms: int
    start_ms: float
    first_ms: float
    last_key_p50_ms: float
    last_key_p95_ms: float
    shown: int
    shown_p50_ms: float
    shown_p95_ms: float
    through_keys: int
    through_p50_ms: float
    through_p95_ms: float
    through_cpu_ms: float
    alone_p50_ms: float
    prompt_tokens: float
    answered: int
    cached: int
    quiet: int
    superseded: int
    stop_p50_ms: float
    stop_max_ms: float
    decoded_to_end: int
    server_bytes: int

    @property
    def ratio(self) -> float:
        """Last key's answer over the same answer without a server."""
        return self.last_key_p50_ms / self.alone_p50_ms


@click.command()
@click.option("--lines", type=click.IntRange(100), default=1000, show_default=True, help="Size of the file typed into.")
@click.option("--keys", type=click.IntRange(2), default=12, show_default=True, help="Keys typed at each place.")
@click.option("--interval-ms", type=click.IntRange(0), default=80, show_default=True, help="From key to key.")
@click.option("--places", type=click.IntRange(1), default=20, show_default=True, help="Places in the file.")
@click.option("--prompt-tokens", type=click.IntRange(16), default=512, show_default=True)
@click.option("--suggestions", type=click.IntRange(1), default=3, show_default=True, help="Alternatives an answer.")
@click.option("--model", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Instead of the shipped.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def typing(
    *,
    lines: int,
    keys: int,
    interval_ms: int,
    places: int,
    prompt_tokens: int,
    suggestions: int,
    model: Path | None,
    as_json: bool,
) -> None:
    """Type into a real file, a request a key, and time the answer to the last one.

    The file is the standard-library module nearest to --lines. At each place the rest of a line is deleted and its
    first characters are typed again. Keys before the last are superseded, as they are when an editor never cancels.
    Then what was suggested is typed: those keys are answered without the model.

    Example: slm bench typing --lines 1000 --keys 12 --interval-ms 80
    """
    path = stdlib_module(lines)
    text = path.read_text(encoding="utf-8")
    spots = choose_places(text, keys, places)
    completion = {
        "promptTokens": prompt_tokens,
        "suggestions": suggestions,
        "deadlineMs": _DEADLINE_MS,
        "backOff": False,  # nobody rejects anything here
    }
    typed = TypingRun(path, text, spots, interval_ms / 1000, model, completion).measure()
    alone = answer_alone_ms(path, text, spots, model, completion)
    figures = Figures(
        file=path.name,
        lines=text.count("\n"),
        places=len(spots),
        keys=keys,
        interval_ms=interval_ms,
        alone_p50_ms=statistics.median(alone),
        **typed,
    )
    click.echo(json.dumps({**asdict(figures), "ratio": figures.ratio}) if as_json else report(figures))


def stdlib_module(lines: int) -> Path:
    """The module of the running interpreter's standard library whose length is nearest to ``lines``."""
    modules = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return min(modules, key=lambda path: abs(path.read_bytes().count(b"\n") - lines))


def choose_places(text: str, keys: int, count: int) -> list[Place]:
    """Up to ``count`` statements of more than ``keys`` characters, evenly over the file."""
    fitting = []
    for number, line in enumerate(text.split("\n")):
        code = line.lstrip(" ")
        indent = len(line) - len(code)
        if indent and len(code) > keys and code[0].isalpha() and code.isascii():
            fitting.append(Place(number, indent, code[:keys], code))
    step = max(1, len(fitting) // count)
    return fitting[step // 2 :: step][:count]


@dataclass(frozen=True)
class TypingRun:
    """One server, one document, all places."""

    path: Path
    text: str
    places: Sequence[Place]
    interval_s: float
    model: Path | None
    completion: dict[str, Any]
    _versions: Iterator[int] = field(default_factory=lambda: count(1), init=False)
    _spent_s: list[float] = field(default_factory=lambda: [0.0], init=False)
    """The server's processor time while suggestions were typed."""

    def measure(self) -> dict[str, Any]:
        """The figures of the server. Raises ModelError when it has no model to answer with."""
        command = [sys.executable, "-m", "python_slm", "lsp", *(("--model", str(self.model)) if self.model else ())]
        begun = time.perf_counter()
        with LanguageClient(command, stderr=subprocess.DEVNULL) as client:
            self._begin(client)
            start_ms = _since(begun)
            waits: list[_Wait] = []
            for place in self.places:
                waits += self._type(client, place)
            traces = _traces(client, 1 + sum(len(place.text) for place in self.places) + _through(waits))
            memory = psutil.Process(client.process.pid).memory_info().rss
            client.end()
        requests = [trace["request"] for trace in traces]
        outcomes = [one["outcome"] for one in requests]
        last = self._milliseconds(waits, traces, "answered", through=False)
        last = last or self._milliseconds(waits, traces, "cached", through=False) or [0.0]  # all may be typed through
        shown = [one["wait_ms"] for one in requests if one["outcome"] == "answered" and one["suggestions"]]
        through = self._milliseconds(waits, traces, "cached", through=True)
        stops = [trace["stop_ms"] for trace in traces if trace["stop_ms"] is not None]
        return {
            "start_ms": start_ms,
            "first_ms": traces[0]["request"]["wait_ms"],
            "last_key_p50_ms": statistics.median(last),
            "last_key_p95_ms": _p95(last),
            "shown": len(shown),
            "shown_p50_ms": statistics.median(shown or [0.0]),
            "shown_p95_ms": _p95(shown or [0.0]),
            "through_keys": len(through),
            "through_p50_ms": statistics.median(through or [0.0]),
            "through_p95_ms": _p95(through or [0.0]),
            "through_cpu_ms": 1000 * self._spent_s[0] / max(1, _through(waits)),
            "prompt_tokens": statistics.median([trace["work"]["prompt_tokens"] for trace in traces if trace["work"]]),
            "answered": outcomes.count("answered"),
            "cached": outcomes.count("cached"),
            "quiet": outcomes.count("quiet"),
            "superseded": outcomes.count("superseded"),
            "stop_p50_ms": statistics.median(stops) if stops else 0.0,
            "stop_max_ms": max(stops, default=0.0),
            "decoded_to_end": _decoded_to_end(traces),
            "server_bytes": memory,
        }

    @property
    def _uri(self) -> str:
        return self.path.as_uri()

    def _begin(self, client: LanguageClient) -> None:
        """Shake hands, wait until the model is loaded, open the file and answer one cold request."""
        capabilities = {"window": {"workDoneProgress": True}}
        client.initialize(trace="verbose", options={"completion": self.completion}, capabilities=capabilities)
        client.wait_received("$/progress", 2, _WAIT_S)
        if problems := client.received("window/showMessage"):
            raise ModelError(problems[0]["message"])
        client.open(self._uri, self.text, 0)
        first = self.places[0]
        client.wait(client.begin_inline(self._uri, first.line, first.column), _WAIT_S)
        client.wait_received("$/logTrace", 1, _WAIT_S)

    def _type(self, client: LanguageClient, place: Place) -> list[_Wait]:
        """Type at one place, type on what is suggested there, and put the line back; the waits that count."""
        self._replace(client, place.line, place.column, place.column + len(place.deleted), "")
        requests, version, begun = [], 0, 0.0
        for index, key in enumerate(place.text):
            if index:
                time.sleep(self.interval_s)
            begun = time.perf_counter()
            version, number = self._press(client, place.line, place.column + index, key)
            requests.append(number)
        reply = client.wait(requests[-1], _WAIT_S)
        items = reply.result["items"] if reply.result else []
        waits = [_Wait(version, 1000 * (reply.at - begun), through=False)]
        for number in requests[:-1]:
            client.wait(number, _WAIT_S)
        typed, before_s = place.column + len(place.text), _processor_s(client)
        suggested = items[0]["insertText"].partition("\n")[0] if items else ""
        for key in suggested[:-1][:_THROUGH_KEYS]:  # behind its last character something new is asked
            begun = time.perf_counter()
            version, number = self._press(client, place.line, typed, key)
            waits.append(_Wait(version, 1000 * (client.wait(number, _WAIT_S).at - begun), through=True))
            typed += 1
        self._spent_s[0] += _processor_s(client) - before_s
        self._replace(client, place.line, place.column, typed, place.deleted)
        return waits

    def _press(self, client: LanguageClient, line: int, column: int, key: str) -> tuple[int, int]:
        """Type one key and ask for a suggestion; the document's version and the request's number."""
        version = self._replace(client, line, column, column, key)
        return version, client.begin_inline(self._uri, line, column + 1)

    def _replace(self, client: LanguageClient, line: int, start: int, end: int, text: str) -> int:
        version = next(self._versions)
        where = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
        client.change(self._uri, version, {"range": where, "text": text})
        return version

    @staticmethod
    def _milliseconds(
        waits: Sequence[_Wait], traces: Sequence[dict[str, Any]], outcome: str, *, through: bool
    ) -> list[float]:
        """Of the waits that ended so."""
        ended = {trace["request"]["version"]: trace["request"]["outcome"] for trace in traces}
        return [wait.ms for wait in waits if wait.through == through and ended[wait.version] == outcome]


@dataclass(frozen=True)
class _Wait:
    """From a key to its answer; ``through``: the key was suggested."""

    version: int
    ms: float
    through: bool


def _processor_s(client: LanguageClient) -> float:
    times = psutil.Process(client.process.pid).cpu_times()
    return float(times.user + times.system)


def _through(waits: Sequence[_Wait]) -> int:
    return sum(wait.through for wait in waits)


def answer_alone_ms(
    path: Path, text: str, places: Sequence[Place], folder: Path | None, completion: dict[str, Any]
) -> list[float]:
    """The last key's answer at every place without a server, the key before it answered in full; milliseconds."""
    from python_slm.checks.show import show_of  # noqa: PLC0415 - imports numpy, which --help need not
    from python_slm.engine.decode import Decoder  # noqa: PLC0415 - imports onnxruntime
    from python_slm.engine.model import Model  # noqa: PLC0415
    from python_slm.settings import Settings  # noqa: PLC0415
    from python_slm.syntax.blocks import BlockIndex  # noqa: PLC0415
    from python_slm.tasks.complete import complete  # noqa: PLC0415
    from python_slm.text import Document  # noqa: PLC0415

    settings = Settings.from_dict({"completion": completion}).completion
    model = Model.load(folder)
    answer = partial(
        complete,
        decoder=Decoder(model),
        show=show_of(model.manifest),
        settings=settings,
        cancelled=lambda: False,
        path=path.name,
        count=settings.suggestions,
    )
    index, times = BlockIndex.of(text), []
    starts = Document(path.as_uri(), text).line_starts
    for place in places:
        start = starts[place.line] + place.column
        for length in (len(place.text) - 1, len(place.text)):
            begun = time.perf_counter()
            typed = text[:start] + place.text[:length] + text[start + len(place.deleted) :]
            index = index.updated(typed)
            answer(Document(path.as_uri(), typed), start + length, blocks=index)
        times.append(_since(begun))
    return times


def report(figures: Figures) -> str:
    """The figures as lines for a person."""
    slowest = max(figures.last_key_p50_ms, figures.shown_p50_ms), max(figures.last_key_p95_ms, figures.shown_p95_ms)
    met = slowest[0] <= GOAL_MS and slowest[1] <= GOAL_P95_MS and not figures.decoded_to_end
    met = met and figures.through_p95_ms <= GOAL_THROUGH_MS
    lines = (
        (
            f"{figures.file}, {figures.lines:,} lines: {figures.keys} keys {figures.interval_ms} ms apart at "
            f"{figures.places} places, prompts of {figures.prompt_tokens:.0f} tokens"
        ),
        f"start to first answer     {figures.start_ms:,.0f} ms, of which the cold request {figures.first_ms:.0f} ms",
        f"last key → answer         p50 {figures.last_key_p50_ms:.0f} ms   p95 {figures.last_key_p95_ms:.0f} ms",
        (
            f"shown, within the server  p50 {figures.shown_p50_ms:.0f} ms   p95 {figures.shown_p95_ms:.0f} ms, "
            f"{figures.shown} requests that were not typed through"
        ),
        (
            f"typing what is suggested  p50 {figures.through_p50_ms:.1f} ms   p95 {figures.through_p95_ms:.1f} ms, "
            f"{figures.through_keys} keys without the model; {figures.through_cpu_ms:.1f} ms of processor a key"
        ),
        f"same without the server   p50 {figures.alone_p50_ms:.0f} ms; the server takes {figures.ratio:.2f} × that",
        (
            f"superseded requests       {figures.superseded}, of which {figures.decoded_to_end} decoded to the end; "
            f"stopped within p50 {figures.stop_p50_ms:.0f} ms, max {figures.stop_max_ms:.0f} ms"
        ),
        f"server's memory           {figures.server_bytes / 2**20:.0f} MiB",
        (
            f"goal on two cores: p50 ≤ {GOAL_MS:.0f} ms, p95 ≤ {GOAL_P95_MS:.0f} ms, typing through ≤ "
            f"{GOAL_THROUGH_MS:.0f} ms, nothing superseded decoded to its end: {'met' if met else 'missed'}"
        ),
    )
    return "\n".join(lines)


def _traces(client: LanguageClient, count: int) -> list[dict[str, Any]]:
    """All traces, once there are ``count``."""
    return [json.loads(one["verbose"]) for one in client.wait_received("$/logTrace", count, _WAIT_S)]


def _decoded_to_end(traces: Sequence[dict[str, Any]]) -> int:
    """Superseded requests that went on for longer than two slow tokens take and heard of it only after the last one.

    One that was at its last token when the next key came is not among them: there was nothing left to stop.
    """
    worked = [trace["work"] for trace in traces if trace["work"]]
    tokens = [sum(fate["new_tokens"] for fate in work["fates"]) for work in worked]
    slowest_ms = max(work["stages_ms"]["decode"] / count for work, count in zip(worked, tokens, strict=True) if count)
    return sum(
        trace["request"]["outcome"] == "superseded"
        and trace["checks"] > 0
        and trace["told"] <= 1
        and trace["stop_ms"] > 2 * slowest_ms
        for trace in traces
    )


def _since(begun: float) -> float:
    return 1000 * (time.perf_counter() - begun)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * (len(values) - 1)))]
