r"""The only prompt formats. Training and serving both call these; nobody else spells a special token.

Version 1, from the FIM paper's joint PSM + SPM training (arXiv 2207.14255)::

    chunk   <|file_sep|>path\n text
    SPM     chunk* <|file_sep|>path\n <|fim_prefix|><|fim_suffix|> suffix <|fim_middle|> prefix+middle <|endoftext|>
    PSM     chunk* <|file_sep|>path\n <|fim_prefix|> prefix <|fim_suffix|> suffix <|fim_middle|> middle <|endoftext|>
    plain   <|file_sep|>path\n text <|endoftext|>
    task    <|file_sep|>path\n <|task|> source <|answer|> target <|endoftext|>

SPM is what we serve: the text before the cursor comes last and is tokenized as one run with what follows, so that
typing only appends tokens, and a cursor inside a token is healed (see ``engine.decode``) instead of trained around.

A model that others trained keeps its own tokens and its own order: ``Specials.of`` reads them off its tokenizer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from python_slm.errors import PromptError, TokenizerError

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

TASK_TOKENS: tuple[str, ...] = tuple(f"<|{task}|>" for task in TASKS)
_ANSWER = "<|answer|>"

Order = Literal["spm", "psm", "suffix-first"]
"""How infilling is asked; suffix-first is Codestral's: ``[SUFFIX] suffix [PREFIX] prefix``."""

FAMILIES: tuple[tuple[str, str, str, Order], ...] = (
    (FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE, "psm"),  # Qwen2.5-Coder, CodeGemma, Granite; ours once it knows our tasks
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "spm"),  # StarCoder: both orders, half each (arXiv 2305.06161)
    ("<fim-prefix>", "<fim-suffix>", "<fim-middle>", "spm"),  # SantaCoder
    ("▁<PRE>", "▁<SUF>", "▁<MID>", "spm"),  # CodeLlama (arXiv 2308.12950)
    ("[PREFIX]", "[SUFFIX]", "", "suffix-first"),  # Codestral, Mistral since v3
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "psm"),  # noqa: RUF001 - DeepSeek-Coder spells them so
)
"""Prefix, suffix and middle token of the families there are, and the order they were trained in."""

_ENDS = (END_OF_TEXT, "▁<EOT>", "<|end_of_text|>", "</s>", "<eos>", "<｜end▁of▁sentence｜>")  # noqa: RUF001
_BEGINS = ("<s>", "<|begin_of_text|>", "<bos>", "<｜begin▁of▁sentence｜>")  # noqa: RUF001
_FILE_SEPS = (FILE_SEP, "<file_sep>", "<filename>")


@dataclass(frozen=True)
class Specials:
    """The special tokens of one model; empty where it has none."""

    prefix: str
    suffix: str
    middle: str
    end: str
    file_sep: str
    begin: str
    order: Order

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """What ``tokenizer`` has. Raises TokenizerError when it cannot infill: 'slm train tune' teaches a model to.

        A tokenizer with our task tokens is of a model that we trained, which is asked suffix first whatever its family.
        """
        for prefix, suffix, middle, order in FAMILIES:
            if tokenizer.has_special(prefix) and tokenizer.has_special(suffix):
                ours = bool(middle) and tokenizer.has_special(_ANSWER)
                end = _first(tokenizer, _ENDS)
                if not end:
                    break
                return cls(
                    prefix,
                    suffix,
                    middle,
                    end,
                    file_sep=_first(tokenizer, _FILE_SEPS),
                    begin=_first(tokenizer, _BEGINS),
                    order="spm" if ours else order,
                )
        raise TokenizerError("tokenizer has no tokens for infilling; 'slm train tune' adds them and teaches their use")


def _first(tokenizer: Tokenizer, names: Iterable[str]) -> str:
    return next((name for name in names if tokenizer.has_special(name)), "")


def begin_ids(tokenizer: Tokenizer) -> list[int]:
    """What every sequence of a model begins with: nothing, but for Llama's, Mistral's, Gemma's and DeepSeek's."""
    begin = _first(tokenizer, _BEGINS)
    return [tokenizer.special(begin)] if begin else []


def file_ids(tokenizer: Tokenizer, path: str) -> list[int]:
    r"""``<|file_sep|>path\n``; nothing when the path is unknown (empty)."""
    return [*_separator_ids(tokenizer), *tokenizer.encode(path + "\n")] if path else []


def chunk_ids(tokenizer: Tokenizer, path: str, text: str) -> list[int]:
    """Another file's excerpt, placed ahead of the file being completed."""
    return [*_separator_ids(tokenizer), *tokenizer.encode(f"{path}\n{text}")]


def _separator_ids(tokenizer: Tokenizer) -> list[int]:
    """What stands before a path: a comment sign where a model knows no file separator."""
    name = _first(tokenizer, _FILE_SEPS)
    return [tokenizer.special(name)] if name else tokenizer.encode("# ")


