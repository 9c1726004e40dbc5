"""Training the tokenizer: byte-level BPE over Qwen2's pre-tokenizer, special tokens first.

Measured on five held-out repositories, bytes per token at 16 K: Qwen2's expression 3.77, newline + indentation as one
token 3.51, plain ByteLevel 3.50; so the indentation of a line is one token, its newline another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenizers import Regex, decoders, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as Backend

from python_slm.prompt import END_OF_TEXT, SPECIAL_TOKENS
from python_slm.tokenizer import Tokenizer
from python_slm_training.tokenize.corpus import read_records, split_files, text_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

QWEN2_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
"""A newline ends a piece in every branch: no token holds text from two lines, and each digit stands alone."""

LINES_PATTERN = r"\p{N}|\s*[\r\n]+|[^\S\r\n]{2,}"
"""Digits, line ends and indentation stand alone; merges may cross everything else in a line, spaces too, so that
``for i in`` or ``) -> None:`` may be one token (JetBrains' full-line completion, arXiv:2405.08704)."""


def untrained_backend(pattern: str = QWEN2_PATTERN) -> Backend:
    """A BPE without merges: no normalizer, the pattern's pieces, the GPT-2 byte alphabet."""
    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    return backend


def train_tokenizer(texts: Iterable[str], *, vocab: int, pattern: str = QWEN2_PATTERN) -> Tokenizer:
    """Byte-level BPE of at most ``vocab`` ids, special tokens 0.. included; fewer where the texts are few."""
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        min_frequency=2,
        show_progress=False,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    backend = untrained_backend(pattern)
    backend.train_from_iterator(texts, trainer)
    return Tokenizer.from_json(backend.to_str())


def sample_texts(
    corpus: Path, *, split: str, limit: int, progress: Callable[[int], object] = lambda _: None
) -> Iterator[str]:
    """Up to ``limit`` bytes of documents, an equal share from each file; ``progress`` gets bytes read.

    A file that has less than its share leaves the rest to those after it.
    """
    files = split_files(corpus, split)
    left = limit
    for index, path in enumerate(files):
        share = left // (len(files) - index)
        used = 0
        for record in read_records(path):
            size = text_bytes(record.text)
            if used and used + size > share:
                break
            used += size
            progress(size)
            yield record.text
        left = max(0, left - used)


@dataclass(frozen=True)
class Compression:
    """How much text a token holds, over a sample."""

    bytes: int
    tokens: int

    @property
    def bytes_per_token(self) -> float:
        """Higher is better; 0 for an empty sample."""
        return self.bytes / self.tokens if self.tokens else 0.0


def measure(tokenizer: Tokenizer, texts: Iterable[str]) -> Compression:
    """Bytes and tokens of ``texts``."""
    size = tokens = 0
    for text in texts:
        size += text_bytes(text)
        tokens += len(tokenizer.encode(text))
    return Compression(size, tokens)


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write ``tokenizer.json`` and the ``tokenizer_config.json`` that transformers reads beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END_OF_TEXT,
        "pad_token": END_OF_TEXT,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 1_000_000,
        "additional_special_tokens": [token for token in SPECIAL_TOKENS if token != END_OF_TEXT],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
