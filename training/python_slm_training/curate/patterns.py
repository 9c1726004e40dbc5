"""How a file is built: any number of patterns."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm_training.collect.record import PROSE, QA

if TYPE_CHECKING:
    from python_slm_training.curate.survey import Survey

PATTERNS = (
    *("script", "tests", "class-heavy", "functions", "async", "dataclass", "enum", "abstract", "context manager"),
    *("generator", "decorator", "exception", "property", "typed", "comprehensions", "constants", "interface"),
    *(PROSE, QA),
)

_TEST_PATH = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_tests?|tests?|conftest)\.py$")
_DATA_CLASSES = frozenset(("dataclass", "attrs", "define", "frozen", "s"))
_DATA_BASES = frozenset(("NamedTuple", "TypedDict", "BaseModel"))
_ENUMS = frozenset(("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"))
_MANAGERS = frozenset(("contextmanager", "asynccontextmanager"))
_COMPREHENSIONS = (ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
_SEVERAL = 3
_MANY_METHODS = 0.6  # of all functions
_TYPED = 0.5  # of all arguments


def patterns_of(found: Survey, path: str) -> tuple[str, ...]:
    """Those of PATTERNS that describe the module at ``path``, in their order."""
    functions, classes = len(found.functions), found.count(ast.ClassDef)
    assigned = found.count(ast.Assign, ast.AnnAssign) > 0
    errors = ("Error", "Exception", "Warning")
    present = {
        "script": found.is_program,
        "tests": _TEST_PATH.search(path) is not None or _has_tests(found),
        "class-heavy": found.methods_count >= max(_SEVERAL, _MANY_METHODS * functions),
        "functions": functions > 1 and not found.methods_count,
        "async": found.count(ast.AsyncFunctionDef) > 0,
        "dataclass": not (found.decorators.isdisjoint(_DATA_CLASSES) and found.bases.isdisjoint(_DATA_BASES)),
        "enum": not found.bases.isdisjoint(_ENUMS),
        "abstract": not found.bases.isdisjoint(("ABC", "Protocol", "metaclass=ABCMeta"))
        or "abstractmethod" in found.decorators,
        "context manager": not found.methods.isdisjoint(("__enter__", "__aenter__"))
        or not found.decorators.isdisjoint(_MANAGERS),
        "generator": found.count(ast.Yield, ast.YieldFrom) > 0,
        "decorator": found.decorating > 0,
        "exception": any(base.endswith(errors) for base in found.bases),
        "property": not found.decorators.isdisjoint(("property", "cached_property")),
        "typed": found.annotated > 0 and found.annotated >= _TYPED * found.arguments,
        "comprehensions": found.count(*_COMPREHENSIONS) >= _SEVERAL,
        "constants": not functions and not classes and assigned,
        "interface": not functions and not classes and not assigned,
    }
    return tuple(name for name, is_there in present.items() if is_there)


def _has_tests(found: Survey) -> bool:
    """At least half of the functions are named as tests are, or a class is one of unittest's."""
    named = sum(name.startswith("test") for name, _ in found.functions)
    return bool(named) and (2 * named >= len(found.functions) or "TestCase" in found.bases)
