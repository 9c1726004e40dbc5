"""What a file tells of who uses a name that it defines: its own places, and whether there may be others."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, TypeVar

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS, Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.syntax.occurrences import Occurrence

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = TypeVar("Definition", bound=ast.stmt)
_NO_METHOD = "it is not a method"
_BY_NAME = {"globals", "locals", "vars", "eval", "exec"}


def in_whole(
    code: Code, *kinds: type[Definition], private: bool = False, method: bool = False
) -> tuple[Code, Definition]:
    """The whole file, and the definition in it whose header is selected; raises RefusedError where there is none.

    The file is read only where there is one, with a private name and in a class where these are wanted.
    """
    here = code.headed(*kinds)
    if here is None:
        raise RefusedError(f"select the first line of a {'class' if ast.ClassDef in kinds else 'function'}")
    if method and not isinstance(code.parents[here], ast.ClassDef):
        raise RefusedError(_NO_METHOD)
    if private:
        _require_underscore(str(getattr(here, "name", "")))
    whole = code.whole
    found = whole.headed(*kinds)
    if found is None:
        raise RefusedError("the code around the selection cannot be read as a whole")
    return whole, found


def require_private(whole: Code, name: str) -> None:
    """Nobody outside of the file uses ``name``, and nobody in it by a string; raises RefusedError where they may."""
    _require_underscore(name)
    require_unspoken(whole, name)


def _require_underscore(name: str) -> None:
    if not name.startswith("_") or name.endswith("__"):
        raise RefusedError("other files may use it: only names that begin with an underscore are this file's own")


def require_unspoken(whole: Code, name: str) -> None:
    """No string holds the name, as those for ``getattr``, ``__all__`` and annotations do."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for node in ast.walk(whole.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and word.search(node.value):
            if not _is_docstring(whole, node):
                raise RefusedError("a string there holds its name")
        elif isinstance(node, ast.Name) and node.id in _BY_NAME:
            raise RefusedError("the file asks for names by strings, as globals does")


def module_uses(whole: Code, definition: Function | ast.ClassDef) -> Sequence[Occurrence]:
    """The places, the definition left out, that mean a function or class of the module, which is bound just once."""
    if whole.parents[definition] is not whole.tree:
        raise RefusedError("it is not defined at the top level of its file")
    everywhere = whole.scopes.of(definition.name, whole.scopes.module)
    if any(one.how != "load" for one in everywhere if one.node is not definition):
        raise RefusedError("its name is bound in more than one place")
    return [one for one in everywhere if one.node is not definition]


def attributes(whole: Code, name: str) -> Sequence[ast.Attribute]:
    """Every ``….name`` of the file."""
    return [one for one in ast.walk(whole.tree) if isinstance(one, ast.Attribute) and one.attr == name]


def own_uses(whole: Code, home: ast.ClassDef, method: Function) -> Sequence[ast.Attribute]:
    """The places that mean a private method, all of them ``self.name`` in its class.

    Raises RefusedError where another object, class or file may mean the method, or the name may mean another method.
    """
    require_private(whole, method.name)
    if home.keywords or any(not (isinstance(one, ast.Name) and one.id == "object") for one in home.bases):
        raise RefusedError("a base class may have a method of that name")
    for node in ast.walk(whole.tree):
        if node is not method and getattr(node, "name", None) == method.name:
            raise RefusedError("something else there has the same name")
        if isinstance(node, ast.Name) and node.id == method.name:
            raise RefusedError("something else there has the same name")
        if isinstance(node, ast.ClassDef) and any(home.name == getattr(one, "id", "") for one in node.bases):
            raise RefusedError("another class there has it as a base")
    found = attributes(whole, method.name)
    for one in found:
        if not isinstance(one.ctx, ast.Load):
            raise RefusedError("something is assigned to it, or it is deleted")
        if not is_self(whole, one.value, home):
            raise RefusedError("it is used with other objects than self, whose class is not known")
    return found


def is_self(whole: Code, node: ast.expr, home: ast.ClassDef) -> bool:
    """Whether an expression is the first parameter of a method of ``home``, never given another value."""
    if not isinstance(node, ast.Name):
        return False
    scope = whole.scopes.at(node).home
    function = scope.node
    if not isinstance(function, FUNCTIONS) or whole.parents[function] is not home or static(function):
        return False
    first = [*function.args.posonlyargs, *function.args.args][:1]
    changed = [one for one in whole.scopes.of(node.id, scope) if one.how != "load" and one.node is not first[0]]
    return bool(first) and first[0].arg == node.id and not changed


def static(function: Function) -> bool:
    """Whether a method gets no object, or may be anything, by its decorators."""
    names = {getattr(one, "id", getattr(one, "attr", "")) for one in function.decorator_list}
    return bool(names & {"staticmethod", "classmethod"})


def method_of(whole: Code, function: ast.stmt) -> ast.ClassDef:
    """The class that a function stands in as a method; raises RefusedError where it does not."""
    home = whole.parents[function]
    if not isinstance(home, ast.ClassDef):
        raise RefusedError(_NO_METHOD)
    return home


def parameters_of(function: Function) -> list[ast.arg]:
    """Those that have a place."""
    return [*function.args.posonlyargs, *function.args.args]


def own_nodes(function: Function) -> Sequence[ast.AST]:
    """The nodes of its body that run in its own frame."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        found.append(node)
        if not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            todo += ast.iter_child_nodes(node)
    return found


def is_stub(function: Function) -> bool:
    """Whether it holds nothing but a docstring, ``pass``, ``...`` or ``raise NotImplementedError``."""
    for one in function.body:
        constant = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        raising = isinstance(one, ast.Raise) and "NotImplementedError" in ast.dump(one)
        if not (constant or raising or isinstance(one, ast.Pass)):
            return False
    return True


def _is_docstring(whole: Code, node: ast.Constant) -> bool:
    statement = whole.parents.get(node)
    return isinstance(statement, ast.Expr)
