"""Summaries in the model's words: only whole ones that it is sure of, and always in place of the plain one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_slm.docstrings.findings import find
from python_slm.docstrings.proof import applied, edits_of
from python_slm.engine.decode import Decoder
from python_slm.syntax.blocks import BlockIndex
from python_slm.tasks.docstring import Summary, reworded
from tests.fakes import ScriptedModel

if TYPE_CHECKING:
    from python_slm.findings import Finding

SOURCE = '"""App."""\n\n\ndef load(name):\n    return name\n'
KEY = 'def load(name):\n    """'


def missing() -> tuple[Finding, BlockIndex]:
    index = BlockIndex.of(SOURCE)
    (found,) = find(index, missing=True, stale=False)
    return found, index


def test_the_summary_is_the_models_and_the_sections_are_the_codes() -> None:
    found, index = missing()
    better = reworded(found, index, decoder=Decoder(ScriptedModel({KEY: "Read it from the disk. And more."})))
    after = applied(SOURCE, edits_of([better]))
    assert '    """Read it from the disk.\n\n    Args:\n        name: The name.\n' in after


@pytest.mark.parametrize("said", ["", "lower case only.", "No end", 'With "quotes" inside.', "One."])
def test_what_is_no_whole_sentence_is_not_said(said: str) -> None:
    found, index = missing()
    assert reworded(found, index, decoder=Decoder(ScriptedModel({KEY: said}))) == found


def test_who_is_not_sure_says_nothing() -> None:
    assert not Summary("Read it from the disk.", -1.3).sure
    assert Summary("Read it from the disk.", -1.1).sure


def test_cancelled_it_leaves_the_plain_one() -> None:
    found, index = missing()
    decoder = Decoder(ScriptedModel({KEY: "Read it from the disk."}))
    assert reworded(found, index, decoder=decoder, cancelled=lambda: True) == found
