"""What is copied from the training corpus is named, or not shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict

if TYPE_CHECKING:
    from python_slm.checks.base import Candidate, Place
    from python_slm.provenance import CorpusIndex


@dataclass(frozen=True)
class Copies:
    """Asks the index of the corpus, unless the settings say not to."""

    corpus: CorpusIndex | None
    name = "copies"

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        wanted = place.settings.provenance
        if self.corpus is None or wanted == "off":
            return Verdict.keep(candidate)
        copied = self.corpus.find(place.document.text[: candidate.start], candidate.text)
        if copied is None:
            return Verdict.keep(candidate)
        if wanted == "suppress":
            return Verdict.drop(copied.summary)
        return Verdict(replace(candidate, copied=copied), "kept", copied.summary)
