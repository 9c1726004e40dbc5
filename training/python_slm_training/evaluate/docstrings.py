"""Docstrings for functions of held-out files: whether their facts are right, and how near they are to the real ones.

The model sees the function with its docstring taken out and fills the gap, up to the closing quotes; *asked*, it gets
the function without one and the prompt of the task ``docstring``, which only tuned models were taught. A docstring's
*claims* are what can be checked against the code: every parameter it names exists, a described return value is
returned or yielded, a named exception is raised here, a name in back quotes occurs in the function. *Facts right* is
the share of right claims; *written without a wrong claim* the share of functions that got a docstring and no wrong
claim, which prose that claims nothing also has: read it beside chrF and the parameters described. *Parameters
described* is over the parameters of functions whose committed docstring describes some. chrF is that of
``evaluate.chrf`` against the committed docstring. Bounds: the committed docstring itself, and the function's name in
words, which makes no claim.
"""

from __future__ import annotations

import ast
import random
import re
import textwrap
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docstring_parser

from python_slm_training.evaluate import benchmarks
from python_slm_training.evaluate.chrf import chrf
from python_slm_training.evaluate.intervals import Observations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm_training.evaluate.sources import SourceFile

MOST_LINES = 60
MIN_CHARACTERS = 20
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_QUOTED = re.compile(r"`+([A-Za-z_]\w*)(?:\(\))?`+")
_SPOKEN = frozenset({"None", "True", "False", "self", "cls"})


@dataclass(frozen=True)
class Function:
    """``before + docstring + after`` is the function's code; quotes belong to ``before`` and ``after``."""

    file: str
    path: str
    name: str
    before: str
    docstring: str
    after: str

    @property
    def bare(self) -> str:
        """The function as if it had never had a docstring, dedented."""
        return textwrap.dedent(self.before.rpartition("\n")[0] + "\n" + self.after.partition("\n")[2])

    @property
    def node(self) -> _Function:
        """The function without its docstring's text."""
        return _parsed(self.before + self.after)


@dataclass(frozen=True)
class Claims:
    """What a docstring says that the code can confirm, and how much of it the code does."""

    made: int
    right: int
    described: frozenset[str]
    """Parameters that exist and are described."""


@dataclass(frozen=True)
class Written:
    """One docstring, judged. ``parameters``: how many there are to describe, 0 where the committed one has none."""

    file: str
    text: str
    similarity: float
    claims: int
    right: int
    described: int
    parameters: int


def sample_functions(files: Sequence[SourceFile], count: int, seed: int) -> list[Function]:
    """``count`` documented functions of at most 60 lines, at most two a file."""
    chosen: list[Function] = []
    for file in random.Random(f"{seed}:docstrings").sample(files, len(files)):  # noqa: S311 - reproducible
        if len(chosen) >= count:
            break
        chosen += benchmarks.sample(list(_documented(file)), 2, seed, file.key)
    return chosen[:count]


def claims(text: str, function: _Function) -> Claims:
    """Check ``text``, a docstring of ``function``. Text that no docstring style can be read from makes no claims."""
    try:
        found = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        return Claims(0, 0, frozenset())
    parameters = _parameters(function)
    code = set(re.findall(r"\w+", ast.unparse(function)))
    named = [name.strip().lstrip("*") for one in found.params for name in one.arg_name.split(",")]
    verdicts = [name in parameters for name in named]
    if found.returns is not None and (found.returns.description or found.returns.type_name):
        verdicts.append(_gives_back(function))
    raised = {name for node in ast.walk(function) if isinstance(node, ast.Raise) for name in _names(node)}
    verdicts += [one.type_name.rpartition(".")[2] in raised for one in found.raises if one.type_name]
    verdicts += [name in code or name in _SPOKEN for name in _QUOTED.findall(text)]
    return Claims(len(verdicts), sum(verdicts), frozenset(named) & parameters)


def judge(function: Function, text: str) -> Written:
    """Compare ``text`` with the code and with the committed docstring."""
    node = function.node
    made = claims(text, node)
    committed = claims(function.docstring, node)
    return Written(
        function.file,
        text,
        chrf(text, function.docstring),
        made.made,
        made.right,
        len(made.described) if committed.described else 0,
        len(_parameters(node)) if committed.described else 0,
    )


def name_in_words(function: Function) -> str:
    """The floor: ``get_user_name`` → ``Get user name.``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", function.name).replace("_", " ").split()
    return (" ".join(words).capitalize() or function.name) + "."


def observations(written: Sequence[Written]) -> dict[str, Observations]:
    """``chrf``, ``facts``, ``faultless`` and ``parameters``."""
    files = [one.file for one in written]
    faultless = [bool(one.text.strip()) and one.right == one.claims for one in written]
    return {
        "chrf": Observations.each([one.similarity for one in written], files),
        "facts": Observations([one.right for one in written], [one.claims for one in written], files),
        "faultless": Observations.each(faultless, files),
        "parameters": Observations([one.described for one in written], [one.parameters for one in written], files),
    }


def _documented(file: SourceFile) -> Iterator[Function]:
    lines = file.text.splitlines(keepends=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(file.text)
    for node in ast.walk(tree):
        if not isinstance(node, _Function) or len(node.body) < 2:  # noqa: PLR2004 - docstring and code
            continue
        text = ast.get_docstring(node) or ""
        if len(text) >= MIN_CHARACTERS and (node.end_lineno or 0) - node.lineno < MOST_LINES:
            found = _cut(file, node, text, lines)
            if found:
                yield found


def _cut(file: SourceFile, node: _Function, text: str, lines: Sequence[str]) -> Function | None:
    """The function around its docstring; None where that is not a plain triple-quoted string on lines of its own."""
    string = node.body[0]
    start = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
    first, last, end = string.lineno - 1, string.end_lineno or string.lineno, node.end_lineno or node.lineno
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    quoted = "".join(lines[first:last]).strip()
    if not (quoted.startswith('"""') and quoted.endswith('"""')) or node.body[1].lineno <= last:
        return None
    before = "".join(lines[start:first]) + f'{indent}"""'
    after = '"""\n' + "".join(lines[last:end])
    found = Function(file.key, file.path, node.name, before, text, after)
    try:
        _parsed(before + after)
    except (SyntaxError, IndexError):
        return None
    return found


def _parsed(code: str) -> _Function:
    """The function in ``code``, which may be indented. Raises SyntaxError, or IndexError when there is none."""
    indented = code[:1].isspace()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(f"class _:\n{code}" if indented else code)
    return next(iter(node for node in ast.walk(tree) if isinstance(node, _Function)), None) or _missing(code)


def _missing(code: str) -> _Function:
    raise SyntaxError(f"no function in {code[:60]!r}")


def _parameters(function: _Function) -> frozenset[str]:
    """Names of all parameters but self and cls."""
    found = function.args
    names = [one.arg for one in (*found.posonlyargs, *found.args, *found.kwonlyargs, found.vararg, found.kwarg) if one]
    return frozenset(names) - {"self", "cls"}


def _gives_back(function: _Function) -> bool:
    return any(
        isinstance(node, ast.Yield | ast.YieldFrom) or (isinstance(node, ast.Return) and node.value is not None)
        for node in ast.walk(function)
    )


def _names(node: ast.Raise) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} | {
        one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)
    }
