"""A programmer types a few lines of a real file, key by key, and takes the suggestions that are right.

The rules, the same for every completer:

1. A stretch begins at a statement and has ``lines`` lines. It is absent from the file when typing begins; what follows
   it is there (scene ``insert``), or is absent to the end of the innermost function (scene ``append``).
2. The completer is asked wherever a word, operator or line end comes next, and after the first and the third character
   of a word; not while a suggestion is on the screen. Only its first suggestion counts.
3. A new suggestion counts as *shown*. It is *accepted* at once, with one key, when it is right: all of it, or failing
   that as many whole leading lines as are right (an editor's "accept line"); a suggestion that ends within a line must
   end where a word ends. An acceptance must save at least two characters.
4. A suggestion that is not accepted stays, shrinking, while the keys agree with it, and vanishes with the first key
   that does not. It counts once. Its characters beyond the agreeing start are the *wrong characters shown*.
5. Indentation is the editor's work: it is neither typed nor completed. A line end is one character.
6. Policy ``word`` also takes the leading words of a wrong suggestion when they are right and at least four characters
   long, at one key a word ("accept next word"); policy ``line`` does not.

*Ratio of completed code*: characters that acceptances inserted / all characters of the stretch, as JetBrains defines
it for Full Line Code Completion (arXiv 2405.08704). *Keystrokes saved*: 1 − keys pressed / all characters.
*Acceptance*: accepted / shown. Nobody's reading time, hesitation or undone acceptance is simulated.
"""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rapidfuzz.distance import Prefix

from python_slm_training.evaluate.cases import Cursors
from python_slm_training.evaluate.intervals import Estimate, Observations, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm_training.evaluate.cases import Scene
    from python_slm_training.evaluate.completers import Completer
    from python_slm_training.evaluate.sources import SourceFile

Policy = Literal["line", "word"]
POLICIES: tuple[Policy, ...] = ("line", "word")

MIN_SAVED = 2
MIN_WORDS = 4
_ASK_WITHIN_WORD = (1, 3)
_INDENTATION = re.compile(r"(?<=\n)[ \t]+")


@dataclass(frozen=True)
class Stretch:
    """Lines to type: ``file.text[start:end]``; ``resume`` is where the text after them begins."""

    file: SourceFile
    scene: Scene
    start: int
    end: int
    resume: int


@dataclass
class Session:
    """Counts of one stretch under one policy; characters and keys leave indentation out."""

    file: str
    scene: Scene
    policy: Policy
    characters: int = 0
    keys: int = 0
    completed: int = 0
    shown: int = 0
    accepted: int = 0
    wrong: int = 0


@dataclass
class Asked:
    """Answers to one stretch's questions, so that both policies ask a question only once."""

    stretch: Stretch
    completer: Completer
    milliseconds: list[float] = field(default_factory=list)
    answers: dict[int, str] = field(default_factory=dict)

    def first(self, offset: int) -> str:
        """First suggestion when everything before ``offset`` is typed; empty when there is none."""
        if offset not in self.answers:
            text = self.stretch.file.text[:offset] + self.stretch.file.text[self.stretch.resume :]
            start = time.perf_counter()
            suggestions = self.completer(self.stretch.file, text, offset)
            self.milliseconds.append((time.perf_counter() - start) * 1000)
            self.answers[offset] = suggestions[0].rstrip() if suggestions else ""
        return self.answers[offset]


def sample_stretches(files: Sequence[SourceFile], count: int, lines: int, seed: int) -> list[Stretch]:
    """``count`` stretches of ``lines`` lines, one a file until files run out; scenes alternate."""
    rng = random.Random(f"{seed}:typing")  # noqa: S311 - a reproducible sample
    order = rng.sample(files, len(files))
    chosen: list[Stretch] = []
    cursors: dict[str, Cursors] = {}
    for attempt in range(10 * count):
        file = order[attempt % len(order)]
        at = cursors.get(file.key) or cursors.setdefault(file.key, Cursors(file))
        if not at.statements:
            continue
        start = rng.choice(at.statements)
        end = _end_of_lines(file.text, start, lines)
        scene: Scene = "append" if len(chosen) % 2 else "insert"
        if file.text.count("\n", start, end) == lines - 1 and all(not _overlap(start, end, s, file) for s in chosen):
            resume = end if scene == "insert" else max(end, at.function_end(start))
            chosen.append(Stretch(file, scene, start, end, resume))
        if len(chosen) == count:
            break
    return chosen


def simulate(asked: Asked, policy: Policy) -> Session:
    """Type the stretch from its first to its last character."""
    stretch, text = asked.stretch, asked.stretch.file.text
    session = Session(stretch.file.key, stretch.scene, policy, characters=weight(text[stretch.start : stretch.end]))
    position, on_screen = stretch.start, ""
    while position < stretch.end:
        if not on_screen and asks_at(text, position, stretch.start):
            on_screen = asked.first(position)
            taken, keys = judge(on_screen, text[position:], policy)
            if on_screen:
                session.shown += 1
                session.wrong += len(on_screen) - max(taken, _agreeing(on_screen, text[position:]))
            if taken:
                session.accepted += 1
                session.keys += keys
                session.completed += weight(text[position : min(position + taken, stretch.end)])
                position, on_screen = position + taken, ""
                continue
        step = _key(text, position)
        session.keys += 1
        on_screen = on_screen[step:] if on_screen.startswith(text[position : position + step]) else ""
        position += step
    return session


