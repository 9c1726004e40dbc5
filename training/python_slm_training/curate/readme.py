"""The dataset card for people, as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from python_slm_training.curate.table import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]


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
        labels="\n\n".join(_label(card, label) for label in ("domain", "difficulty", "python", "pattern")),
        divergence="\n".join(_divergence(card)),
        leaks=card["leakage"]["removed"],
        exact=card["leakage"]["exact"],
        near=card["leakage"]["near"],
        quality="\n".join(f"| {part} | {weight} |" for part, weight in card["filters"]["quality"].items()),
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


def _label(card: Json, label: str) -> str:
    """A table of one label: what share of each split's text has each value; values that nothing has are left out."""
    by_split = card["labels"][label]
    totals = {split: max(1, counts.get("bytes", 0)) for split, counts in card["splits"].items()}
    rows = [f"| {label} | files | " + " | ".join(totals) + " |", "|---|--:|" + "--:|" * len(totals)]
    for place, value in enumerate(VALUES[label]):
        files = sum(by_split[split][place][0] for split in totals)
        shares = (f"{by_split[split][place][1] / total:.1%}" for split, total in totals.items())
        if files:
            rows.append(f"| {value} | {files} | " + " | ".join(shares) + " |")
    return "\n".join(rows)


def _divergence(card: Json) -> Iterator[str]:
    for label, by_split in card["divergence"].items():
        yield f"| {label} | " + " | ".join(f"{bits:.4f}" for bits in by_split.values()) + " |"


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


_TEMPLATE = """# Corpus of Python

{files} files, {size} of text, kept of {collected_files} files, {collected_size} collected. Every record carries its
repository, path, revision, licence (SPDX) and dates. Made by `slm data collect` and `slm data curate`; `card.json` has
the same figures.

## Splits

By repository, so that no project is in two splits, and so that their labels resemble each other.
Tokens are an estimate at 3.77 bytes a token.

| split | repositories | files | text | share | tokens |
|---|--:|--:|--:|--:|--:|
{splits}

A text of validation or test that is nearly one of an earlier split was removed: {leaks} files. Checked afterwards, with
bands that find 99.95 % of pairs at Jaccard 0.7: {exact} exact and {near} near-duplicates across splits.

How far a split's text is from the other two, in bits of Jensen–Shannon divergence (0 alike, 1 nothing in common):

| label | train | valid | test |
|---|--:|--:|--:|
{divergence}

## Labels

Every record has them in `metadata.labels`. Shares are of a split's text; a file may have several patterns or none.

{labels}

![labels](labels.svg)

Domain: from path, imports and project. Difficulty: points for branches, nesting and demanding constructs. Python: the
oldest version by syntax and standard library. Quality, from 0 to 1, is the weighted mean of what applies:

| part | weight |
|---|--:|
{quality}

![quality](quality.svg)

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
3. Size; generated, minified, obfuscated or malicious files, data in the form of code; private keys.
4. Benchmarks: any 13-word sequence, or most of the longer lines, of a problem or its solution.
5. Secrets and personal data are masked; what then does not parse is dropped.
6. Exact duplicates, then near-duplicates (MinHash over word 5-grams, Jaccard 0.7, 14 bands of 8 rows).
7. Of a project or domain that has more than its share, if one is set, the files of least quality.

Text that is not Python (documentation, questions and answers) passes 1, 2, 4, 5 and 6, and the limits of size.

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
