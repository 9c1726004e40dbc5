"""Known functions are called with arguments that they can take."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict
from python_slm.checks.written import Reader, Written, ended
from python_slm.syntax.bindings import dotted, end_of
from python_slm.syntax.parameters import lacks, misfit, without_instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.checks.base import Candidate, Place
    from python_slm.syntax.bindings import Binding, Spot, Use
    from python_slm.syntax.parameters import Parameter
    from python_slm.syntax.scope import ClassView, Reading

_OWN = ("self", "cls")
_PLAIN_METHOD = {"staticmethod", "classmethod"}


@dataclass(frozen=True)
class PossibleArguments:
    """Counts arguments and looks at keywords, of functions of the open file and of those resolved elsewhere."""

    reader: Reader
    name = "calls"

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        if not place.settings.validate or place.late():
            return Verdict.keep(candidate)
        written = self.reader.read(candidate, place)
        lengths = [
            written.length_to(reading, spot)
            for reading, mention in written.mentions()
            if isinstance(mention.node, ast.Call)
            and (parameters := parameters_for(mention.node, mention.at, reading, written)) is not None
            for spot in _impossible(mention.node, parameters, reading, written)
        ]
        return ended(
            candidate,
            place,
            lengths,
            cut="the rest are arguments that the function does not take",
            dropped="calls a function with arguments that it does not take",
        )


def _impossible(call: ast.Call, parameters: Sequence[Parameter], reading: Reading, written: Written) -> Iterator[Spot]:
    """Where the candidate wrote something that cannot be: an argument too many, an unknown keyword, an early end."""
    surplus = misfit(call, parameters)
    if surplus is not None:
        start = (surplus.lineno, surplus.col_offset)
        if written.wrote(reading, start, end_of(surplus)):
            yield start
    line, column = end_of(call)
    if lacks(call, parameters) and written.wrote(reading, (line, column - 1), (line, column)):
        yield line, column - 1


def parameters_for(call: ast.Call, use: Use, reading: Reading, written: Written) -> Sequence[Parameter] | None:
    """What the called function takes; None where that is not known."""
    name = dotted(call.func)
    root, _, rest = name.partition(".")
    bound = written.names.resolve(use, reading, root) if root else None
    if not bound or len(bound) != 1:
        return None
    [binding] = bound
    if root in _OWN and binding.kind == "parameter":
        view = written.names.class_of(root, use.frame, reading) if rest and "." not in rest else None
        return _of_method(view, rest) if view else None
    if binding.kind == "import":
        return _of_definition(name, written)
    if binding.kind == "class" and not rest:
        return _of_constructor(binding)
    return binding.parameters if binding.kind == "function" and not rest and not binding.decorators else None


def _of_definition(name: str, written: Written) -> Sequence[Parameter] | None:
    """Of what another file defines: by its own name, or as a member of a module."""
    definitions = written.place.surroundings.definitions
    definition, owner = definitions.get(name), definitions.get(name.rpartition(".")[0])
    if definition is None or definition.kind not in ("function", "class"):
        return None
    if "." in name and (owner is None or owner.kind != "module"):
        return None
    return definition.parameters


def _of_method(view: ClassView, name: str) -> Sequence[Parameter] | None:
    """Of a method of the class itself, without the instance."""
    bound = view.binding.inside.get(name, ())
    if len(bound) != 1 or bound[0].kind != "function" or not _PLAIN_METHOD.issuperset(bound[0].decorators):
        return None
    parameters = bound[0].parameters
    if parameters is None or "staticmethod" in bound[0].decorators:
        return parameters
    return without_instance(parameters)


def _of_constructor(binding: Binding) -> Sequence[Parameter] | None:
    """Of a class without bases, decorators or a metaclass, whose calls mean ``__init__`` and nothing else."""
    if binding.bases not in ((), ("object",)) or binding.decorators or "__new__" in binding.inside:
        return None
    made = binding.inside.get("__init__", ())
    if not made:
        return ()
    if len(made) != 1 or made[0].kind != "function" or made[0].decorators or made[0].parameters is None:
        return None
    return without_instance(made[0].parameters)
