"""The model card: the manifest, for people. It claims nothing that the manifest does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE = """\
---
library_name: onnx
pipeline_tag: text-generation
tags: [code, python, fill-in-the-middle]
---

# {{ name }} {{ version }}

A small language model for Python that completes code at the cursor (fill in the middle, prompt format version
{{ prompt_version }}). It runs in python-slm's engine on a CPU; nothing leaves the machine.

| | |
|---|---|
{% for label, value in facts -%}
| {{ label }} | {{ value }} |
{% endfor %}
## Intended use

It suggests the next few lines of Python in an editor, on the user's own machine, to be read before they are accepted.
Fine-tuning on a team's own code, and research on small code models, are intended too.

## Limits

It knows no facts, follows no instructions, and its code can be wrong, insecure or out of date. It saw Python only, and
{{ context_length }} tokens at once. It was trained on other people's code and can repeat it
{%- if provenance %}: `provenance.bin` says where a suggestion of {{ provenance.guaranteed_tokens }} Python tokens or
more was copied from (setting `completion.provenance`)
{%- endif %}. It must not decide anything about people, and nothing it writes should run unread.

{% if filter -%}
## Show filter

`filter.json` decides how much of a suggestion is shown, if any (settings `completion.show_filter` and
`completion.eagerness`). In simulated typing of {{ filter.stretches }} stretches of projects that it had not learned
from, policy "line":

| | ratio of completed code | accepted, % of what is shown | wrong characters per 100 | characters an acceptance |
|---|---|---|---|---|
{% for name, one in filter.typing.items() -%}
| {{ name }} | {{ [one.completed, 100 * one.acceptance, one.wrong_per_100, one.characters_per_acceptance] | row }} |
{% endfor %}
{% endif -%}
{% if bugs -%}
## Bug findings

`bugs.json` says what the model's suspicions of bugs are worth, kind by kind, with every figure behind it. It was
learned from {{ bugs.fitted_on }} real fixes and judged on {{ bugs.pairs - bugs.fitted_on }} others, of other
repositories. On, because nine of ten alarms were right in both: {{ bugs.on | join(", ") or "none" }}. `slm eval bugs`
measures it again; the setting `diagnostics.bugs` turns findings off.

{% endif -%}
## Training data
{% if data %}
{% for label, value in data -%}
- {{ label }}: {{ value }}
{% endfor %}
{%- else %}
Not recorded: this model was exported without a data card.
{% endif %}
{% if licences -%}
Licences of the training data, in files:

| licence | files |
|---|---|
{% for licence, files in licences -%}
| {{ licence }} | {{ files }} |
{% endfor %}
{%- else -%}
Licences of the training data: not recorded.
{% endif %}
{% if trainer -%}
## Training run

| | |
|---|---|
{% for label, value in trainer -%}
| {{ label }} | {{ value }} |
{% endfor %}
{% endif -%}
## Evaluation
{% if evaluation %}
`{{ evaluation.command }}`, {{ evaluation.created }}; 95 % intervals in brackets. The whole report is in
`evaluation.json`. Replay and typing measure the product: the model, and what the open file itself suggests.
Infilling and bits per byte measure the model alone.

| measure | {{ contestants | join(" | ") }} |
|---|{{ "---|" * contestants | length }}
{% for measure, values in evaluation.figures.items() -%}
| {{ measure }} {% for name in contestants %}| {{ values[name] | estimate if name in values else "–" }} {% endfor %}|
{% endfor %}
{%- else %}
None recorded.
{% endif %}
## Variants
{% if variants %}
| variant | file | for |
|---|---|---|
{% for variant, entry in variants -%}
| {{ variant }} | {{ entry.file }} | {{ entry.for }} |
{% endfor %}
{%- endif %}
Agreement with the trained checkpoint in torch, measured while exporting, on standard library sources:

| variant | tokens | largest logit difference | mean cosine | same likeliest token |
|---|---|---|---|---|
{% for variant, found in agreement -%}
| {{ variant }} | {{ found.tokens | int }} | {{ found.max_difference }} | {{ found.mean_cosine }} | {{ found.top1 }} |
{% endfor %}
## Files

| file | MB | sha256 |
|---|---|---|
{% for file, entry in files -%}
| {{ file }} | {{ "%.2f" | format(entry.bytes / 1e6) }} | {{ entry.sha256[:16] }}… |
{% endfor %}"""


def model_card(manifest: Mapping[str, Any]) -> str:
    """Markdown of a manifest, as ``write_manifest`` returns it."""
    training = dict(manifest["training"])
    data = training.pop("data_card", {})
    network = training.pop("network", {})
    parameters = {"parameters": training.pop("parameters")} if "parameters" in training else {}
    facts = {
        **parameters,
        "layers": manifest["layers"],
        "key-value heads × size": f"{manifest['kv_heads']} × {manifest['head_dim']}",
        "context": f"{manifest['context_length']} tokens",
        "vocabulary": manifest["vocab_size"],
        **network,
    }
    figures = manifest["evaluation"].get("figures", {})
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - Markdown, not HTML
    environment.filters["estimate"] = _estimate
    environment.filters["row"] = lambda values: " | ".join(f"{value:.3g}" for value in values)
    return environment.from_string(_TEMPLATE).render(
        name=manifest["name"],
        version=manifest["version"],
        prompt_version=manifest["prompt_version"],
        facts=_flat(facts),
        trainer=_flat(training),
        data=_flat(data),
        licences=sorted(manifest["licences"].items(), key=lambda item: -item[1]),
        evaluation=manifest["evaluation"],
        contestants=list(dict.fromkeys(name for one in figures.values() for name in one)),
        context_length=manifest["context_length"],
        provenance=manifest["export"].get("provenance"),
        filter=manifest["export"].get("show_filter"),
        bugs=manifest["export"].get("bug_findings"),
        variants=list(manifest["export"].get("variants", {}).items()),
        agreement=list(manifest["export"].get("agreement", {}).items()),
        files=list(manifest["files"].items()),
    )


def _estimate(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested mappings as (path of names, value); lists and empty values are left to the manifest."""
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name} / ")
        elif name == "earlier":
            for number, run in enumerate(value, 1):
                rows += _flat(run, f"{prefix}earlier run {number} / ")
        elif isinstance(value, float):
            rows.append((prefix + name, f"{value:.4g}"))
        elif value not in (None, "", []) and not isinstance(value, list):
            rows.append((prefix + name, value))
    return rows
