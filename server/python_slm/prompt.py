r"""The only prompt formats. Training and serving both call these; nobody else spells a special token.

Version 1, from the FIM paper's joint PSM + SPM training (arXiv 2207.14255)::

    chunk   <|file_sep|>path\n text
    SPM     chunk* <|file_sep|>path\n <|fim_prefix|><|fim_suffix|> suffix <|fim_middle|> prefix+middle <|endoftext|>
    PSM     chunk* <|file_sep|>path\n <|fim_prefix|> prefix <|fim_suffix|> suffix <|fim_middle|> middle <|endoftext|>
    plain   <|file_sep|>path\n text <|endoftext|>

SPM is what we serve: the text before the cursor comes last and is tokenized as one run with what follows, so that
typing only appends tokens, and a cursor inside a token is healed (see ``engine.decode``) instead of trained around.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from python_slm.tokenizer import Tokenizer

PROMPT_VERSION = 1

END_OF_TEXT = "<|endoftext|>"
FILE_SEP = "<|file_sep|>"
FIM_PREFIX = "<|fim_prefix|>"
FIM_SUFFIX = "<|fim_suffix|>"
FIM_MIDDLE = "<|fim_middle|>"
TASKS = ("docstring", "bug", "fix", "refactor", "explain", "classify", "instruction", "answer", "edit")
RESERVED = 16

SPECIAL_TOKENS: tuple[str, ...] = (
    END_OF_TEXT,
    FILE_SEP,
    FIM_PREFIX,
    FIM_SUFFIX,
    FIM_MIDDLE,
    *(f"<|{task}|>" for task in TASKS),
    *(f"<|reserved_{index}|>" for index in range(RESERVED)),
)
"""In id order: a tokenizer gives them ids 0, 1, 2 …"""


def file_ids(tokenizer: Tokenizer, path: str) -> list[int]:
    r"""``<|file_sep|>path\n``; nothing when the path is unknown (empty)."""
    return [tokenizer.special(FILE_SEP), *tokenizer.encode(path + "\n")] if path else []


def chunk_ids(tokenizer: Tokenizer, path: str, text: str) -> list[int]:
    """Another file's excerpt, placed ahead of the file being completed."""
    return [tokenizer.special(FILE_SEP), *tokenizer.encode(f"{path}\n{text}")]


def plain_ids(tokenizer: Tokenizer, text: str, *, path: str = "") -> list[int]:
    """A document read left to right, closed by ``<|endoftext|>``."""
    return [*file_ids(tokenizer, path), *tokenizer.encode(text), tokenizer.special(END_OF_TEXT)]


def psm_ids(tokenizer: Tokenizer, prefix: str, suffix: str, middle: str, *, path: str = "") -> list[int]:
    """A training example, prefix–suffix–middle."""
    return [
        *file_ids(tokenizer, path),
        tokenizer.special(FIM_PREFIX),
        *tokenizer.encode(prefix),
        tokenizer.special(FIM_SUFFIX),
        *tokenizer.encode(suffix),
        tokenizer.special(FIM_MIDDLE),
        *tokenizer.encode(middle),
        tokenizer.special(END_OF_TEXT),
    ]


def spm_ids(tokenizer: Tokenizer, prefix: str, suffix: str, middle: str, *, path: str = "") -> list[int]:
    """A training example, suffix–prefix–middle: what ``complete_ids`` is a prefix of."""
    asked = complete_ids(tokenizer, prefix + middle, suffix, path=path)
    return [*asked, tokenizer.special(END_OF_TEXT)]


def complete_ids(
    tokenizer: Tokenizer,
    prefix: str,
    suffix: str,
    *,
    path: str = "",
    chunks: Iterable[tuple[str, str]] = (),
) -> list[int]:
    """The prompt whose continuation belongs at the cursor. ``chunks`` are (path, text), farthest first."""
    ids: list[int] = []
    for chunk_path, text in chunks:
        ids += chunk_ids(tokenizer, chunk_path, text)
    return [
        *ids,
        *file_ids(tokenizer, path),
        tokenizer.special(FIM_PREFIX),
        tokenizer.special(FIM_SUFFIX),
        *tokenizer.encode(suffix),
        tokenizer.special(FIM_MIDDLE),
        *tokenizer.encode(prefix),
    ]


def end_ids(tokenizer: Tokenizer) -> Sequence[int]:
    """Ids that end a completion: the model is done, or has begun something else."""
    return [tokenizer.special(name) for name in (END_OF_TEXT, FILE_SEP, FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE)]
