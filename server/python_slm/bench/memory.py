"""``slm bench memory``: what it costs to remember a project, to ask it at every token, and what its drafts save."""

from __future__ import annotations

import json
import random
import statistics
import sysconfig
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_slm.engine.decode import Decoder
    from python_slm.engine.ngrams import Ngrams
    from python_slm.project.memory import ProjectMemory
    from python_slm.tasks.complete import Answer, Fate
    from python_slm.tokenizer import Tokenizer

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_QUESTIONS = 500
_SCANS = 50


@dataclass(frozen=True)
class Remembering:
    """``tokenize_mb_s`` and ``index_mb_s`` are megabytes of source a second; the others are medians in microseconds.

    ``scan_us`` is what a search through all tokens takes that ``lookup_us`` answers from the index; ``update_ms`` is
    one file replaced; ``mix_us`` is one token's distribution mixed with what file and project say.
    """

    files: int
    tokens: int
    tokenize_mb_s: float
    index_mb_s: float
    update_ms: float
    lookup_us: float
    scan_us: float
    mix_us: float


@dataclass(frozen=True)
class Drafting:
    """Sums over all places. Seconds of CPU time are those of the same answers, with drafts and without, in turn."""

    places: int
    new_tokens: int
    drafted: int
    accepted: int
    plain_s: float
    drafted_s: float
    same: int

    @property
    def speedup(self) -> float:
        """How many times as many tokens a second."""
        return self.plain_s / self.drafted_s


