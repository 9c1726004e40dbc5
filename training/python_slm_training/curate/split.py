"""Which project is for training, validation or test: 80/10/10 by bytes, whole projects, stable as the corpus grows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from python_slm.errors import CorpusError
from python_slm_training.reserved import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SPLITS = ("train", "valid", "test")
SHARES = (0.8, 0.1, 0.1)


def project_of(repo: str) -> str:
    """One name for a repository under any owner and the distribution made of it: they must not be split."""
    return normalised(repo).removeprefix("python-")


def earlier_splits(card: Path) -> dict[str, str]:
    """Split of every project of an earlier corpus, from its card.json. Raises CorpusError if it is none."""
    try:
        sources = json.loads(card.read_text("utf-8"))["sources"]
        return {project_of(each["repo"]): each["split"] for each in sources if each["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{card}: not the card.json of a corpus made by 'slm data curate'") from error


def assign(sizes: Mapping[str, int], earlier: Mapping[str, str]) -> dict[str, str]:
    """Split of every project from its bytes; those in ``earlier`` stay where they were.

    The others, largest first, each go where most bytes are missing: training takes the giants, validation and test
    are made of many projects of ordinary size.
    """
    total = sum(sizes.values())
    missing = {split: share * total for split, share in zip(SPLITS, SHARES, strict=True)}
    chosen = {project: earlier[project] for project in sizes if project in earlier}
    for project, split in chosen.items():
        missing[split] -= sizes[project]
    for project in sorted(sizes.keys() - chosen.keys(), key=lambda name: (-sizes[name], name)):
        split = max(SPLITS, key=lambda name: missing[name])
        chosen[project] = split
        missing[split] -= sizes[project]
    return chosen
