"""The same refactorings by jedi, and by rope where it is installed: ``(text, start, end) → text``."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jedi

if TYPE_CHECKING:
    from collections.abc import Callable

Apply = "Callable[[str, int, int], str]"
NEW_NAME = "renamed_by_benchmark"
_JEDI: dict[str, Callable[..., Any]] = {
    "extract-variable": lambda script, start, end: script.extract_variable(
        *start, until_line=end[0], until_column=end[1], new_name="extracted"
    ),
    "extract-function": lambda script, start, end: script.extract_function(
        *start, until_line=end[0], until_column=end[1], new_name="extracted"
    ),
    "inline-variable": lambda script, start, _: script.inline(*start),
    "rename-local": lambda script, start, _: script.rename(*start, new_name=NEW_NAME),
}


def rivals(name: str) -> dict[str, Callable[[str, int, int], str]]:
    """Who can do the refactoring besides us, each raising ValueError with the reason where it refuses."""
    found: dict[str, Callable[[str, int, int], str]] = {}
    if name in _JEDI:
        found["jedi"] = _by_jedi(_JEDI[name])
    if name in _ROPE and importlib.util.find_spec("rope"):
        found["rope"] = _by_rope(_ROPE[name])
    return found


def _by_jedi(act: Callable[..., Any]) -> Callable[[str, int, int], str]:
    def apply(text: str, start: int, end: int) -> str:
        script = jedi.Script(text, path="/nowhere/module.py")
        places = [(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at) - 1) for at in (start, end)]
        try:
            done = act(script, *places)
        except jedi.RefactoringError as error:
            raise ValueError(str(error)) from None
        files = [one for path, one in done.get_changed_files().items() if str(path) == "/nowhere/module.py"]
        return str(files[0].get_new_code()) if files else text

    return apply


def _by_rope(act: Callable[..., Any]) -> Callable[[str, int, int], str]:
    def apply(text: str, start: int, end: int) -> str:
        from rope.base.exceptions import RefactoringError, RopeError  # noqa: PLC0415 - an extra
        from rope.base.project import Project  # noqa: PLC0415 - an extra

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "module.py")
            path.write_text(text, encoding="utf-8", newline="")
            project = Project(folder, ropefolder=None)
            try:
                resource = project.get_resource("module.py")
                changes = act(project, resource, start, end)
                project.do(changes)
            except (RefactoringError, RopeError) as error:
                raise ValueError(str(error)) from None
            finally:
                project.close()
            return path.read_bytes().decode("utf-8")

    return apply


def _rope_variable(project: Any, resource: Any, start: int, end: int) -> Any:
    from rope.refactor.extract import ExtractVariable  # noqa: PLC0415 - an extra

    return ExtractVariable(project, resource, start, end).get_changes("extracted")


def _rope_method(project: Any, resource: Any, start: int, end: int) -> Any:
    from rope.refactor.extract import ExtractMethod  # noqa: PLC0415 - an extra

    return ExtractMethod(project, resource, start, end).get_changes("extracted")


def _rope_inline(project: Any, resource: Any, start: int, _: int) -> Any:
    from rope.refactor.inline import create_inline  # noqa: PLC0415 - an extra

    return create_inline(project, resource, start).get_changes()


def _rope_rename(project: Any, resource: Any, start: int, _: int) -> Any:
    from rope.refactor.rename import Rename  # noqa: PLC0415 - an extra

    return Rename(project, resource, start).get_changes(NEW_NAME)


_ROPE: dict[str, Callable[..., Any]] = {
    "extract-variable": _rope_variable,
    "extract-function": _rope_method,
    "inline-variable": _rope_inline,
    "inline-function": _rope_inline,
    "rename-local": _rope_rename,
}
