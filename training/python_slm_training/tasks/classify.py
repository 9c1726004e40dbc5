"""What code is for: domain and libraries, which its imports give away, and patterns; told from code without imports."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from python_slm_training.collect.edits import parsed
from python_slm_training.curate.domains import GENERAL, domain_of
from python_slm_training.curate.patterns import patterns_of
from python_slm_training.curate.survey import survey
from python_slm_training.tasks.example import Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.tasks.source import SourceFile

MIN_LINES, MAX_LINES = 6, 60
MAX_CHARACTERS = 2_500
_MOST_LIBRARIES = 4


def examples(source: SourceFile) -> Iterator[Example]:
    """One a file: its first definitions. ``kind`` is the domain."""
    if source.tree is None:
        return
    excerpt = _excerpt(source)
    tree = parsed(excerpt) if excerpt else None
    if tree is None:
        return
    found = survey(source.tree)
    repo = str(source.metadata.get("repo") or "")
    domain = domain_of(source.path, repo, found.modules)
    libraries = _libraries(found.modules, source)
    if domain == GENERAL and not libraries:
        return
    patterns = patterns_of(survey(tree), "")
    target = f"domain: {domain}; libraries: {', '.join(libraries) or 'none'}; patterns: {', '.join(patterns) or 'none'}"
    where = f"{source.id}#classify"
    yield Example("classify", domain, target, where, source=excerpt, path="", metadata=source.metadata)


def _excerpt(source: SourceFile) -> str:
    """Whole definitions from the first on, as many as fit; empty if the first is too long or too short."""
    assert source.tree is not None
    lines = source.text.split("\n")
    first = stop = 0
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if first:
                break
            continue
        begin = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        first = first or begin
        end = node.end_lineno or node.lineno
        if end - first + 1 > MAX_LINES:
            break
        stop = end
    text = "\n".join(lines[first - 1 : stop]) + "\n"
    return text if stop - first + 1 >= MIN_LINES and len(text) <= MAX_CHARACTERS else ""


def _libraries(modules: set[str], source: SourceFile) -> list[str]:
    """Imported packages that are neither of the standard library nor of the project itself, most used first."""
    own = {part.lower() for part in (*source.path.split("/"), *str(source.metadata.get("repo") or "").split("/"))}
    tops = {module.split(".", maxsplit=1)[0] for module in modules} - sys.stdlib_module_names - {""}
    outside = [name for name in tops if name.lower() not in own]
    return sorted(outside, key=lambda name: (-source.text.count(name), name))[:_MOST_LIBRARIES]
