"""One evaluation: who is measured, how much, what was found, and how far the models are apart.

The parts in ``evaluate.parts`` put their findings here; every row of theirs is on disk before the next is made.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from tqdm import tqdm

from python_slm.errors import EvaluationError
from python_slm.prompt import PROMPT_VERSION
from python_slm_training.evaluate.intervals import Estimate, difference
from python_slm_training.evaluate.machine import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.intervals import Observations
    from python_slm_training.evaluate.store import Store

VERSION = 3
"""Changes when a definition does: results of another version are made again."""

SizeName = Literal["quick", "standard", "full"]


@dataclass(frozen=True)
class Sizes:
    """How much is measured. None means all there is."""

    seed: int = 0
    cases: int = 100
    """Cursors of each of the seven kinds."""
    breaking: int = 100
    """The same, where suggestions are accepted to see what they break."""
    stretches: int = 100
    lines: int = 4
    """Lines of a stretch to type."""
    infilling: int | None = 150
    """Problems of each variant."""
    human_eval: int | None = None
    mbpp: int | None = 200
    pairs: int | None = 200
    """Bug pairs of each source."""
    answers: int = 100
    """Questions of each task in task data."""
    documents: int = 60
    functions: int = 150
    """Functions whose docstrings are written."""
    places: int = 12
    """Places to type at when the server's latency is measured."""
    contamination_step: int = 1
    """Every so many training documents are searched for the benchmarks."""
    ngram_tokens: int = 20_000_000
    asked: bool = True
    """Whether models are also asked by the prompts of tasks, which only tuned ones were taught."""
    bounds: bool = True
    """Whether the benchmarks' own solutions, and nothing in their place, are run as well."""

    @classmethod
    def named(cls, name: SizeName, seed: int) -> Self:
        """``quick`` takes two minutes with a model of 5 million parameters, ``standard`` 15, ``full`` an hour."""
        return cls(seed=seed, **_SIZES[name])


_SIZES: dict[str, dict[str, Any]] = {
    "quick": {
        "cases": 20,
        "breaking": 20,
        "stretches": 16,
        "infilling": 32,
        "human_eval": 40,
        "mbpp": 40,
        "pairs": 60,
        "answers": 20,
        "documents": 12,
        "functions": 30,
        "places": 5,
        "contamination_step": 20,
        "asked": False,
        "bounds": False,
    },
    "standard": {},
    "full": {
        "cases": 300,
        "breaking": 715,
        "stretches": 300,
        "infilling": 2000,
        "mbpp": None,
        "pairs": None,
        "answers": 500,
        "documents": 200,
        "functions": 500,
        "places": 20,
        "ngram_tokens": 100_000_000,
    },
}


_SECTIONS = (
    "replay",
    "replay_latency_ms",
    "typing",
    "breaking",
    "validity",
    "infilling",
    "programs",
    "bugs",
    "answers",
    "docstrings",
    "bits_per_byte",
    "perplexity",
    "contamination",
    "latency",
)
_LISTS = ("projects", "examples", "samples")


class Evaluation:
    """Call the parts wanted with ``run``, then ``report``."""

    def __init__(
        self, sizes: Sizes, store: Store, contestants: Sequence[Contestant], *, show: Callable[[str], object]
    ) -> None:
        self.sizes = sizes
        self.contestants = contestants
        self.observed: dict[str, dict[str, Observations]] = {}
        self.skipped: list[str] = []
        self._store = store
        self._show = show
        self._sections: dict[str, Any] = {}

    @property
    def models(self) -> list[Contestant]:
        """Those that are models, in the order in which they were named."""
        return [one for one in self.contestants if one.under_test is not None]

    @property
    def measured(self) -> bool:
        """Whether there is anything to report."""
        return bool(self.observed or self._sections)

    def run(self, name: str, part: Callable[[], None]) -> None:
        """Measure a part; what cannot be measured here is left out, and the report says why."""
        try:
            part()
        except EvaluationError as error:
            self.skipped.append(f"{name} is left out: {error}")
            self._show(self.skipped[-1])

    def rows(
        self,
        part: str,
        of: Contestant | str,
        total: int,
        depends_on: dict[str, Any],
        make: Callable[[int], Iterator[Any]],
    ) -> list[Any]:
        """A contestant's rows of a part, made where they are not on disk; ``make(n)`` yields row n and what follows.

        Rows are JSON or dataclasses of it, and come back as JSON. ``of`` without results of its own is named by a word.
        """
        name, identity = (of, {}) if isinstance(of, str) else (of.name, of.identity)
        label = f"{part}: {name}"

        def made(start: int) -> Iterator[Any]:
            with tqdm(desc=label, total=total, initial=start, unit="", smoothing=0.05) as bar:
                for row in make(start):
                    yield asdict(row) if is_dataclass(row) and not isinstance(row, type) else row
                    bar.update()

        basis = {"version": VERSION, "seed": self.sizes.seed, "part": part, "of": identity, **depends_on}
        return self._store.rows(f"{part}-{name}", basis, made)

    def observe(self, measure: str, name: str, observed: Observations) -> None:
        """Keep a contestant's trials of one of ``measures.MEASURES``."""
        self.observed.setdefault(measure, {})[name] = observed

    def put(self, section: str, value: Any) -> None:
        """A section of the report; estimates become dictionaries."""
        self._sections[section] = plain(value)

    def add(self, section: str, name: str, value: Any) -> None:
        """One entry of a section that several parts fill."""
        self._sections.setdefault(section, {})[name] = plain(value)

    def report(self) -> dict[str, Any]:
        """Every figure measured so far, as JSON."""
        figures = {
            measure: {name: one.estimate() for name, one in by_name.items()}
            for measure, by_name in self.observed.items()
        }
        empty: dict[str, Any] = {name: {} for name in _SECTIONS} | {name: [] for name in _LISTS}
        return {
            "format": 2,
            "evaluation_version": VERSION,
            "prompt_version": PROMPT_VERSION,
            "sizes": dataclasses.asdict(self.sizes),
            "contestants": {one.name: one.identity for one in self.contestants},
            "models": [one.name for one in self.models],
            "machine": machine(),
            "figures": plain(figures),
            "differences": plain(self.differences()),
            "skipped": self.skipped,
            **empty,
            **self._sections,
        }

    def differences(self) -> list[dict[str, Any]]:
        """The first contestant's and every model's lead over each one after it, on the same trials."""
        found = []
        for place, one in enumerate(self.contestants[: max(1, len(self.models))]):
            for other in self.contestants[place + 1 :]:
                figures = self.lead(one.name, other.name)
                if figures:
                    found.append({"of": one.name, "over": other.name, "figures": figures})
        return found

    def lead(self, name: str, over: str) -> dict[str, Estimate]:
        """How far ``name`` is above ``over``, by measure, with paired intervals."""
        return {
            measure: difference(by_name[name], by_name[over])
            for measure, by_name in self.observed.items()
            if name in by_name and over in by_name
        }


def plain(value: Any) -> Any:
    """``value`` with every estimate as a dictionary."""
    if isinstance(value, Estimate):
        return asdict(value)
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def first_of_each(rows: Sequence[Any], kind: Callable[[Any], str], each: int) -> list[int]:
    """Places of the first ``each`` rows of every kind."""
    taken: Counter[str] = Counter()
    places = []
    for place, row in enumerate(rows):
        taken[kind(row)] += 1
        if taken[kind(row)] <= each:
            places.append(place)
    return places
