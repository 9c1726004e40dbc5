"""What the name at an offset stands for, as far as the file itself tells: header, docstring, where it is bound."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from python_slm.errors import RefusedError
from python_slm.project.describe import header
from python_slm.syntax.located import FUNCTIONS, Located

if TYPE_CHECKING:
    from python_slm.syntax.blocks import Block, BlockIndex
    from python_slm.syntax.definitions import Definition
    from python_slm.syntax.occurrences import Occurrence

Kind = Literal["function", "class", "method", "parameter", "variable", "imported", "builtin"]
_WORD = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
_SHOWN_CHARACTERS = 200
_ALIASES = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Symbol:
    """``start`` to ``end`` is the word. ``name`` is as the file spells it (``np.zeros``), of a member with its class.

    ``header`` is code, in one line; empty where the file does not say. ``docstring`` is whole and dedented.
    """

    name: str
    kind: Kind
    start: int
    end: int
    header: str = ""
    docstring: str = ""
    line: int | None = None
    """Zero-based line that defines it in this file."""


def symbol_at(index: BlockIndex, offset: int) -> Symbol | None:
    """The symbol whose name holds ``offset``; None where there is none, or nothing is known of it."""
    word = word_at(index.text, offset)
    if word is None:
        return None
    start, end = word
    try:
        code = Located(index.text, index.block_at(start))
        scopes = code.scopes
    except RefusedError:
        return _by_text(index, start, end)
    owner = enclosing_class(index, start)
    for occurrence in scopes.occurrences:
        if _name_span(code, occurrence.node, occurrence.name) == word:
            return _of_name(index, code, occurrence, word)
    for node in ast.walk(code.tree):
        if isinstance(node, ast.alias) and code.span(node)[0] <= start and end <= code.span(node)[1]:
            bound = node.asname or node.name.partition(".")[0]
            return Symbol(bound, "imported", *word, header=_import(code, node), line=_line(code, node))
        if isinstance(node, ast.Attribute) and code.span(node)[1] == end and index.text[start:end] == node.attr:
            return _of_attribute(index, node, owner, word)
    return None


def word_at(text: str, offset: int) -> tuple[int, int] | None:
    """The identifier that holds ``offset`` or ends there."""
    line = 1 + max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset))
    for found in _WORD.finditer(text, line):
        if found.start() > offset or found.group() == "":
            return None
        if found.end() >= offset:
            return found.span()
    return None


def definition_of(index: BlockIndex, name: str) -> tuple[ast.stmt, Definition] | None:
    """The node and the place of a top-level function or class, or of a method (``Class.method``), of this file."""
    found = next((one for one in index.definitions() if one.name == name), None)
    if found is None:
        return None
    start = sum(len(line) for line in index.text.splitlines(keepends=True)[: found.line])
    try:
        code = Located(index.text, index.block_at(start))
    except RefusedError:
        return None
    own = name.rpartition(".")[2]
    for node in ast.walk(code.tree):
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and node.name == own and _line(code, node) == found.line:
            return node, found
    return None


def enclosing_class(index: BlockIndex, offset: int) -> str:
    """The top-level class whose body holds ``offset``; empty where there is none."""
    block = next((one for one in index.blocks if one.start <= offset < one.end), None)
    return block.name if block is not None and _is_class(block) else ""


def _is_class(block: Block) -> bool:
    return block.piece.kind == "class"


def _name_span(code: Located, node: ast.AST, name: str) -> tuple[int, int] | None:
    """Where the name itself stands in the node that holds it."""
    if not hasattr(node, "lineno"):
        return None
    start, end = code.span(node)
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        start = code.offset(node.lineno, node.col_offset)
        found = re.compile(rf"(?:async\s+)?(?:def|class)\s+({re.escape(name)})\b").match(code.text, start)
        return found.span(1) if found else None
    found_words = [word.span() for word in re.compile(rf"\b{re.escape(name)}\b").finditer(code.text, start, end)]
    return (found_words[-1] if isinstance(node, ast.alias) else found_words[0]) if found_words else None


def _of_name(index: BlockIndex, code: Located, at: Occurrence, word: tuple[int, int]) -> Symbol | None:
    binders = [one for one in code.scopes.of(at.name, at.home) if one.how == "store"]
    if at.home.kind != "module" and binders:
        return _bound(code, binders[0], word)
    if code.block.piece.before and at.home.kind == "module" and (found := _defined(index, at.name, word)):
        return found
    if binders and not isinstance(binders[0].node, (*FUNCTIONS, ast.ClassDef)):
        return _bound(code, binders[0], word)
    return _defined(index, at.name, word) or _of_module(index, at.name, word) or _builtin(at.name, word)


def _bound(code: Located, binder: Occurrence, word: tuple[int, int]) -> Symbol | None:
    """Of a variable, parameter, import or local function, from the node that binds it."""
    node, name, line = binder.node, binder.name, _line(code, binder.node)
    if isinstance(node, ast.alias):
        return Symbol(name, "imported", *word, header=_import(code, node), line=line)
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        kind: Kind = "class" if isinstance(node, ast.ClassDef) else "function"
        return Symbol(name, kind, *word, header(node), ast.get_docstring(node) or "", line)
    if isinstance(node, ast.arg):
        return Symbol(name, "parameter", *word, header=_parameter(code, node), line=line)
    return Symbol(name, "variable", *word, header=_first_line(code, node), line=line)


def _parameter(code: Located, node: ast.arg) -> str:
    arguments = code.parents[node]
    text = node.arg + (f": {ast.unparse(node.annotation)}" if node.annotation else "")
    if not isinstance(arguments, ast.arguments):
        return text
    positional = [*arguments.posonlyargs, *arguments.args]
    late = positional[len(positional) - len(arguments.defaults) :]
    pairs = [
        *zip(late, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    default = next((value for one, value in pairs if one is node and value is not None), None)
    star = "*" if node is arguments.vararg else "**" if node is arguments.kwarg else ""
    return star + text + (f" = {ast.unparse(default)}" if default is not None else "")


def _import(code: Located, node: ast.alias) -> str:
    statement = code.parents[node]
    bare = type(statement)(**{**dict(ast.iter_fields(statement)), "names": [node]})
    return ast.unparse(bare) if isinstance(bare, _ALIASES) else ""


def _first_line(code: Located, node: ast.AST) -> str:
    """The statement that binds a variable, up to the colon where it has a body, in one line."""
    statement = code.statement(node)
    start, end = code.span(statement)
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body:
        end = code.span(body[0])[0]
    text = " ".join(code.text[start:end].split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _of_attribute(index: BlockIndex, node: ast.Attribute, owner: str, word: tuple[int, int]) -> Symbol | None:
    dotted = ast.unparse(node)
    if not _DOTTED.match(dotted):
        return None
    root = dotted.partition(".")[0]
    if root in ("self", "cls") and owner and dotted.count(".") == 1:
        return _defined(index, f"{owner}.{node.attr}", word) or _instance_variable(index, owner, node.attr, word)
    return _defined(index, dotted, word) or Symbol(dotted, "imported", *word)


def _instance_variable(index: BlockIndex, owner: str, name: str, word: tuple[int, int]) -> Symbol | None:
    """From the first line of the class that sets it."""
    block = next((one for one in index.blocks if one.name == owner and _is_class(one)), None)
    setting = re.compile(rf"^[ \t]*(?:self\.{name}[ \t]*(?:=(?!=)|:)|{name}[ \t]*(?:=(?!=)|:))[^\r\n]*", re.MULTILINE)
    found = setting.search(block.text) if block else None
    if block is None or found is None:
        return None
    line = block.start_line + block.text.count("\n", 0, found.start())
    return Symbol(f"{owner}.{name}", "variable", *word, header=found[0].strip()[:_SHOWN_CHARACTERS], line=line)


def _defined(index: BlockIndex, name: str, word: tuple[int, int]) -> Symbol | None:
    found = definition_of(index, name)
    if found is None:
        return None
    node, place = found
    docstring = ast.get_docstring(node) if isinstance(node, (*FUNCTIONS, ast.ClassDef)) else None
    return Symbol(name, place.kind, *word, header(node), docstring or "", place.line)


def _of_module(index: BlockIndex, name: str, word: tuple[int, int]) -> Symbol | None:
    """A variable or import that another block of the module binds."""
    for block in index.blocks:
        if name not in block.piece.outline.names:
            continue
        try:
            code = Located(index.text, block)
            binders = [one for one in code.scopes.of(name, code.scopes.module) if one.how == "store"]
        except RefusedError:
            continue
        if binders:
            return _bound(code, binders[0], word)
    return None


def _by_text(index: BlockIndex, start: int, end: int) -> Symbol | None:
    """In a block that does not parse: what the rest of the file defines, by name."""
    name = index.text[start:end]
    dotted = re.search(r"(?:[^\W\d]\w*\.)*\Z", index.text[max(0, start - _SHOWN_CHARACTERS) : start])
    word = start, end
    if dotted and dotted[0]:
        full = dotted[0] + name
        owner = enclosing_class(index, start)
        inner = f"{owner}.{name}" if owner and full == f"self.{name}" else full
        return _defined(index, inner, word) or Symbol(full, "imported", *word)
    return _defined(index, name, word) or _of_module(index, name, word) or _builtin(name, word)


def _builtin(name: str, word: tuple[int, int]) -> Symbol | None:
    """Of the Python that runs the server: those hardly differ."""
    found = getattr(builtins, name, None)
    if found is None or not callable(found):
        return None
    try:
        signature = str(inspect.signature(found))
    except (TypeError, ValueError):
        signature = "(…)"
    text = f"class {name}" if isinstance(found, type) else f"def {name}{signature}"
    return Symbol(name, "builtin", *word, text, inspect.getdoc(found) or "")


def _line(code: Located, node: ast.AST) -> int:
    """Zero-based line in the file."""
    line: int = node.lineno  # type: ignore[attr-defined]
    return line - 1 - code.block.piece.lines_before + code.block.start_line
