"""What a file's syntax tree tells of a definition: parameters, members, header, docstring; None where not certain.

Certain means: no decorator, base class, metaclass or trick at run time may make it other than it reads.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from copy import copy
from types import ModuleType
from typing import TYPE_CHECKING

from python_slm.syntax.parameters import Parameter, parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef

MAX_CHARACTERS = 2_000_000
_HEADER_CHARACTERS = 400
_SUMMARY_CHARACTERS = 300
DOCSTRING_CHARACTERS = 4_000
_TRANSPARENT = frozenset(
    (
        "abstractmethod",
        "asynccontextmanager",
        "cache",
        "classmethod",
        "contextmanager",
        "final",
        "lru_cache",
        "override",
        "staticmethod",
    )
)
"""Decorators that leave a function's parameters alone."""
_ATTRIBUTES = frozenset(("property", "cached_property", "abstractproperty"))
_CLASS_DECORATORS = frozenset(("dataclass", "final", "total_ordering", "runtime_checkable"))
_DYNAMIC = frozenset(("__getattr__", "__getattribute__"))
_TRICKS = frozenset(("globals", "vars", "setattr", "exec", "eval", "locals"))
_PLAIN_DATACLASS = frozenset(("frozen", "slots", "eq", "order", "repr", "unsafe_hash"))
_OF_EVERY_MODULE = frozenset((*dir(ModuleType("")), "__annotations__", "__builtins__", "__file__", "__path__"))
_OF_EVERY_CLASS = frozenset((*dir(object), *dir(type), "__annotations__", "__slots__", "__weakref__"))


def parse(path: Path) -> ast.Module | None:
    """The tree of a file; None when it cannot be read, is too large, or is of another Python."""
    try:
        data = path.read_bytes()
        if len(data) > MAX_CHARACTERS:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are the file's business
            return ast.parse(data)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def locate(scope: Scope, name: str, line: int) -> tuple[ast.stmt, Scope] | None:
    """The function or class ``name`` at ``line``, from 1, and the module or class it belongs to; not local ones."""
    for node in _statements(scope.body):
        if isinstance(node, Function | ast.ClassDef):
            if node.name == name and node.lineno == line:
                return node, scope
            if isinstance(node, ast.ClassDef) and node.lineno <= line <= (node.end_lineno or line):
                return locate(node, name, line)
    return None


def header(node: ast.stmt) -> str:
    """``def area(self, scale=1) -> float:``, in one line; empty for what is neither function nor class."""
    if not isinstance(node, Function | ast.ClassDef):
        return ""
    bare = copy(node)
    bare.decorator_list, bare.body = [], []
    text = ast.unparse(bare).strip().split("\n", 1)[0]
    return text if len(text) <= _HEADER_CHARACTERS else f"{text[:_HEADER_CHARACTERS]}…"


def summary(node: ast.AST) -> str:
    """First paragraph of the docstring, in one line."""
    if not isinstance(node, Function | ast.ClassDef | ast.Module):
        return ""
    paragraph = re.split(r"\n\s*\n", ast.get_docstring(node) or "", maxsplit=1)[0]
    return " ".join(paragraph.split())[:_SUMMARY_CHARACTERS]


def docstring(node: ast.AST) -> str:
    """The docstring, dedented; a long one up to the end of a line."""
    if not isinstance(node, Function | ast.ClassDef | ast.Module):
        return ""
    text = ast.get_docstring(node) or ""
    return text if len(text) <= DOCSTRING_CHARACTERS else text[:DOCSTRING_CHARACTERS].rpartition("\n")[0] + "\n…"


def is_attribute(node: ast.stmt) -> bool:
    """Whether a function is read as an attribute, and not called."""
    return isinstance(node, Function) and not _ATTRIBUTES.isdisjoint(map(_last_name, node.decorator_list))


def parameters(node: Function, scope: Scope, *, receiver: bool) -> tuple[Parameter, ...] | None:
    """What a call of a function must and may give; ``receiver``: it is called on an instance, which is not given."""
    decorators = {_last_name(one) for one in node.decorator_list}
    if not decorators <= _TRANSPARENT or list(bound(scope.body)).count(node.name) != 1:
        return None
    found = parameters_of(node.args)
    if isinstance(scope, ast.ClassDef) and "staticmethod" not in decorators:
        receiver = receiver or "classmethod" in decorators or node.name in ("__new__", "__init__")
        return (found[1:] if found and found[0].kind in ("positional", "either") else None) if receiver else found
    return found


