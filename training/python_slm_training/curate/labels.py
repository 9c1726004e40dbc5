"""Labels of a kept text: domain, difficulty, patterns, quality, Python version; one walk over its tree gives all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from python_slm_training.curate import difficulty, versions
from python_slm_training.curate.domains import DOCUMENTATION, DOMAINS, TEST, domain_of, domain_of_text
from python_slm_training.curate.patterns import PATTERNS, patterns_of
from python_slm_training.curate.score import quality_of_code, quality_of_text
from python_slm_training.curate.survey import survey

if TYPE_CHECKING:
    import ast

    from python_slm_training.collect.record import Record

NAMES: dict[str, tuple[str, ...]] = {  # every label with few values, and its values, in the order of the card
    "domain": DOMAINS,
    "difficulty": difficulty.LEVELS,
    "pattern": PATTERNS,
    "python": versions.VERSIONS,
}


@dataclass(frozen=True)
class Labels:
    """What a text is like. ``python`` is the oldest version that could run it, ``3.8``; empty for other content."""

    domain: str
    difficulty: str
    patterns: tuple[str, ...]
    quality: float
    python: str = ""

    def to_json(self) -> dict[str, Any]:
        """As in ``metadata.labels``."""
        return {**asdict(self), "patterns": list(self.patterns)}


def labels_of(record: Record, tree: ast.Module | None) -> Labels:
    """Labels of ``record``; ``tree`` is its syntax tree, None for other content than Python."""
    about = record.metadata
    if tree is None:
        topics = about.extra.get("topics") or about.extra.get("tags") or ()
        domain = domain_of_text(record.text, about.repo, map(str, topics))
        return Labels(domain, difficulty.of_text(record.text), (about.content,), quality_of_text(record))
    found = survey(tree)
    patterns = patterns_of(found, about.path)
    domain = domain_of(about.path, about.repo, found.modules)
    if "tests" in patterns and domain != DOCUMENTATION:
        domain = TEST
    return Labels(domain, difficulty.of_code(found), patterns, quality_of_code(record, found), versions.minimum(found))