@click.command()
@click.option("--model", "folder", type=_FOLDER, help="Model folder instead of the shipped one.")
@click.option("--project", type=_FOLDER, help="Project to remember instead of this Python's library.")
@click.option("--tokens", type=click.IntRange(1000), default=1_000_000, show_default=True, help="How much of it.")
@click.option("--places", type=click.IntRange(1), default=60, show_default=True, help="Cursors to complete at.")
@click.option("--draft-tokens", type=click.IntRange(1), default=7, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def memory(  # noqa: PLR0917 - click passes by name
    folder: Path | None,
    project: Path | None,
    tokens: int,
    places: int,
    draft_tokens: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Remember a project, ask it what followed, and complete in it with and without drafts.

    Example: slm bench memory --project ~/app
    """
    from python_slm.engine.decode import Decoder  # noqa: PLC0415 - imports onnxruntime; --help need not
    from python_slm.engine.model import Model  # noqa: PLC0415

    decoder = Decoder(Model.load(folder, threads=1), clock=time.thread_time)
    texts = read(project or Path(sysconfig.get_path("stdlib")), decoder.model.tokenizer, tokens)
    if not any(text.strip() for text in texts.values()):
        raise click.UsageError("no Python file of the project fits; give --project another folder, or --tokens more")
    known, figures = remember(texts, decoder.model.tokenizer)
    drafting = draft(decoder, texts, known, places, draft_tokens)
    if as_json:
        click.echo(json.dumps({**asdict(figures), **asdict(drafting), "speedup": drafting.speedup}))
        return
    click.echo(
        f"{figures.files} files, {figures.tokens} tokens: {figures.tokenize_mb_s:.1f} MB/s to tokenize, "
        f"{figures.index_mb_s:.1f} MB/s to index; one file changed: {figures.update_ms:.1f} ms"
    )
    click.echo(
        f"lookup: {figures.lookup_us:.1f} µs, a scan {figures.scan_us:.0f} µs: "
        f"{figures.scan_us / figures.lookup_us:.0f}× as fast; mixed in: {figures.mix_us:.1f} µs a token"
    )
    click.echo(
        f"drafts: {drafting.accepted} of {drafting.drafted} accepted in {drafting.new_tokens} tokens; "
        f"{drafting.new_tokens / drafting.plain_s:.0f} tokens/s without, "
        f"{drafting.new_tokens / drafting.drafted_s:.0f} with: {drafting.speedup:.2f}× as fast; "
        f"{drafting.same} of {drafting.places} answers the same"
    )


def read(folder: Path, tokenizer: Tokenizer, most_tokens: int) -> dict[str, str]:
    """Texts by name, of the project's files in random order, of at most ``most_tokens`` together."""
    from python_slm.project.files import source_files  # noqa: PLC0415

    files = source_files(folder, most_bytes=16 * most_tokens)
    random.Random(0).shuffle(files)  # noqa: S311 - a sample, not a secret
    texts: dict[str, str] = {}
    for file in files:
        text = file.text()
        if text is None:
            continue
        most_tokens -= len(tokenizer.encode(text))
        if most_tokens < 0:
            break
        texts[file.name] = text
    return texts


def remember(texts: dict[str, str], tokenizer: Tokenizer) -> tuple[ProjectMemory, Remembering]:
    """A memory of ``texts``, and what it costs."""
    import numpy as np  # noqa: PLC0415

    from python_slm.engine.ngrams import Ngrams  # noqa: PLC0415
    from python_slm.engine.recall import Recall, Stretches  # noqa: PLC0415
    from python_slm.project.memory import ProjectMemory  # noqa: PLC0415

    megabytes = sum(len(text.encode()) for text in texts.values()) / 1e6
    begun = time.thread_time()
    arrays = [np.array(tokenizer.encode(text), np.int32) for text in texts.values()]
    tokenized = time.thread_time()
    Ngrams.empty(tokenizer.vocab_size).changed(arrays)
    indexed = time.thread_time()

    known = ProjectMemory(tokenizer)
    for name, text in texts.items():
        known.update(name, text)
    known.memory()
    name = statistics.median_low(sorted(texts, key=lambda each: len(texts[each])))
    updated = time.thread_time()
    known.update(name, texts[name] + "\n")
    index = known.memory()
    update_ms = 1e3 * (time.thread_time() - updated)

    questions = _questions(index)
    everything = Stretches(index.tokens)
    recall = Recall(arrays[0], project=index)
    logprobs = np.full(tokenizer.vocab_size, -np.log(tokenizer.vocab_size), np.float32)
    return known, Remembering(
        files=len(texts),
        tokens=known.tokens,
        tokenize_mb_s=megabytes / (tokenized - begun),
        index_mb_s=megabytes / (indexed - tokenized),
        update_ms=update_ms,
        lookup_us=_median_us(index.followers, questions),
        scan_us=_median_us(everything.followers, questions[:_SCANS]),
        mix_us=_median_us(lambda ids: recall.mixed(logprobs, ids), questions),
    )


def draft(decoder: Decoder, texts: dict[str, str], known: ProjectMemory, places: int, draft_tokens: int) -> Drafting:
    """The rest of lines at random places, with drafts and without, in turn; ``decoder`` counts its own CPU time."""
    chance = random.Random(1)  # noqa: S311
    names = [name for name, text in texts.items() if text.strip()]
    spent = {0: 0.0, draft_tokens: 0.0}
    same = 0
    fates: list[Fate] = []
    for _ in range(places):
        name = chance.choice(names)
        offset = chance.randrange(len(texts[name]))
        ask = _asked(decoder, name, texts[name], offset, known)
        ask(0)  # reads the prompt for all that follow
        answers = {count: ask(count) for count in chance.sample(sorted(spent), 2)}
        for count, answer in answers.items():
            stages = answer.trace.stages_ms
            spent[count] += (stages["prefill"] + stages["decode"]) / 1e3
        fates += answers[draft_tokens].trace.fates
        texts_of = [[one.text for one in answer.completions] for answer in answers.values()]
        same += texts_of[0] == texts_of[1]
    return Drafting(
        places=places,
        new_tokens=sum(fate.new_tokens for fate in fates),
        drafted=sum(fate.drafted for fate in fates),
        accepted=sum(fate.accepted for fate in fates),
        plain_s=spent[0],
        drafted_s=spent[draft_tokens],
        same=same,
    )


def _asked(decoder: Decoder, name: str, text: str, offset: int, known: ProjectMemory) -> Callable[[int], Answer]:
    """Draft tokens → the answer where the rest of the line at ``offset`` is missing."""
    from python_slm.project.surroundings import Surroundings  # noqa: PLC0415
    from python_slm.settings import CompletionSettings  # noqa: PLC0415
    from python_slm.syntax.blocks import BlockIndex  # noqa: PLC0415
    from python_slm.tasks.complete import complete  # noqa: PLC0415
    from python_slm.text import Document  # noqa: PLC0415

    end = text.find("\n", offset)
    document = Document(f"file:///{name}", text[:offset] + (text[end:] if end >= 0 else ""))
    blocks = BlockIndex.of(document.text)

    def ask(draft_tokens: int) -> Answer:
        return complete(
            document,
            offset,
            decoder=decoder,
            settings=CompletionSettings(deadline_ms=60_000, draft_tokens=draft_tokens),
            cancelled=lambda: False,
            path=name,
            blocks=blocks,
            surroundings=Surroundings(memory=known.memory(without=name)),
            clock=time.thread_time,
        )

    return ask


def _questions(index: Ngrams) -> list[list[int]]:
    """What stands before random places, and a fifth of it nowhere else."""
    chance = random.Random(2)  # noqa: S311
    found = []
    for number in range(_QUESTIONS):
        place = int(chance.choice(index.places))
        before = [token for token in index.tokens[max(0, place - 16) : place].tolist() if token >= 0]
        found.append([*before[:-1], before[0]] if number % 5 == 0 else before)
    return found


def _median_us(answer: Callable[[list[int]], object], questions: Sequence[list[int]]) -> float:
    spent = []
    for question in questions:
        begun = time.thread_time()
        answer(question)
        spent.append(time.thread_time() - begun)
    return 1e6 * statistics.median(spent)
