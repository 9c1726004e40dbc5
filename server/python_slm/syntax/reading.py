"""The scopes of one ``ast`` tree, by Python's rules for them: what it binds, and which names it reads.

Two ways to read: an outline (``deep=False``) looks at statements alone and leaves functions out, which costs a tenth;
a deep reading also keeps the names, calls, attributes and imports within a span, and looks into no other functions.
"""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING

from python_slm.syntax.bindings import END, START, Binding, Frame, Mention, Use, dotted, end_of, start_of
from python_slm.syntax.parameters import parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.syntax.bindings import FrameKind, Spot

_IN_CLASS = ("__module__", "__qualname__", "__annotations__", "__firstlineno__", "__static_attributes__")


class ScopeReader(ast.NodeVisitor):
    """Call ``visit`` with a module, then read ``module``; deep ones fill ``uses`` and ``mentions`` within ``span``."""

    def __init__(self, *, deep: bool, text: str, span: tuple[Spot, Spot] = (START, END)) -> None:
        self.module = self._frame = Frame("module", None)
        self.uses: list[Use] = []
        self.mentions: list[Mention] = []
        self.frames: list[Frame] = [self.module]
        self._deep = deep
        self._walrus = ":=" in text
        self._globals = "global" in text
        self._first, self._last = span
        self._loops: tuple[Spot, ...] = ()
        self._deferred = False
        self._caught: frozenset[str] = frozenset()
        self._string: ast.JoinedStr | None = None

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Decorators and defaults belong outside, parameters and body inside."""
        self._visit_all(node.decorator_list)
        decorators = tuple(dotted(one) for one in node.decorator_list)
        parameters = parameters_of(node.args) if all(one in _HARMLESS for one in decorators) else None
        since = start_of(node.body[0])
        self._bind(Binding(node.name, "function", since, parameters=parameters, decorators=decorators))
        if not self._inside(node):
            if self._globals:
                self._declared(node)
            return
        with self._type_parameters(node):
            self._signature(node.args)
            self._later(node.returns)
            with self._within("function", node):
                self._bind_parameters(node.args)
                self._visit_all(node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - how ast names its hooks

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Like a function without a name."""
        self._signature(node.args)
        with self._within("function", node):
            self._bind_parameters(node.args)
            self.visit(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """The class is bound once its body has run."""
        self._visit_all(node.decorator_list)
        with self._type_parameters(node):
            self._visit_all(node.bases)
            self._visit_all(one.value for one in node.keywords)
            with self._within("class", node) as frame:
                for name in _IN_CLASS:
                    self._bind(Binding(name, "variable"))
                self._visit_all(node.body)
        names = tuple(dotted(one) for one in node.bases)
        decorators = tuple(dotted(one) for one in node.decorator_list)
        known = all(names) and not node.keywords and not frame.star
        inside = {name: tuple(bound) for name, bound in frame.bindings.items()}
        self._bind(
            Binding(
                node.name, "class", end_of(node), bases=names if known else None, decorators=decorators, inside=inside
            )
        )

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        """The first iterable belongs outside."""
        self.visit(node.generators[0].iter)
        with self._within("comprehension", node):
            for place, generator in enumerate(node.generators):
                self._store(generator.target, START)
                if place:
                    self.visit(generator.iter)
                self._visit_all(generator.ifs)
            elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            self._visit_all(elements)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # noqa: N815 - see above

    # What binds

    def visit_Assign(self, node: ast.Assign) -> None:
        """Bound once the value is there."""
        self._expression(node.value)
        for target in node.targets:
            self._store(target, end_of(node))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Reads its target, too."""
        self._expression(node.value)
        if isinstance(node.target, ast.Name):
            self._use(node.target)
        self._store(node.target, end_of(node))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """A bare annotation binds as well: what it announces is bound elsewhere."""
        self._later(node.annotation)
        self._expression(node.value)
        self._store(node.target, end_of(node))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Binds around the comprehensions that it stands in."""
        self.visit(node.value)
        frame, since = self._frame, end_of(node)
        while frame.kind == "comprehension" and frame.parent:
            frame, since = frame.parent, start_of(frame.node) if isinstance(frame.node, ast.expr) else since
        self._bind(Binding(node.target.id, "variable", since, loops=self._loops), frame)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """The target is bound once the iterable is there."""
        self._expression(node.iter)
        with self._loop(node):
            self._store(node.target, end_of(node.iter))
            self._visit_all(node.body)
        self._visit_all(node.orelse)

    visit_AsyncFor = visit_For  # noqa: N815 - see above

    def visit_While(self, node: ast.While) -> None:
        """What its body binds, its condition may read."""
        with self._loop(node):
            self._expression(node.test)
            self._visit_all(node.body)
        self._visit_all(node.orelse)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        """Each item may read the ones before."""
        for item in node.items:
            self._expression(item.context_expr)
            if item.optional_vars:
                self._store(item.optional_vars, end_of(item.context_expr))
        self._visit_all(node.body)

    visit_AsyncWith = visit_With  # noqa: N815 - see above

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        """An exception's name ends with its handler."""
        outer = self._caught
        self._caught = outer.union(name for handler in node.handlers for name in _caught(handler))
        self._visit_all(node.body)
        self._caught = outer
        for handler in node.handlers:
            self._expression(handler.type)
            if handler.name:
                since = start_of(handler.body[0])
                self._bind(Binding(handler.name, "variable", since, end_of(handler), loops=self._loops))
            self._visit_all(handler.body)
        self._visit_all(node.orelse)
        self._visit_all(node.finalbody)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        """The same."""
        self.visit_Try(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        """A capture."""
        self.generic_visit(node)
        if node.name:
            self._bind(Binding(node.name, "variable", end_of(node), loops=self._loops))

    visit_MatchStar = visit_MatchAs  # noqa: N815 - see above

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """Its rest is a capture."""
        self.generic_visit(node)
        if node.rest:
            self._bind(Binding(node.rest, "variable", end_of(node), loops=self._loops))

    def visit_Import(self, node: ast.Import) -> None:
        """``import a.b`` binds ``a``."""
        self._mention(node)
        for one in node.names:
            name = one.asname or one.name.partition(".")[0]
            module = one.name if one.asname else name
            self._bind(Binding(name, "import", end_of(node), loops=self._loops, module=module))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """A star may bind anything."""
        self._mention(node)
        module = "." * node.level + (node.module or "")
        for one in node.names:
            if one.name == "*":
                self._frame.star = True
                continue
            name = one.asname or one.name
            self._bind(Binding(name, "import", end_of(node), loops=self._loops, module=module, member=one.name))

    def visit_Global(self, node: ast.Global) -> None:
        """Whoever declares a name global binds it in the module."""
        self._frame.globals.update(node.names)
        for name in node.names:
            self._bind(Binding(name, "variable"), self.module)

    def visit_TypeAlias(self, node: ast.AST) -> None:
        """``type X = …``, since Python 3.12."""
        name, value = node.name, node.value  # type: ignore[attr-defined]
        self._bind(Binding(name.id, "variable"))
        with self._type_parameters(node):
            self._later(value)

    # What reads

    def visit_Name(self, node: ast.Name) -> None:
        """A name that is read or deleted; those that are bound come by ``_store``."""
        self._use(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Kept, when asked for."""
        self._mention(node)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """Kept, when asked for."""
        self._mention(node)
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Positions inside are not to be trusted."""
        outer, self._string = self._string, self._string or node
        self.generic_visit(node)
        self._string = outer

    def visit(self, node: ast.AST) -> None:
        """Expressions away from the span are left out, unless the text has an assignment within one."""
        if not isinstance(node, ast.expr) or self._walrus or self._inside(node):
            super().visit(node)

    # Helpers

    def _expression(self, node: ast.expr | None) -> None:
        if node is not None:
            self.visit(node)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _later(self, node: ast.expr | None) -> None:
        """An annotation: whether it is evaluated in order depends on the Python that runs it."""
        outer, self._deferred = self._deferred, True
        self._expression(node)
        self._deferred = outer

    def _store(self, target: ast.expr, since: Spot) -> None:
        if isinstance(target, ast.Name):
            self._bind(Binding(target.id, "variable", since, loops=self._loops))
        elif isinstance(target, ast.Tuple | ast.List):
            for one in target.elts:
                self._store(one, since)
        elif isinstance(target, ast.Starred):
            self._store(target.value, since)
        else:
            self.visit(target)

    def _bind(self, binding: Binding, frame: Frame | None = None) -> None:
        into = frame or self._frame
        if binding.name in into.globals:
            into = self.module
        into.bindings.setdefault(binding.name, []).append(binding)

    def _bind_parameters(self, arguments: ast.arguments) -> None:
        for one in parameters_of(arguments):
            self._bind(Binding(one.name, "parameter"))

    def _signature(self, arguments: ast.arguments) -> None:
        self._visit_all(arguments.defaults)
        self._visit_all(one for one in arguments.kw_defaults if one)
        every = (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg)
        for one in every:
            self._later(one.annotation if one else None)

    def _declared(self, node: ast.AST) -> None:
        for one in ast.walk(node):
            if isinstance(one, ast.Global):
                for name in one.names:
                    self._bind(Binding(name, "variable"), self.module)

    def _use(self, node: ast.Name) -> None:
        if self._inside(node):
            self.uses.append(self._at(node, node.id))

    def _mention(self, node: ast.Call | ast.Attribute | ast.Import | ast.ImportFrom) -> None:
        if self._inside(node):
            self.mentions.append(Mention(node, self._at(node, "")))

    def _inside(self, node: ast.expr | ast.stmt) -> bool:
        around = self._string or node
        return self._deep and start_of(around) < self._last and end_of(around) > self._first

    def _at(self, node: ast.expr | ast.stmt, name: str) -> Use:
        around = self._string or node
        return Use(
            name,
            self._frame,
            start_of(around),
            end_of(around),
            self._loops,
            self._deferred,
            self._caught,
            self._string is not None,
        )

    @contextmanager
    def _within(self, kind: FrameKind, node: ast.AST) -> Iterator[Frame]:
        """A scope of its own; a function's body does not run in the loops around it."""
        outer, loops, deferred = self._frame, self._loops, self._deferred
        self._frame = Frame(kind, outer, node)
        self.frames.append(self._frame)
        if kind == "function":
            self._loops, self._deferred = (), False
        yield self._frame
        self._frame, self._loops, self._deferred = outer, loops, deferred

    @contextmanager
    def _loop(self, node: ast.stmt) -> Iterator[None]:
        outer, self._loops = self._loops, (*self._loops, start_of(node))
        yield
        self._loops = outer

    @contextmanager
    def _type_parameters(self, node: ast.AST) -> Iterator[None]:
        parameters = getattr(node, "type_params", ())  # since Python 3.12
        if not parameters:
            yield
            return
        with self._within("comprehension", node):
            for one in parameters:
                self._bind(Binding(one.name, "variable"))
                self._later(getattr(one, "bound", None))
            yield


_HARMLESS = {"staticmethod", "classmethod", "abstractmethod", "abc.abstractmethod", "override", "typing.override"}
"""Decorators that leave the parameters as they are, or only take the first one away."""


def _caught(handler: ast.excepthandler) -> list[str]:
    """Names of exceptions; a bare ``except`` has an empty one."""
    assert isinstance(handler, ast.ExceptHandler)  # the only kind there is
    if handler.type is None:
        return [""]
    several = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [dotted(one) for one in several]