def dataclass_parameters(node: ast.ClassDef) -> tuple[Parameter, ...] | None:
    """Fields of a plain dataclass without bases that does not write its own constructor; else None."""
    marks = [one for one in node.decorator_list if _last_name(one) == "dataclass"]
    options = {word.arg for one in marks if isinstance(one, ast.Call) for word in one.keywords}
    if len(marks) != 1 or node.bases or not options <= _PLAIN_DATACLASS:
        return None
    found = []
    for field in node.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        kind = ast.unparse(field.annotation)
        if "InitVar" in kind or "KW_ONLY" in kind:
            return None
        if "ClassVar" in kind:
            continue
        words = {word.arg for word in field.value.keywords} if isinstance(field.value, ast.Call) else set()
        if words & {"init", "kw_only", None}:
            return None
        is_field = isinstance(field.value, ast.Call) and _last_name(field.value) == "field"
        has_default = bool(words & {"default", "default_factory"}) if is_field else field.value is not None
        found.append(Parameter(field.target.id, "either", required=not has_default))
    return tuple(found)


def has_plain_class(node: ast.ClassDef) -> bool:
    """Whether nothing but the body and the bases decides what the class has."""
    return (
        not node.keywords
        and {_last_name(one) for one in node.decorator_list} <= _CLASS_DECORATORS
        and _DYNAMIC.isdisjoint(bound(node.body))
    )


def constructor(node: ast.ClassDef) -> Function | None:
    """The class's own ``__init__`` or ``__new__``."""
    makers = [one for one in node.body if isinstance(one, Function) and one.name in ("__init__", "__new__")]
    return makers[0] if len(makers) == 1 else None


def has_constructor(node: ast.ClassDef) -> bool:
    """Whether the class says itself how its instances are made."""
    return not {"__init__", "__new__"}.isdisjoint(bound(node.body))


def own_members(node: ast.ClassDef) -> frozenset[str] | None:
    """Names that the class and its instances have from its own body; None when they are made at run time."""
    if not has_plain_class(node):
        return None
    names = set(_OF_EVERY_CLASS) | set(bound(node.body))
    for method in ast.walk(node):
        if isinstance(method, Function) and method.args.args:
            names.update(_attributes_set(method, method.args.args[0].arg))
        elif _is_trick(method, _TRICKS, ("__dict__",)):
            return None
    return frozenset(names)


def builtin_members(name: str) -> frozenset[str] | None:
    """Names that a built-in class of this Python has."""
    found = getattr(builtins, name, None)
    return frozenset((*dir(found), *_OF_EVERY_CLASS)) if isinstance(found, type) else None


def module_members(tree: ast.Module, path: Path) -> frozenset[str] | None:
    """Names that a module has, submodules of a package among them; None when they are made at run time."""
    names = set(bound(tree.body))
    if "*" in names or not _DYNAMIC.isdisjoint(names):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            names.update(node.names)
        elif _is_trick(node, _TRICKS - {"setattr"}, ("modules", "__dict__")):
            return None
    if path.stem == "__init__":
        names.update(entry.name.partition(".")[0] for entry in path.parent.iterdir())
    return frozenset(names | _OF_EVERY_MODULE)


def bound(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Names that a scope's statements bind, once for each time they do; ``*`` for a star import."""
    for node in _statements(body):
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        else:
            yield from _stored(node)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a scope, those within ``if``, ``try``, ``with`` and loops too."""
    for node in body:
        yield node
        if not isinstance(node, Function | ast.ClassDef):
            for block in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, block, []))
            for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                yield from _statements(part.body)


def _stored(node: ast.stmt) -> Iterator[str]:
    """Names that one statement assigns itself, its blocks left out."""
    blocks = {id(inner) for name in ("body", "orelse", "finalbody") for inner in getattr(node, name, ())}
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, ast.ExceptHandler) and part.name:
            yield part.name
        if not isinstance(part, ast.ExceptHandler | ast.Lambda | ast.match_case):
            pending += [child for child in ast.iter_child_nodes(part) if id(child) not in blocks]


def _is_trick(node: ast.AST, calls: frozenset[str], attributes: tuple[str, ...]) -> bool:
    """Whether names may be made here that no statement binds."""
    if isinstance(node, ast.Call):
        return _last_name(node) in calls
    return isinstance(node, ast.Attribute) and node.attr in attributes


def _attributes_set(method: Function, receiver: str) -> Iterator[str]:
    for part in ast.walk(method):
        if not isinstance(part, ast.Attribute) or not isinstance(part.ctx, ast.Store):
            continue
        if isinstance(part.value, ast.Name) and part.value.id == receiver:
            yield part.attr


def _last_name(node: ast.expr) -> str:
    """``functools.lru_cache(maxsize=1)`` → ``lru_cache``; empty for what has no name."""
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
