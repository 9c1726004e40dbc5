"""A model with its calibration, ready to look for bugs: what the server and the command line hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from python_slm.bugs.calibration import calibration_of
from python_slm.bugs.find import Remembered, find
from python_slm.bugs.scorer import Scorer
from python_slm.engine.decode import Decoder
from python_slm.engine.manifest import Manifest
from python_slm.engine.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from python_slm.bugs.calibration import Calibration
    from python_slm.findings import Finding
    from python_slm.syntax.blocks import BlockIndex


@dataclass
class Finder:
    """Remembers what it found of each block, so keep it as long as the model. Not thread-safe: as its decoder."""

    scorer: Scorer
    calibration: Calibration
    remembered: Remembered = field(default_factory=Remembered)

    @classmethod
    def load(cls, folder: Path, *, device: str = "auto", threads: int = 0) -> Self | None:
        """With a model of its own, so that what a completion has read stays read. Raises ModelError.

        None, and nothing is loaded, where the model has no calibration or no kind that is right often enough.
        """
        calibration = calibration_of(Manifest.load(folder))
        if calibration is None or not any(kind.on for kind in calibration.kinds.values()):
            return None
        return cls(Scorer(Decoder(Model.load(folder, device=device, threads=threads))), calibration)

    def find(
        self,
        index: BlockIndex,
        *,
        path: str = "",
        edited: Sequence[int] = (),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Finding]:
        """See ``bugs.find.find``."""
        return find(
            index,
            scorer=self.scorer,
            calibration=self.calibration,
            path=path,
            edited=edited,
            remembered=self.remembered,
            cancelled=cancelled,
        )
