"""Examples become ids with the loss on the target alone; batches are a pure function of their number."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import torch

from python_slm import prompt
from python_slm.errors import TrainingError
from python_slm.tokenizer import Tokenizer
from python_slm_training.pretrain.rows import IGNORED
from python_slm_training.tune.examples import Encoded, Encoder, rng_of
from python_slm_training.tune.mixture import GENERAL, Mixture, micro_batches, mixture_weights, padded
from python_slm_training.tune.pools import Document, read_general, read_pools
from tests.fakes import byte_tokenizer
from tests.training.tiny_bases import examples

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = byte_tokenizer()
SPM = Encoder(TOKENIZER, max_tokens=200, spm_share=1.0)
PSM = Encoder(TOKENIZER, max_tokens=200, spm_share=0.0)


def target(encoded: Encoded | None) -> bytes:
    assert encoded is not None
    assert encoded.ids[-1] == TOKENIZER.special(prompt.END_OF_TEXT)
    return TOKENIZER.decode_bytes(encoded.ids[encoded.first : -1])


@pytest.mark.parametrize("encoder", [SPM, PSM])
def test_of_infilling_only_the_middle_is_a_target(encoder: Encoder) -> None:
    example = {"task": "infill", "prefix": "a = ", "target": "[ü, 2]", "suffix": "\nb\n", "path": "x.py"}
    assert target(encoder.encode(example, rng_of(0))) == "[ü, 2]".encode()


def test_of_a_task_only_the_answer_is_a_target() -> None:
    example = {"task": "fix", "source": "retrun 1", "target": "return 1", "path": "x.py"}
    encoded = SPM.encode(example, rng_of(0))
    assert encoded is not None
    assert target(encoded) == b"return 1"
    assert encoded.ids[: encoded.first] == prompt.task_ids(TOKENIZER, "fix", "retrun 1", path="x.py")


def test_a_token_that_the_gap_cuts_in_two_belongs_to_the_target() -> None:
    """The engine heals it: it takes the token back and asks for one that begins alike."""
    tokenizer = Tokenizer.from_json(with_merge(TOKENIZER.to_json()))
    encoded = Encoder(tokenizer, max_tokens=99, spm_share=1.0).encode(
        {"task": "infill", "prefix": "xa", "target": "b", "suffix": ""}, rng_of(0)
    )
    assert encoded is not None
    assert tokenizer.decode(encoded.ids[encoded.first :]) == "ab"


def with_merge(text: str) -> str:
    content = json.loads(text)
    content["model"]["vocab"]["ab"] = len(content["model"]["vocab"])
    content["model"]["merges"] = [["a", "b"]]
    return json.dumps(content)


def test_infilling_that_is_too_long_loses_what_is_far_from_the_gap() -> None:
    example = {"task": "infill", "prefix": "p" * 900 + "near", "target": "T", "suffix": "close" + "s" * 900, "path": ""}
    encoded = SPM.encode(example, rng_of(0))
    assert encoded is not None
    assert 150 < len(encoded.ids) <= 200
    text = TOKENIZER.decode(encoded.ids)
    assert "nearT" in text
    assert text.startswith("close")


def test_what_does_not_fit_or_has_no_target_is_left_out() -> None:
    assert SPM.encode({"task": "fix", "source": "x" * 300, "target": "y"}, rng_of(0)) is None
    assert SPM.encode({"task": "fix", "source": "x", "target": ""}, rng_of(0)) is None
    assert SPM.encode({"task": "infill", "prefix": "", "suffix": "", "target": "y" * 300}, rng_of(0)) is None


def test_labels_are_the_next_ids_of_the_target() -> None:
    ids, labels = padded([Encoded([5, 6, 7, 8], 2), Encoded([5, 9], 1)])
    assert ids.tolist() == [[5, 6, 7], [5, 0, 0]]
    assert labels.tolist() == [[IGNORED, 7, 8], [9, IGNORED, IGNORED]]


def test_micro_batches_hold_like_lengths_and_no_more_ids_than_asked() -> None:
    sequences = [Encoded([1] * length, 1) for length in (30, 4, 100, 5, 31, 6)]
    shapes = [tuple(ids.shape) for ids, _ in micro_batches(sequences, 64)]
    assert shapes == [(3, 5), (2, 30), (1, 99)]


def mixture(rate: float = 0.25, seed: int = 0) -> Mixture:
    pools = read_pools(examples(40), most=100).train
    weights = mixture_weights({task: len(pool) for task, pool in pools.items()}, {"infill": 3, "fix": 1}, rate)
    general = [Document("import os\n" * 9, f"g{number}.py") for number in range(5)]
    return Mixture(pools, general, SPM, weights, batch_examples=16, micro_tokens=400, seed=seed)


def kinds(batch: list[tuple[torch.Tensor, torch.Tensor]]) -> Counter[str]:
    fix = TOKENIZER.special("<|fix|>")
    found: Counter[str] = Counter()
    for ids, labels in batch:
        for row, wanted in zip(ids, labels, strict=True):
            whole = int(wanted[0]) != IGNORED
            found["general" if whole else "fix" if fix in row else "infill"] += 1
    return found


def test_batch_i_is_always_the_same_and_no_two_are_alike() -> None:
    one, other = mixture(), mixture()
    other[0], other[4]
    assert all(torch.equal(a, b) for x, y in zip(one[7], other[7], strict=True) for a, b in zip(x, y, strict=True))
    assert [micro[0].tolist() for micro in one[7]] != [micro[0].tolist() for micro in one[8]]
    assert [micro[0].tolist() for micro in mixture(seed=1)[7]] != [micro[0].tolist() for micro in one[7]]


def test_tasks_and_replay_are_drawn_as_often_as_asked() -> None:
    source = mixture()
    total = sum((kinds(source[number]) for number in range(20)), Counter())
    assert total["general"] == pytest.approx(80, abs=1)
    assert total["infill"] == pytest.approx(180, abs=2)
    assert total["fix"] == pytest.approx(60, abs=2)


def test_every_example_is_drawn_once_an_epoch() -> None:
    pools = {"fix": [{"task": "fix", "source": f"s{number}", "target": "t", "path": ""} for number in range(16)]}
    source = Mixture(pools, [], SPM, {"fix": 1.0}, batch_examples=8, micro_tokens=400, seed=0)
    rows = [tuple(row.tolist()) for number in range(2) for ids, _ in source[number] for row in ids]
    assert len({tuple(value for value in row if value) for row in rows}) == 16


def test_weights_that_make_no_sense_are_refused() -> None:
    with pytest.raises(TrainingError, match="no examples of task cook; there are infill"):
        mixture_weights({"infill": 3}, {"cook": 1}, 0.0)
    with pytest.raises(TrainingError, match="above 0"):
        mixture_weights({"infill": 3}, {"infill": 0}, 0.0)
    weights = mixture_weights({"infill": 400, "fix": 100}, {}, 0.1)
    assert weights == pytest.approx({"infill": 0.6, "fix": 0.3, GENERAL: 0.1})


def test_a_lists_files_are_on_one_side_each() -> None:
    twice = [*examples(200), *examples(200)]
    pools = read_pools(twice, most=1000)
    sides = [{one["path"] for pool in side.values() for one in pool} for side in (pools.train, pools.valid)]
    assert not sides[0] & sides[1]
    assert 2 <= len(sides[1]) <= 30


def test_general_code_is_the_standard_library_where_nothing_else_is_given(tmp_path: Path) -> None:
    train, valid = read_general(None)
    assert len(train) > 300
    assert "tokenize.py" in {one.path for one in [*train, *valid]}
    assert not {one.path for one in train} & {one.path for one in valid}
    with pytest.raises(TrainingError, match="neither a corpus nor"):
        read_general(tmp_path)