def judge(suggestion: str, truth: str, policy: Policy) -> tuple[int, int]:
    """(characters taken, keys pressed) of a suggestion where the file has ``truth``; (0, 0) if it is refused."""
    for taken in _acceptable_lengths(suggestion, truth):
        if weight(suggestion[:taken]) >= MIN_SAVED:
            return taken, 1
    if policy == "word":
        agreeing = suggestion[: _agreeing(suggestion, truth)].split("\n", 1)[0]
        while agreeing and not _ends_word(agreeing, truth):
            agreeing = agreeing[:-1]
        words = len(re.findall(r"\w+|[^\w\s]+", agreeing))
        if len(agreeing.strip()) >= MIN_WORDS and words < len(agreeing):
            return len(agreeing), words
    return 0, 0


def weight(text: str) -> int:
    """Characters of ``text`` without indentation; a text that begins within a line keeps its leading blanks' weight."""
    return len(_INDENTATION.sub("", text))


def summarize(sessions: Sequence[Session]) -> dict[str, Estimate]:
    """Metrics over sessions of one policy, with a bootstrap over files."""
    files = [s.file for s in sessions]
    characters = [s.characters for s in sessions]
    shown = [s.shown for s in sessions]
    return {
        "completed": ratio([s.completed for s in sessions], characters, files),
        "saved": ratio([s.characters - s.keys for s in sessions], characters, files),
        "acceptance": ratio([s.accepted for s in sessions], shown, files),
        "shown_per_100": ratio([100 * s.shown for s in sessions], characters, files),
        "wrong_per_100": ratio([100 * s.wrong for s in sessions], characters, files),
        "characters_per_acceptance": ratio([s.completed for s in sessions], [s.accepted for s in sessions], files),
    }


def observations(sessions: Sequence[Session]) -> dict[str, Observations]:
    """The figures that models are compared by."""
    files = [s.file for s in sessions]
    characters = [float(s.characters) for s in sessions]
    return {
        "completed": Observations([s.completed for s in sessions], characters, files),
        "saved": Observations([s.characters - s.keys for s in sessions], characters, files),
        "acceptance": Observations([s.accepted for s in sessions], [float(s.shown) for s in sessions], files),
    }


def asks_at(text: str, position: int, start: int) -> bool:
    """Whether a word, an operator or a line end begins here, or one or three characters of a word are typed."""
    kind = _character_kind(text[position])
    if kind == "blank":
        return False
    if position == start or _character_kind(text[position - 1]) != kind:
        return True
    if kind != "word":
        return False
    word = re.search(r"\w*$", text[max(start, position - 80) : position])
    return word is not None and len(word.group()) in _ASK_WITHIN_WORD


def _character_kind(character: str) -> Literal["blank", "line end", "word", "operator"]:
    if character == "\n":
        return "line end"
    if character.isspace():
        return "blank"
    return "word" if character == "_" or character.isalnum() else "operator"


def _key(text: str, position: int) -> int:
    """Characters that one key makes appear: Enter brings the next line's indentation along."""
    if text[position] != "\n":
        return 1
    indentation = _INDENTATION.match(text, position + 1)
    return 1 + (len(indentation.group()) if indentation else 0)


def _acceptable_lengths(suggestion: str, truth: str) -> Iterator[int]:
    """Right lengths of ``suggestion`` that an editor can accept with one key, the longest first."""
    if suggestion and truth.startswith(suggestion) and _ends_word(suggestion, truth):
        yield len(suggestion)
    ends = [match.start() for match in re.finditer(r"\n", suggestion)]
    for end in reversed(ends):
        if truth.startswith(suggestion[:end]) and truth[end : end + 1] in {"", "\n"}:
            yield end


def _ends_word(part: str, truth: str) -> bool:
    after = truth[len(part) : len(part) + 1]
    return not (after and _character_kind(part[-1]) == _character_kind(after) == "word")


def _agreeing(suggestion: str, truth: str) -> int:
    """Length of the common start."""
    return int(Prefix.similarity(suggestion, truth))


def _end_of_lines(text: str, start: int, lines: int) -> int:
    """End of the ``lines``-th line from ``start`` on, before its newline; earlier where the text ends."""
    end = start
    for _ in range(lines):
        found = text.find("\n", end + 1)
        end = found if found >= 0 else len(text)
    return start + len(text[start:end].rstrip())


def _overlap(start: int, end: int, other: Stretch, file: SourceFile) -> bool:
    return other.file.key == file.key and start < other.end and other.start < end
