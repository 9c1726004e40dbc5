"""Any causal model is a base: each family's own infilling tokens are used, missing ones are added, adapters merge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from python_slm import prompt
from python_slm.errors import TrainingError
from python_slm.tokenizer import Tokenizer
from python_slm_training.tune.base import Base, resolve_base
from python_slm_training.tune.config import TuneConfig
from python_slm_training.tune.merge import merge
from python_slm_training.tune.tune import tune
from python_slm_training.tune.vocabulary import adapt
from tests.training.tiny_bases import FAMILIES, TEXTS, examples, make_base

if TYPE_CHECKING:
    from pathlib import Path

OWN = {
    "ours": ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|endoftext|>", "<|file_sep|>", ""),
    "qwen2": ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|endoftext|>", "<|file_sep|>", ""),
    "starcoder": ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<|endoftext|>", "<filename>", ""),
    "starcoder2": ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<|endoftext|>", "<file_sep>", ""),
    "llama": ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "</s>", "<|file_sep|>", "<s>"),
    "codellama": ("▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>", "<|file_sep|>", "<s>"),
    "codestral": ("[PREFIX]", "[SUFFIX]", "", "</s>", "<|file_sep|>", "<s>"),
}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bases")
    return {family: make_base(folder / family, family) for family in FAMILIES}


def load(folder: Path) -> Any:
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    return model.eval()


@pytest.mark.parametrize("family", OWN)
def test_a_base_keeps_its_own_tokens_and_gets_those_it_lacks(bases: dict[str, Path], family: str) -> None:
    tokenizer = Base.open(bases[family]).vocabulary.tokenizer
    found = prompt.Specials.of(tokenizer)
    assert (found.prefix, found.suffix, found.middle, found.end, found.file_sep, found.begin) == OWN[family]
    assert all(tokenizer.has_special(name) for name in prompt.TASK_TOKENS)


@pytest.mark.parametrize("family", FAMILIES)
def test_text_survives_every_tokenizer(bases: dict[str, Path], family: str) -> None:
    tokenizer = Base.open(bases[family]).vocabulary.tokenizer
    for text in (TEXTS[0], "  x = 'ä→🐍'\n", "y", "<fim_prefix><|fim_prefix|>[PREFIX]</s>"):
        assert tokenizer.decode(tokenizer.encode(text)) == text


def test_our_own_tokenizer_comes_back_byte_for_byte(bases: dict[str, Path]) -> None:
    text = (bases["ours"] / "tokenizer.json").read_text("utf-8")
    assert adapt(text, where="here").text == text


def test_a_tokenizer_that_was_adapted_is_not_adapted_again(bases: dict[str, Path]) -> None:
    once = adapt((bases["llama"] / "tokenizer.json").read_text("utf-8"), where="here")
    assert adapt(once.text, where="there").text == once.text


def test_an_added_token_begins_as_the_mean_of_its_names_pieces(bases: dict[str, Path]) -> None:
    base = Base.open(bases["llama"])
    before = load(bases["llama"]).get_input_embeddings().weight
    after = base.load().get_input_embeddings().weight
    assert after.shape[0] == base.vocabulary.tokenizer.vocab_size > before.shape[0]
    assert torch.equal(after[: len(before)], before)
    fix = base.vocabulary.tokenizer.special("<|fix|>")
    assert torch.allclose(after[fix], before[base.vocabulary.tokenizer.encode("fix")].mean(0))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_and_its_merged_model_says_what_base_and_adapter_say(
    bases: dict[str, Path], tmp_path: Path, family: str
) -> None:
    config = TuneConfig(
        steps=3, batch_examples=4, rank=4, learning_rate=0.01, max_tokens=128, validation_examples=2, threads=1,
        replay=bases["ours"].parent, replay_rate=0.0,
    )  # fmt: skip
    outcome = tune(bases[family], examples(), tmp_path / "run", config, valid=examples(4))
    assert outcome.after.keys() == {"infill", "fix"}
    assert sum(outcome.after.values()) < sum(outcome.before.values())
    merged = merge(None, outcome.folder, tmp_path / "merged")
    tokenizer = Tokenizer.from_file(merged / "tokenizer.json")
    ids = torch.tensor([prompt.task_ids(tokenizer, "fix", TEXTS[3], path="a.py")])
    base = Base.open(bases[family]).load()
    adapted = PeftModel.from_pretrained(base, str(outcome.folder)).eval()
    with torch.no_grad():
        wanted = adapted(ids).logits
        found = load(merged)(ids).logits
        untuned = Base.open(bases[family]).load().eval()(ids).logits
    scale = wanted.abs().max()
    assert (found - wanted).abs().max() / scale <= 1e-5
    assert (untuned - wanted).abs().max() / scale > 1e-2
    if family != "starcoder":
        assert json.loads((merged / "config.json").read_text("utf-8"))["rope_theta"] == 54321.0


@pytest.mark.parametrize(
    ("base", "wanted"),
    [("no/such/folder/here", "not a Hub id"), ("nowhere", "not a Hub id"), (".", "no config.json")],
)
def test_a_base_that_is_no_model_is_refused(base: str, wanted: str) -> None:
    with pytest.raises(TrainingError, match=wanted):
        resolve_base(base)
