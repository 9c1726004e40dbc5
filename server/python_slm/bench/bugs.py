"""``slm bench bugs``: what it costs to look for bugs, beside one reading of the same tokens, measured in one run."""

from __future__ import annotations

import json
import sysconfig
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from python_slm.bugs.calibration import Calibration
    from python_slm.engine.model import Model
    from python_slm.tokenizer import Tokenizer

_TEXTS = ("textwrap.py", "shlex.py", "configparser.py")


@dataclass(frozen=True)
class Figures:
    """``limit_…``: the same functions read once, each by itself, and nothing else. ``again_ms``: nothing was edited."""

    lines: int
    rewrites_per_1000: float
    passes_per_function: float
    tokens_per_line: float
    ms_per_1000: float
    limit_ms_per_1000: float
    again_ms: float

    @property
    def times_limit(self) -> float:
        """How many readings it costs."""
        return self.ms_per_1000 / max(self.limit_ms_per_1000, 1e-9)


class Counted:
    """A model that counts passes and the seconds in them; see ``LanguageModel``."""

    def __init__(self, model: Model, clock: Callable[[], float]) -> None:
        self._model, self._clock = model, clock
        self.passes = 0
        self.seconds = 0.0

    @property
    def tokenizer(self) -> Tokenizer:
        """See LanguageModel."""
        return self._model.tokenizer

    @property
    def vocab_size(self) -> int:
        """See LanguageModel."""
        return self._model.vocab_size

    @property
    def capacity(self) -> int:
        """See LanguageModel."""
        return self._model.capacity

    @property
    def device(self) -> str:
        """See LanguageModel."""
        return self._model.device

    def forward(self, ids: Sequence[int], *, past: int) -> NDArray[np.float32]:
        """See LanguageModel."""
        return self._counted(lambda: self._model.forward(ids, past=past))

    def score(self, ids: Sequence[int], *, past: int, positions: Sequence[int]) -> NDArray[np.float32]:
        """See LanguageModel."""
        return self._counted(lambda: self._model.score(ids, past=past, positions=positions))

    def _counted(self, read: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        start = self._clock()
        found = read()
        self.seconds += self._clock() - start
        self.passes += 1
        return found


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--model", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Not the shipped."
)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def bugs(paths: tuple[Path, ...], folder: Path | None, threads: int, as_json: bool) -> None:  # noqa: FBT001
    """Look for bugs in files, by default three of the standard library, as if none had been looked at before.

    Beside it stands the limit: the time in which the model reads every function of them once. An editor pays only for
    what was edited: that is the last figure, with nothing edited.

    Example: slm bench bugs --threads 2 src/package/module.py
    """
    from python_slm.bugs.calibration import calibration_of  # noqa: PLC0415 - --help need not wait for numpy
    from python_slm.engine.model import Model  # noqa: PLC0415

    model = Model.load(folder, threads=threads)
    calibration = calibration_of(model.manifest)
    if calibration is None:
        raise click.UsageError("the model has no bugs.json; make one with 'slm train calibrate-bugs'")
    library = Path(sysconfig.get_path("stdlib"))
    texts = [path.read_text("utf-8") for path in paths or [library / name for name in _TEXTS]]
    figures = measure(model, texts, calibration)
    if as_json:
        click.echo(json.dumps(asdict(figures)))
        return
    click.echo(
        f"{figures.lines} lines, {figures.rewrites_per_1000:.0f} rewrites per 1,000 lines, "
        f"{figures.passes_per_function:.1f} passes a function\n"
        f"{figures.ms_per_1000:.0f} ms per 1,000 lines; reading them once takes {figures.limit_ms_per_1000:.0f} ms "
        f"({figures.times_limit:.1f} times the limit)\n"
        f"nothing edited: {figures.again_ms:.1f} ms"
    )


def measure(
    model: Model, texts: Sequence[str], calibration: Calibration, clock: Callable[[], float] = time.perf_counter
) -> Figures:
    """Every kind is looked for, whichever are on: the cost must not depend on what a calibration came to."""
    from python_slm.bugs.assess import MOST_LINES, File, assess  # noqa: PLC0415 - as above
    from python_slm.bugs.candidates import candidates  # noqa: PLC0415
    from python_slm.bugs.find import Remembered, find  # noqa: PLC0415
    from python_slm.bugs.scene import scenes  # noqa: PLC0415
    from python_slm.bugs.scorer import Scorer  # noqa: PLC0415
    from python_slm.engine.decode import Decoder  # noqa: PLC0415
    from python_slm.syntax.blocks import BlockIndex  # noqa: PLC0415

    counted = Counted(model, clock)
    scorer = Scorer(Decoder(counted, clock))
    indexes = [BlockIndex.of(text) for text in texts]
    for index in indexes:
        assert index.blocks  # read now: an editor has them
    functions = rewrites = tokens = 0
    limit = spent = again = 0.0
    for index in indexes:
        start = clock()
        file = File.of(index, "module.py")
        found = [each for part in file.facts.parts for each in scenes(part, file.facts) if each.lines <= MOST_LINES]
        for scene in found:
            assess(scene, file, scorer, calibration.screen, lambda: False)
        spent += clock() - start
        functions += len(found)
        for scene in found:
            rewrites += len(candidates(scene))
            ids = model.tokenizer.encode(scene.code.text[slice(*scene.span)])[: model.capacity]
            tokens += len(ids)
            start = clock()
            model.score(ids, past=0, positions=[len(ids) - 1])
            limit += clock() - start
    passes = counted.passes
    for index in indexes:
        remembered = Remembered()
        find(index, scorer=scorer, calibration=calibration, remembered=remembered)
        start = clock()
        find(index, scorer=scorer, calibration=calibration, remembered=remembered)
        again += clock() - start
    lines = sum(text.count("\n") for text in texts)
    per_1000 = 1e6 / max(lines, 1)
    return Figures(
        lines=lines,
        rewrites_per_1000=1000 * rewrites / max(lines, 1),
        passes_per_function=passes / max(functions, 1),
        tokens_per_line=tokens / max(lines, 1),
        ms_per_1000=spent * per_1000,
        limit_ms_per_1000=limit * per_1000,
        again_ms=1e3 * again / max(len(texts), 1),
    )
