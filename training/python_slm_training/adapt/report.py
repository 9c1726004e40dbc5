"""The report of one adaptation, as Markdown and as one HTML page that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from python_slm_training.adapt.verdict import table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from python_slm_training.adapt.verdict import Verdict

MARKDOWN, PAGE = "report.md", "report.html"


def write_report(
    folder: Path, *, spec: str, verdict: Verdict, facts: Mapping[str, str], examples: Mapping[str, list[dict[str, str]]]
) -> None:
    """Write ``report.md`` and ``report.html``. The examples show code of the repository, so only the page has them."""
    about = [f"- {name}: {value}" for name, value in facts.items()]
    text = "\n".join([f"# {spec}", "", *about, "", *table(verdict), "", _conclusion(verdict), ""])
    (folder / MARKDOWN).write_text(text, encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("python_slm_training.adapt", "."), autoescape=True, undefined=StrictUndefined
    )
    values: dict[str, Any] = {"spec": spec, "facts": facts, "rows": verdict.rows, "examples": examples}
    page = environment.get_template("report.html.jinja").render(**values, conclusion=_conclusion(verdict))
    (folder / PAGE).write_text(page, encoding="utf-8")


def _conclusion(verdict: Verdict) -> str:
    if verdict.better:
        return "Better on this repository, and general Python did not suffer: put in use."
    return f"Not put in use: {'; '.join(verdict.reasons)}."
