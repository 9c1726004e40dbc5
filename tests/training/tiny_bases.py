"""Bases of others in miniature, made on the spot: random weights, and a tokenizer trained on a few functions.

Each has its family's tokens and habits: Qwen's are no special tokens to its tokenizer, Llama's and Mistral's put a
blank before every text, StarCoder names files with ``<filename>``, Llama 2 cannot infill at all.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import torch
import zstandard
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    Starcoder2Config,
    Starcoder2ForCausalLM,
)

from python_slm.prompt import SPECIAL_TOKENS

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES = ("ours", "qwen2", "qwen3", "starcoder", "starcoder2", "llama", "codellama", "mistral", "codestral")

TEXTS = [
    f"def {name}_{noun}(self, {noun}):\n    # Das wär's\n    return self.{noun}.{name}({noun}, {number})\n"
    for number, name in enumerate(("add", "read", "write", "find", "drop"))
    for noun in ("item", "path", "value", "record")
]
_VOCAB = 420
_THETA = 54321.0
_QWEN = ["<|endoftext|>", "<|im_start|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_sep|>"]
_STARCODER = ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<filename>"]
_STARCODER2 = [*_STARCODER[:4], "<file_sep>"]
_CODELLAMA = ["▁<PRE>", "▁<MID>", "▁<SUF>", "▁<EOT>"]


def make_base(folder: Path, family: str = "ours", *, seed: int = 0) -> Path:
    """Write a Hugging Face folder of one of FAMILIES and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(family)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    kind = {"tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(kind), encoding="utf-8")
    torch.manual_seed(seed)
    model = _model(family, tokenizer.get_vocab_size())
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=weight.shape[1] ** -0.5)
    model.save_pretrained(folder)
    return folder


def examples(count: int = 24) -> list[dict[str, Any]]:
    """Infilling and repair in equal numbers, made of TEXTS, each of a file of its own."""
    found: list[dict[str, Any]] = []
    for number in range(count):
        text = TEXTS[number % len(TEXTS)]
        start, end = text.index("return"), text.rindex(",")
        base = {"path": f"src/m{number}.py", "id": str(number), "metadata": {}}
        if number % 2:
            broken = text.replace("return", "retrun")
            found.append({"task": "fix", "source": broken, "target": text, **base})
        else:
            cut = {"prefix": text[:start], "target": text[start:end], "suffix": text[end:]}
            found.append({"task": "infill", **cut, **base})
    return found


def write_tasks(folder: Path) -> Path:
    """A TASKS folder of 16 examples, the same ones held out."""
    for split in ("train", "valid"):
        (folder / split).mkdir(parents=True)
        for task in ("infill", "fix"):
            lines = [json.dumps(example) for example in examples(16) if example["task"] == task]
            data = zstandard.ZstdCompressor().compress(("\n".join(lines) + "\n").encode())
            (folder / split / f"{task}.jsonl.zst").write_bytes(data)
    return folder


def _tokenizer(family: str) -> Tokenizer:
    if family in {"llama", "codellama", "mistral", "codestral"}:
        return _sentencepiece(family)
    specials: list[str | AddedToken] = {
        "ours": list(SPECIAL_TOKENS),
        "starcoder": list(_STARCODER),
        "starcoder2": list(_STARCODER2),
    }.get(family, ["<|endoftext|>"])
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCAB, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    if family.startswith("qwen"):
        tokenizer.add_tokens([AddedToken(name, special=False, normalized=False) for name in _QWEN[2:]])
    return tokenizer


def _sentencepiece(family: str) -> Tokenizer:
    """BPE with bytes to fall back on and ``▁`` for a blank, as SentencePiece models are converted."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    blank = normalizers.Replace(" ", "▁")
    if family in {"llama", "codellama"}:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), blank])
        tokenizer.pre_tokenizer = None
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    specials += {"codellama": _CODELLAMA, "codestral": ["[SUFFIX]", "[PREFIX]", "[MIDDLE]"]}.get(family, [])
    trainer = trainers.BpeTrainer(vocab_size=_VOCAB, special_tokens=specials, show_progress=False)
    words = [word for text in TEXTS for word in pre_tokenizers.Split(Regex(r"\w+"), "isolated").pre_tokenize_str(text)]
    tokenizer.train_from_iterator([word for word, _ in words], trainer)
    content = json.loads(tokenizer.to_str())
    content["added_tokens"] = [token for token in content["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(content))


def _model(family: str, vocab: int) -> Any:
    shape: dict[str, Any] = {
        "vocab_size": vocab,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "rope_theta": _THETA,
    }
    if family == "starcoder":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # this architecture's module calls torch.jit.script
            from transformers import GPTBigCodeConfig, GPTBigCodeForCausalLM  # noqa: PLC0415
        small = {"n_positions": 256, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_inner": 48}
        config: Any = GPTBigCodeConfig
        model: Any = GPTBigCodeForCausalLM
        return model(config(vocab_size=vocab, **small))
    if family in {"ours", "qwen3"}:
        shape |= {"head_dim": 8, "tie_word_embeddings": True}
    families: dict[str, tuple[Any, Any]] = {
        "ours": (Qwen3Config, Qwen3ForCausalLM),
        "qwen3": (Qwen3Config, Qwen3ForCausalLM),
        "qwen2": (Qwen2Config, Qwen2ForCausalLM),
        "starcoder2": (Starcoder2Config, Starcoder2ForCausalLM),
        "mistral": (MistralConfig, MistralForCausalLM),
        "codestral": (MistralConfig, MistralForCausalLM),
        "llama": (LlamaConfig, LlamaForCausalLM),
        "codellama": (LlamaConfig, LlamaForCausalLM),
    }
    made, kind = families[family]
    return kind(made(**shape))
