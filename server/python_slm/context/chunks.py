"""What other places say that may help here: which of it, how it reads, and in which order it stands in the prompt.

The choice looks at the lines around the cursor's, never at that line itself, and the order is one of paths: so what
stands before the open file in the prompt stays while a line is typed, and the model's cached prefix with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from python_slm.engine.recall import NOTHING
from python_slm.project.recent import jaccard
from python_slm.project.surroundings import Chunk, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from python_slm.project.surroundings import ChunkSource, Definition, Surroundings
    from python_slm.text import Document
    from python_slm.tokenizer import Tokenizer

_LINES_BEFORE, _LINES_AFTER = 40, 12
_ALIKE = 0.05
"""Jaccard similarity of identifiers below which a chunk has nothing to do with the place."""
_ORDER: tuple[ChunkSource, ...] = ("related", "tab", "yank", "edit", "importer", "definition")
"""Farthest from the cursor first."""
_DOTTED = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def ranked(document: Document, offset: int, surroundings: Surroundings, sources: frozenset[ChunkSource]) -> list[Chunk]:
    """Chunks from ``sources``, the most useful first: definitions of names used nearby, then what is most alike."""
    if not sources or not (surroundings.definitions or surroundings.chunks):
        return []
    line, starts = document.line_at(offset), document.line_starts
    before = document.text[starts[max(0, line - _LINES_BEFORE)] : starts[line]]
    ends = [*starts[line + 1 : line + 2 + _LINES_AFTER], len(document.text)]
    after = document.text[ends[0] : ends[min(_LINES_AFTER, len(ends) - 1)]]
    found = _definitions_used(before, after, surroundings) if "definition" in sources else []
    here = words(before + after)
    alike = [
        (similarity, chunk)
        for chunk in surroundings.chunks
        if chunk.source in sources and (similarity := jaccard(chunk.words, here)) >= _ALIKE
    ]
    alike.sort(key=lambda pair: (-pair[0], pair[1].path, pair[1].text))
    return found + [chunk for _, chunk in alike]


def fitting(chunks: Iterable[Chunk], tokenizer: Tokenizer, budget: int) -> list[tuple[Chunk, int]]:
    """The first chunks that fit ``budget`` tokens, with the tokens of each, in the order of the prompt."""
    kept: list[tuple[Chunk, int]] = []
    for chunk in chunks:
        cost = 1 + len(tokenizer.encode_kept(f"{chunk.path}\n{chunk.text}"))
        if cost <= budget:
            kept.append((chunk, cost))
            budget -= cost
    return sorted(kept, key=lambda pair: (_ORDER.index(pair[0].source), pair[0].path, pair[0].text))


def recalled(surroundings: Surroundings, tokenizer: Tokenizer, sources: frozenset[ChunkSource]) -> NDArray[np.int32]:
    """Token ids of all that ``sources`` say, for ``engine.recall``: (tokens,) int32, with NOTHING between chunks."""
    texts: list[str] = []
    if "definition" in sources:
        texts += [chunk.text for one in surroundings.definitions.values() if (chunk := definition_chunk(one))]
    texts += [chunk.text for chunk in surroundings.chunks if chunk.source in sources]
    end = np.array([NOTHING], np.int32)
    stretches = [part for text in dict.fromkeys(texts) for part in (end, tokenizer.encode_kept(text))]
    return np.concatenate(stretches) if stretches else np.empty(0, np.int32)


def definition_chunk(definition: Definition) -> Chunk | None:
    """How a definition reads; None where there is nothing to say of it."""
    if not definition.signature:
        return None
    lines = [definition.signature]
    if definition.summary:
        lines.append(f'    """{definition.summary}"""')
    if definition.kind == "class" and definition.parameters:
        lines.append(f"    def __init__({', '.join(['self', *_parameters(definition)])}):")
    return Chunk("definition", definition.path, "\n".join(lines) + "\n")


def _definitions_used(before: str, after: str, surroundings: Surroundings) -> list[Chunk]:
    """Definitions of the names in these texts, the nearest to where they meet first, each once."""
    uses = [(len(before) - match.end(), match[0]) for match in _DOTTED.finditer(before)]
    uses += [(match.start(), match[0]) for match in _DOTTED.finditer(after)]
    names = dict.fromkeys(name for _, name in sorted(uses, key=lambda use: use[0]))
    found = (definition_chunk(one) for name in names for one in _prefixes(name, surroundings))
    return list(dict.fromkeys(filter(None, found)))


def _prefixes(name: str, surroundings: Surroundings) -> list[Definition]:
    """What a dotted name and its beginnings stand for, the whole of it first."""
    known = surroundings.definitions
    parts = name.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return [known[one] for one in names if one in known]


def _parameters(definition: Definition) -> list[str]:
    """Parameters as a header has them; what they are by default is not known."""
    texts: list[str] = []
    marks = {"args": "*", "kwargs": "**"}
    kinds = [one.kind for one in definition.parameters or ()]
    for at, one in enumerate(definition.parameters or ()):
        if one.kind == "keyword" and not {"args", "keyword"} & set(kinds[:at]):
            texts.append("*")
        optional = "" if one.required or one.kind in marks else "=..."
        texts.append(f"{marks.get(one.kind, '')}{one.name}{optional}")
        if one.kind == "positional" and kinds[at + 1 : at + 2] != ["positional"]:
            texts.append("/")
    return texts
