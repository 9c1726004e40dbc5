"""How much a reader must know: basic, intermediate or advanced, by points for constructs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_slm_training.curate.survey import Survey

LEVELS = BASIC, INTERMEDIATE, ADVANCED = ("basic", "intermediate", "advanced")
_BASIC_BELOW, _ADVANCED_FROM = 1.0, 3.0  # points: half and three quarters of the files of five well-known projects
_SHORT_WORDS, _LONG_WORDS = 5.8, 7.5  # characters a word with its blank: between tutorials, manuals and references

_BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.BoolOp, ast.IfExp, ast.comprehension, ast.match_case)
_ORDINARY_METHODS = frozenset(("__init__", "__repr__", "__str__", "__eq__", "__hash__", "__len__", "__iter__"))
_ASYNC = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
_MODULES = {
    "concurrency": frozenset(("threading", "multiprocessing", "concurrent", "asyncio", "selectors")),
    "foreign memory": frozenset(("ctypes", "cffi", "struct", "mmap")),
    "introspection": frozenset(("inspect", "ast", "dis", "weakref", "gc", "types")),
}
_TRANSFORMS = frozenset(("numpy.einsum", "torch.einsum", "jax.numpy.einsum", "jax.vmap", "jax.jit", "jax.grad"))
_FEW_CLOSURES = 2  # sort(key=lambda …) is everyday code


def of_code(found: Survey) -> str:
    """By branches a function (up to 3 points), nesting beyond two levels (2), and sorts of demanding constructs (5)."""
    branches = found.count(*_BRANCHES) / max(1, len(found.functions))
    columns = sorted(found.columns - {0})
    depth = columns[-1] / max(2, columns[0]) if columns else 0
    return _level(min(3, branches / 2) + min(2, max(0, depth - 2) / 2) + min(5, len(_demanding(found))))


def of_text(text: str) -> str:
    """Of prose and questions by the length of words, as in Flesch's formula; code counts as words too."""
    mean = len(text) / max(1, len(text.split()))
    return BASIC if mean < _SHORT_WORDS else INTERMEDIATE if mean < _LONG_WORDS else ADVANCED


def _level(points: float) -> str:
    return BASIC if points < _BASIC_BELOW else INTERMEDIATE if points < _ADVANCED_FROM else ADVANCED


def _demanding(found: Survey) -> list[str]:
    """Sorts of constructs that a beginner does not read at once."""
    packages = {module.split(".", maxsplit=1)[0] for module in found.modules}
    present = {
        "async": found.count(*_ASYNC) > 0,
        "generator": found.count(ast.Yield, ast.YieldFrom) > 0,
        "metaclass": any(base.startswith("metaclass=") or base == "type" for base in found.bases),
        "protocol methods": any(name.startswith("__") for name in found.methods - _ORDINARY_METHODS),
        "scope": found.count(ast.Nonlocal, ast.Global) > 0,
        "closures": found.count(ast.Lambda) + found.nested > _FEW_CLOSURES,
        "generics": not found.bases.isdisjoint(("Generic", "Protocol")) or "typing.TypeVar" in found.members,
        "match": found.count(ast.Match) > 0,
        "transforms": not found.members.isdisjoint(_TRANSFORMS),
        **{sort: not packages.isdisjoint(modules) for sort, modules in _MODULES.items()},
    }
    return [sort for sort, is_there in present.items() if is_there]
