"""Ollama's Modelfile: how the exported GGUF is asked to fill in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm import prompt

if TYPE_CHECKING:
    from python_slm.tokenizer import Tokenizer

MODELFILE = "Modelfile"
_PREFIX, _SUFFIX = "{{ .Prompt }}", "{{ .Suffix }}"
_NEW_TOKENS = 48


def modelfile(tokenizer: Tokenizer, weights: str, context_length: int) -> str:
    """Text of a Modelfile for the GGUF file ``weights``; Ollama offers ``/api/generate`` with ``suffix`` by it."""
    specials = prompt.Specials.of(tokenizer)
    stops = dict.fromkeys(
        name for name in (specials.end, specials.file_sep, specials.prefix, specials.suffix, specials.middle) if name
    )
    lines = [
        "# ollama create python-slm -f Modelfile",
        f"FROM ./{weights}",
        f'TEMPLATE """{template(specials)}"""',
        *(f'PARAMETER stop "{token}"' for token in stops),
        "PARAMETER temperature 0",
        f"PARAMETER num_ctx {context_length}",
        f"PARAMETER num_predict {_NEW_TOKENS}",
    ]
    return "\n".join(lines) + "\n"


def template(specials: prompt.Specials) -> str:
    """The prompt of ``prompt.complete_ids`` without a path, as a Go template over what stands around the cursor."""
    begin, before, after, middle = specials.begin, specials.prefix, specials.suffix, specials.middle
    match specials.order:
        case "spm":
            return f"{begin}{before}{after}{_SUFFIX}{middle}{_PREFIX}"
        case "psm":
            return f"{begin}{before}{_PREFIX}{after}{_SUFFIX}{middle}"
        case "suffix-first":
            return f"{begin}{after}{_SUFFIX}{before}{_PREFIX}"