def plain_ids(tokenizer: Tokenizer, text: str, *, path: str = "") -> list[int]:
    """A document read left to right, closed by ``<|endoftext|>``."""
    return [*continue_ids(tokenizer, text, path=path), end_id(tokenizer)]


def continue_ids(tokenizer: Tokenizer, text: str, *, path: str = "") -> list[int]:
    """The prompt whose continuation is the rest of a document: what ``plain_ids`` begins with."""
    return [*begin_ids(tokenizer), *file_ids(tokenizer, path), *tokenizer.encode(text)]


def psm_ids(tokenizer: Tokenizer, prefix: str, suffix: str, middle: str, *, path: str = "") -> list[int]:
    """A training example, prefix–suffix–middle; suffix–prefix–middle where a model has no token for the middle."""
    if not Specials.of(tokenizer).middle:
        return spm_ids(tokenizer, prefix, suffix, middle, path=path)
    return [
        *_asked_ids(tokenizer, prefix, suffix, file_ids(tokenizer, path), "psm"),
        *tokenizer.encode(middle),
        end_id(tokenizer),
    ]


def spm_ids(tokenizer: Tokenizer, prefix: str, suffix: str, middle: str, *, path: str = "") -> list[int]:
    """A training example, suffix–prefix–middle: what ``complete_ids`` of our models is a prefix of."""
    order: Order = "spm" if Specials.of(tokenizer).middle else "suffix-first"
    asked = _asked_ids(tokenizer, prefix + middle, suffix, file_ids(tokenizer, path), order)
    return [*asked, end_id(tokenizer)]


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
    return _asked_ids(tokenizer, prefix, suffix, [*ids, *file_ids(tokenizer, path)])


def _asked_ids(
    tokenizer: Tokenizer, prefix: str, suffix: str, head: Sequence[int], order: Order | None = None
) -> list[int]:
    """An infilling prompt; ``head`` is what stands before it: other files and the path."""
    specials = Specials.of(tokenizer)
    order = order or specials.order
    before, after = tokenizer.special(specials.prefix), tokenizer.special(specials.suffix)
    ids = [*begin_ids(tokenizer), *head]
    if order == "suffix-first":
        return [*ids, after, *tokenizer.encode(suffix), before, *tokenizer.encode(prefix)]
    middle = tokenizer.special(specials.middle)
    if order == "psm":
        return [*ids, before, *tokenizer.encode(prefix), after, *tokenizer.encode(suffix), middle]
    return [*ids, before, after, *tokenizer.encode(suffix), middle, *tokenizer.encode(prefix)]


def task_ids(tokenizer: Tokenizer, task: str, source: str, *, path: str = "") -> list[int]:
    """The prompt whose continuation is the answer to ``task``, one of TASKS. Raises PromptError when it is not."""
    if task not in TASKS or task == "answer":
        raise PromptError(
            f"task {task!r} is unknown; there are {', '.join(name for name in TASKS if name != 'answer')}"
        )
    return [
        *begin_ids(tokenizer),
        *file_ids(tokenizer, path),
        tokenizer.special(f"<|{task}|>"),
        *tokenizer.encode(source),
        tokenizer.special(_ANSWER),
    ]


def task_example_ids(tokenizer: Tokenizer, task: str, source: str, target: str, *, path: str = "") -> list[int]:
    """A training example: ``task_ids``, the answer, the end."""
    return [*task_ids(tokenizer, task, source, path=path), *tokenizer.encode(target), end_id(tokenizer)]


def end_id(tokenizer: Tokenizer) -> int:
    """The id that closes a document or an answer."""
    return tokenizer.special(_first(tokenizer, _ENDS) or END_OF_TEXT)


def end_ids(tokenizer: Tokenizer) -> Sequence[int]:
    """Ids that end a completion: the model is done, or has begun something else."""
    specials = Specials.of(tokenizer)
    names = (specials.end, specials.file_sep, specials.prefix, specials.suffix, specials.middle)
    return [tokenizer.special(name) for name in names if name]


def missing_tokens(tokenizer: Tokenizer) -> list[str]:
    """Tokens that a model of others lacks to infill and to do our tasks, in the order in which to add them."""
    infills = any(tokenizer.has_special(one[0]) and tokenizer.has_special(one[1]) for one in FAMILIES)
    wanted = [] if infills else [FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE]
    wanted += [] if _first(tokenizer, _FILE_SEPS) else [FILE_SEP]
    wanted += [] if _first(tokenizer, _ENDS) else [END_OF_TEXT]
    return [*wanted, *(name for name in TASK_TOKENS if not tokenizer.has_special(name))]


def format_tokens() -> list[str]:
    """Every token that some family's format uses: a tokenizer must not read them in a user's text."""
    families = [name for *names, _ in FAMILIES for name in names if name]
    return [*families, *_ENDS, *_BEGINS, *_FILE_SEPS, *TASK_TOKENS]
