"""Records on disk: what they carry, and that earlier files are still read."""

from __future__ import annotations

import json
from dataclasses import replace

from python_slm_training.collect.record import PROSE, Metadata, Record

OLD = (
    '{"text": "x = 1\\n", "id": "r@0:a.py", "metadata": {"source": "git", "repo": "r", "path": "a.py", '
    '"revision": "0", "licence": "MIT", "collected_at": "2026-01-01", "modified_at": null}}'
)


def test_a_line_from_before_content_and_extra_is_python() -> None:
    about = Record.from_json(OLD).metadata
    assert (about.content, about.extra) == ("python", {})


def test_python_without_indicators_is_written_as_before() -> None:
    assert Record.from_json(OLD).to_json() == OLD


def test_content_and_extra_survive_the_round_trip() -> None:
    old = Record.from_json(OLD)
    extra = {"stars": 3, "topics": ["web"], "author": "Ann"}
    record = replace(old, metadata=replace(old.metadata, source="pypi", content=PROSE, extra=extra))
    assert Record.from_json(record.to_json()) == record
    assert json.loads(record.to_json())["metadata"]["content"] == "prose"


def test_metadata_needs_neither() -> None:
    assert Metadata("git", "r", "a.py", "0", "MIT", "2026-01-01", None).content == "python"
