"""A function from a description: its header and docstring first, then its body, as a base model knows code.

The format is HumanEval's (arXiv 2107.03374): a model that was taught no instructions still continues a function whose
docstring says what it does. The name is made of the description's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from keyword import iskeyword
from typing import TYPE_CHECKING

from python_slm.engine.sampling import GenerationConfig
from python_slm.postprocess.repetition import stammers, without_repeats
from python_slm.prompt import complete_ids, continue_ids, end_ids
from python_slm.syntax.compiled import compiler_problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.engine.decode import Decoder

MOST_TOKENS = 512
_HEADER_TOKENS = 24
_INDENT = "    "
_MOST_WORDS = 4
_WIDTH = 100
_IDLE = frozenset({
    "a", "all", "an", "and", "any", "are", "as", "at", "by", "each", "every", "for", "from", "function", "given", "has",
    "have", "if", "in", "into", "is", "it", "its", "method", "of", "on", "or", "return", "returns", "should", "that",
    "the", "their", "them", "then", "there", "this", "to", "using", "was", "what", "when", "where", "whether", "which",
    "with", "write", "you",
})  # fmt: skip
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Generated:
    """``text`` is a whole function, or what there was of it when it ``stopped``; ``tokens`` are the model's own."""

    text: str
    tokens: int
    stopped: str
    parses: bool


def generate(
    description: str,
    *,
    decoder: Decoder,
    max_tokens: int,
    heard: Callable[[str], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Generated:
    """Write a function of at most ``max_tokens`` new tokens; ``heard`` is told the text so far at every token.

    It ends where its body does, where it begins to repeat itself, and, when tokens run out, with the last line that
    leaves it a program.
    """
    header, spent = _header(description, decoder, cancelled)
    start = f"{header}\n{_docstring(description)}"
    heard(start)
    if cancelled():
        return Generated(start, spent, "cancelled", parses=compiler_problem(start) is None)
    config = GenerationConfig(
        max_new_tokens=max(1, max_tokens - spent), end_ids=frozenset(end_ids(decoder.model.tokenizer))
    )

    def stop(text: str) -> int | None:
        heard(start + text)
        kept = len(without_repeats(text))
        ended = re.search(r"(?:^|\n)(?=\S)", text)
        if ended:
            return min(kept, ended.start())
        return kept if kept < len(text.rstrip()) or stammers(text) else None

    ids = continue_ids(decoder.model.tokenizer, start)
    body = decoder.generate(ids, config, heal=True, stop=stop, cancelled=cancelled, deadline=None)
    text, whole = _program(start, body.text)
    heard(text)
    return Generated(text, spent + len(body.ids), body.stopped, whole)


def name_for(description: str) -> str:
    """A function's name of the first telling words: ``Check whether a number is prime.`` → ``check_number_prime``."""
    first = re.split(r"[.!?\n]", description.strip(), maxsplit=1)[0]
    words = [word.lower() for word in _NAME.findall(first) if word.isascii()]
    telling = [word for word in words if word not in _IDLE][:_MOST_WORDS]
    name = "_".join(telling) or "answer"
    return f"{name}_" if iskeyword(name) else name


def _header(description: str, decoder: Decoder, cancelled: Callable[[], bool]) -> tuple[str, int]:
    """``def name(parameters):``, the parameters the model's where they make a header, and the tokens they took."""
    start, end = f"def {name_for(description)}(", "):\n"
    tokenizer = decoder.model.tokenizer
    config = GenerationConfig(max_new_tokens=_HEADER_TOKENS, end_ids=frozenset(end_ids(tokenizer)))

    def stop(text: str) -> int | None:
        found = re.search(r"[\n()]", text)
        return found.start() if found else None

    ids = complete_ids(tokenizer, start, end + _docstring(description))
    said = decoder.generate(ids, config, heal=True, stop=stop, cancelled=cancelled, deadline=None)
    parameters = said.text.strip().removesuffix(",")
    if not parameters or compiler_problem(f"{start}{parameters}{end}    pass\n") is not None:
        parameters = "value"
    return f"{start}{parameters}):", len(said.ids)


def _docstring(description: str) -> str:
    text = description.strip().replace("\\", "\\\\").replace('"""', "'''")
    lines = text.splitlines()
    closing = '"""' if len(lines) == 1 and len(text) < _WIDTH and not text.endswith('"') else f'\n{_INDENT}"""'
    body = f"\n{_INDENT}".join(line.rstrip() for line in lines)
    return f'{_INDENT}"""{body}{closing}\n'


def _program(start: str, body: str) -> tuple[str, bool]:
    """The longest run of whole lines that is a program with ``start`` before it; else all of it as it is."""
    lines = body.rstrip().split("\n")
    for count in range(len(lines), 0, -1):
        text = start + "\n".join(lines[:count]).rstrip() + "\n"
        if compiler_problem(text) is None:
            return text, True
    return start + body.rstrip() + "\n", False
