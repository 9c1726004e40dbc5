"""Which function of the same file a call, or a mention of a function, certainly means."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Related
from python_slm.syntax.located import FUNCTIONS

if TYPE_CHECKING:
    from python_slm.rules.facts import ClassFacts, FunctionFacts
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

PLAIN_METHOD = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True)
class Callee:
    """A function, how it is meant (``f``, ``self.f``), and where it is defined, if that is known.

    ``method``: it is one of the class around, which a class that inherits from it may replace.
    """

    facts: FunctionFacts
    spoken: str
    related: tuple[Related, ...]
    method: bool = False


def callee(mention: ast.expr, code: Located, file: File) -> Callee | None:
    """The only function that ``mention``, a name or ``self.name``, can mean; None where that is not certain."""
    if isinstance(mention, ast.Name) and isinstance(mention.ctx, ast.Load):
        return _function(mention, code, file)
    if isinstance(mention, ast.Attribute) and isinstance(mention.value, ast.Name):
        return _method(mention, mention.value, code, file)
    return None


def _function(mention: ast.Name, code: Located, file: File) -> Callee | None:
    name, home = mention.id, code.scopes.at(mention).home
    if home is not code.scopes.module:
        stores = [one.node for one in code.scopes.of(name, home) if one.how != "load"]
        if len(stores) != 1 or not isinstance(stores[0], FUNCTIONS) or home.kind == "class":
            return None
        return Callee(file.facts_of(stores[0]), name, (_related(code.span(stores[0]), name, code),))
    facts = file.function(name)
    place = file.place(name) if facts else None
    if facts is None:
        return None
    return Callee(facts, name, (Related(*place, f"'{name}' is defined here"),) if place else ())


def _method(mention: ast.Attribute, owner: ast.Name, code: Located, file: File) -> Callee | None:
    around = class_around(owner, code, file)
    method = around.method(mention.attr) if around else None
    if method is None or around is None or around.facts.decorators or file.sets_attribute(mention.attr):
        return None
    return Callee(method, f"{owner.id}.{mention.attr}", (), method=True)


@dataclass(frozen=True)
class ClassAround:
    """The class around a method, in one block or in several: there, each question is asked of the file by itself.

    ``facts`` hold nothing of its body.
    """

    facts: ClassFacts
    _file: File
    _whole: ClassFacts | None

    def method(self, name: str) -> FunctionFacts | None:
        """See ``ClassFacts``."""
        return self._whole.method(name) if self._whole else self._file.owner_method(name)

    def has(self, name: str) -> bool:
        """See ``ClassFacts``."""
        return self._whole.has(name) if self._whole else self._file.owner_has(name)

    def alike(self, name: str) -> tuple[str, ...]:
        """See ``ClassFacts``."""
        return self._whole.alike(name) if self._whole else self._file.owner_alike(name)


def class_around(owner: ast.Name, code: Located, file: File) -> ClassAround | None:
    """The class whose instance, or itself, is ``owner``: the first parameter of the method around it."""
    node = self_class(owner, code)
    if node is None:
        return None
    if code.block.piece.before and isinstance(code.parents.get(node), ast.Module):  # stands for the class of members
        facts = file.owner()
        return ClassAround(facts, file, None) if facts else None
    whole = file.facts_of_class(node)
    return ClassAround(whole.alone(), file, whole)


def self_class(owner: ast.Name, code: Located) -> ast.ClassDef | None:
    """The class in whose method ``owner`` is the first parameter, called ``self`` or ``cls`` and never bound anew."""
    if owner.id not in ("self", "cls"):
        return None
    home = code.scopes.at(owner).home
    method = home.node
    if not isinstance(method, FUNCTIONS) or not method.args.args or method.args.args[0].arg != owner.id:
        return None
    around = code.parents.get(method)
    stores = [one for one in code.scopes.of(owner.id, home) if one.how != "load"]
    decorators = {getattr(one, "id", "") for one in method.decorator_list}
    if len(stores) != 1 or "staticmethod" in decorators:
        return None
    return around if isinstance(around, ast.ClassDef) else None


def _related(span: tuple[int, int], name: str, code: Located) -> Related:
    start = code.text.find(name, span[0], span[1])
    return Related(start, start + len(name), f"'{name}' is defined here")
