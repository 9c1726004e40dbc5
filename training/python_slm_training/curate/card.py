"""The dataset card: what the corpus holds, what was dropped and why, and whose work it is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_slm_training.collect.record import write_json
from python_slm_training.curate import nearduplicates, plots, quality
from python_slm_training.curate.split import SPLITS

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
_BYTES_A_TOKEN = 3.77  # 16K vocabulary with the Qwen2 pre-tokenizer, measured on five held-out repositories


@dataclass(frozen=True)
class SourceResult:
    """One source: its ``split``, the notes of collection and cleaning, what was written, what was repeated."""

    split: str
    collected: Json
    cleaned: Json
    written: Json
    duplicates: dict[str, list[int]]


def card_of(results: list[SourceResult]) -> Json:
    """The card as JSON. Counts are ``[files, bytes]``."""
    splits: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    licences: dict[str, list[int]] = {}
    dropped: dict[str, list[int]] = {}
    sizes: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    for result in results:
        written = {name: result.written[name] for name in ("files", "bytes", "lines")}
        splits[result.split].update({**written, "repositories": int(written["files"] > 0)})
        sizes.update({str(bits): count for bits, count in result.written["sizes"].items()})
        masked.update(result.cleaned["masked"])
        _merge(licences, result.written["licences"])
        _merge(dropped, result.cleaned["dropped"])
        _merge(dropped, result.duplicates)
    totals = [sum(result.cleaned["total"][at] for result in results) for at in (0, 1)]
    return {
        "format": 1,
        "collected": totals,
        "kept": [sum(splits[split][what] for split in SPLITS) for what in ("files", "bytes")],
        "splits": {split: dict(counts) for split, counts in splits.items()},
        "estimated_tokens": {split: round(counts["bytes"] / _BYTES_A_TOKEN) for split, counts in splits.items()},
        "dropped": _by_bytes(dropped),
        "masked": dict(masked.most_common()),
        "licences": _by_bytes(licences),
        "file_sizes_log2": {bits: sizes[bits] for bits in sorted(sizes, key=int)},
        "filters": _filters(),
        "sources": [_source(result) for result in results],
    }


def _merge(into: dict[str, list[int]], more: dict[str, list[int]]) -> None:
    for name, (files, size) in more.items():
        counts = into.setdefault(name, [0, 0])
        counts[0] += files
        counts[1] += size


def _by_bytes(counts: dict[str, list[int]]) -> dict[str, list[int]]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1][1], item[0])))


def _filters() -> Json:
    return {
        "characters": [quality.MIN_CHARACTERS, quality.MAX_CHARACTERS],
        "max_line_characters": quality.MAX_LINE,
        "max_mean_line_characters": quality.MAX_MEAN_LINE,
        "near_duplicates": {
            "jaccard": nearduplicates.THRESHOLD,
            "shingle_words": nearduplicates.SHINGLE,
            "bands": nearduplicates.BANDS,
            "rows": nearduplicates.ROWS,
        },
    }


def _source(result: SourceResult) -> Json:
    about = {name: result.collected[name] for name in ("repo", "source", "revision", "collected_at")}
    counts = {"files": result.written["files"], "bytes": result.written["bytes"]}
    return {**about, "split": result.split, **counts, "licences": list(result.written["licences"])}


def write_card(card: Json, folder: Path) -> None:
    """``card.json``, ``README.md`` and plots, without any code of the corpus."""
    write_json(folder / "card.json", card)
    (folder / "README.md").write_text(readme(card), encoding="utf-8")
    plots.draw(card, folder)


def readme(card: Json) -> str:
    """The card for people, as Markdown."""
    files, size = card["kept"]
    return _TEMPLATE.format(
        files=files,
        size=_megabytes(size),
        collected_files=card["collected"][0],
        collected_size=_megabytes(card["collected"][1]),
        splits=_splits(card),
        dropped=_counts(card["dropped"], card["collected"][1]),
        masked=", ".join(f"{count} × {what}" for what, count in card["masked"].items()) or "nothing",
        licences=_counts(card["licences"], size),
        sources=_sources(card["sources"]),
    )


def _splits(card: Json) -> str:
    rows = []
    for split, counts in card["splits"].items():
        share = counts.get("bytes", 0) / max(1, card["kept"][1])
        tokens = card["estimated_tokens"][split] / 1e6
        numbers = f"{counts.get('repositories', 0)} | {counts.get('files', 0)} | {_megabytes(counts.get('bytes', 0))}"
        rows.append(f"| {split} | {numbers} | {share:.1%} | {tokens:.1f} M |")
    return "\n".join(rows)


def _counts(counts: dict[str, list[int]], total: int) -> str:
    rows = counts.items()
    return "\n".join(f"| {name} | {n} | {_megabytes(size)} | {size / max(1, total):.1%} |" for name, (n, size) in rows)


def _sources(sources: list[Json]) -> str:
    rows = []
    for each in sources:
        if each["files"]:
            revision = each["revision"][:12] if re.fullmatch(r"[0-9a-f]{40,}", each["revision"]) else each["revision"]
            size = _megabytes(each["bytes"])
            licences = "; ".join(each["licences"])
            rows.append(f"| {each['repo']} | {each['source']} | {revision} | {licences} | {size} | {each['split']} |")
    return "\n".join(rows)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB"


_TEMPLATE = """# Corpus of Python source code

{files} files, {size} of text, kept of {collected_files} files, {collected_size} collected. Every record carries its
repository, path, revision, licence (SPDX) and dates. Made by `slm data collect` and `slm data curate`; `card.json` has
the same figures.

## Splits

By repository, so that no project is in two splits; near-duplicates were removed across all of them.
Tokens are an estimate at 3.77 bytes a token.

| split | repositories | files | text | share | tokens |
|---|--:|--:|--:|--:|--:|
{splits}

## What was dropped, and why

| reason | files | text | share of collected |
|---|--:|--:|--:|
{dropped}

![text by outcome](dropped.svg)

Masked in what stayed: {masked}.
Replacements have the same syntax: `REDACTED`, `user@example.com`, `192.0.2.1`, `2001:db8::1`.

## Filters, in order

1. Projects reserved for evaluation, and folders or modules named like them (vendored copies).
2. Licence: from the file's SPDX header, the nearest licence text above it, or the metadata; unknown is not permissive.
3. Size; generated, minified or obfuscated files, data in the form of code; private keys.
4. Benchmarks: any 13-word sequence, or most of the longer lines, of a problem or its solution.
5. Secrets and personal data are masked; what then does not parse is dropped.
6. Exact duplicates, then near-duplicates (MinHash over word 5-grams, Jaccard 0.7, 14 bands of 8 rows).

## Licences

| licence | files | text | share |
|---|--:|--:|--:|
{licences}

![licences](licences.svg)

![file sizes](sizes.svg)

## Sources

The code belongs to the authors of these projects, under the licences named.

| project | kind | revision | licences | text | split |
|---|---|---|---|--:|---|
{sources}

## Limits

Code that is public and permissively licensed is not the code people write every day: large frameworks weigh more than
scripts, and tests more than applications. Masking knows common forms of secrets and addresses only. A benchmark's idea
in other words is not found.
"""
