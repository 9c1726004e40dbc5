"""Rope's refactorings as data: asked for, turned into edits, held against the files they change."""

from __future__ import annotations

import keyword
import re
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from rope.base import exceptions, worder
from rope.base.change import ChangeContents, ChangeSet, MoveResource
from rope.base.project import Project
from rope.refactor.encapsulate_field import EncapsulateField
from rope.refactor.move import MoveGlobal, create_move
from rope.refactor.rename import Rename

from python_slm.errors import RefusedError
from python_slm.project.files import source_files
from python_slm.refactor.across.differ import edits_between, with_newlines
from python_slm.refactor.across.imports import (
    foreign_keywords,
    listed,
    listed_as,
    missing,
    modules,
    new_names,
    reaches,
    tree_of,
    without,
)
from python_slm.refactor.across.question import Changed, Changes, Doubt, digest
from python_slm.refactor.across.signature import NOTHING, change_signature
from python_slm.refactor.base import offer
from python_slm.refactor.catalog.rename_local import REFACTORING
from python_slm.refactor.plan import Plan
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.verify import objection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rope.base.resources import File

    from python_slm.refactor.across.question import Question
    from python_slm.text import Edit

_MOST_BYTES = 400_000_000
_NAMED = re.compile(r"\s*(?:<[^<>]*>|'[^']*')")


class Roped:
    """One project as rope sees it; what it has read is kept and compared with the disk before each question."""

    def __init__(self, root: str) -> None:
        self.root = Path(root).resolve()
        self._project = Project(
            str(self.root),
            ropefolder=None,  # no folder of rope's own in the user's project, and no code read from one
            ignore_syntax_errors=True,
            automatic_soa=False,
            save_objectdb=False,
            perform_doa=False,
        )

    def changes(self, question: Question) -> Changes:
        """The verified edits. Raises RefusedError with the reason where there are none."""
        self._project.validate()
        text = self._text(question.path)
        if question.work == "rename" and (edits := local(text, question.offset, question.to)):
            return Changes((Changed(question.path, digest(text), edits),))
        paths = self._paths(question)
        resource = self._project.get_resource(question.path)
        offset = len(with_newlines(text[: question.offset]))
        doubts: list[Doubt] = []
        try:
            found = self._asked(question, resource, offset, [self._project.get_resource(one) for one in paths], doubts)
        except exceptions.RopeError as error:
            raise RefusedError(f"rope refuses: {_NAMED.sub('', str(error)).strip().rstrip('.') or NOTHING}") from None
        wanted, moved = self._contents(found)
        if question.work in {"rename", "move"}:
            name = worder.get_name_at(resource, offset)
            self._require_readable(name, paths)
            self._mend(wanted, name, question, modules(paths))
            if not moved:
                self._require_imports(wanted, name, paths)
            if question.work == "rename" and foreign_keywords(wanted.values(), question.to):
                raise RefusedError("rope would rename an argument of a function that has no such parameter")
        return self._verified(wanted, moved, question, tuple(doubts))

    def _asked(
        self, question: Question, resource: File, offset: int, files: list[File], doubts: list[Doubt]
    ) -> ChangeSet:
        if question.work == "rename":
            return self._renamed(question, resource, offset, files, doubts)
        if question.work == "move":
            return self._moved(question, resource, offset, files)
        self._doubted(resource, offset, files, doubts)
        if question.work == "change-signature":
            return change_signature(self._project, resource, offset, question.to, files)
        return EncapsulateField(self._project, resource, offset).get_changes(resources=files)

    def _renamed(
        self, question: Question, resource: File, offset: int, files: list[File], doubts: list[Doubt]
    ) -> ChangeSet:
        if not question.to.isidentifier() or keyword.iskeyword(question.to):
            raise RefusedError("the new name is a keyword, or none at all")
        if worder.get_name_at(resource, offset) == question.to:
            raise RefusedError("it has that name already")
        return self._doubted(resource, offset, files, doubts, question.to)

    def _doubted(
        self, resource: File, offset: int, files: list[File], doubts: list[Doubt], name: str = "renamed"
    ) -> ChangeSet:
        """The name called ``name`` everywhere; adds the places of which rope cannot tell to ``doubts``."""

        def doubted(occurrence: Any) -> bool:
            doubts.append(Doubt(occurrence.resource.path, occurrence.lineno))
            return False

        rename = Rename(self._project, resource, offset)
        return rename.get_changes(name, in_hierarchy=True, unsure=doubted, resources=files)

    def _moved(self, question: Question, resource: File, offset: int, files: list[File]) -> ChangeSet:
        move = create_move(self._project, resource, offset)
        if not isinstance(move, MoveGlobal):
            raise RefusedError("only functions, classes and variables of a module move")
        if not (self.root / question.to).is_file() or not question.to.endswith(".py"):
            raise RefusedError("there is no such file to move it to")
        return move.get_changes(self._project.get_resource(question.to), resources=files)

    def _paths(self, question: Question) -> list[str]:
        names = {one.name for one in source_files(self.root, most_bytes=_MOST_BYTES) if one.name.endswith(".py")}
        empty = {
            one
            for name in names
            for one in [f"{name.rpartition('/')[0]}/__init__.py".lstrip("/")]
            if (self.root / one).is_file()
        }
        return sorted(names | empty | {question.path} | ({question.to} if question.work == "move" else set()))

    def _contents(self, found: ChangeSet) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
        """What files are to say, and which get another path."""
        wanted: dict[str, str] = {}
        moved: list[tuple[str, str]] = []
        for change in _flat(found):
            if isinstance(change, MoveResource):
                moved.append((change.resource.path, change.new_resource.path))
            elif isinstance(change, ChangeContents):
                wanted[change.resource.path] = with_newlines(change.new_contents)
            else:
                raise RefusedError("rope would make or remove files")
        return wanted, tuple(moved)

    def _mend(self, wanted: dict[str, str], name: str, question: Question, known: Mapping[str, str]) -> None:
        """What rope leaves: a renamed name in ``__all__``, imports of what is not needed or not there any more."""
        for path, text in wanted.items():
            if question.work == "rename":
                wanted[path] = listed_as(text, name, question.to)
            elif path == question.to:
                before = with_newlines(self._text(path))
                wanted[path] = without(text, path, known, question.path, new_names(before, text))
            else:
                if path == question.path and name in listed(text):
                    raise RefusedError("its module names it in __all__")
                wanted[path] = without(text, path, known, question.path, {name})

    def _require_imports(self, wanted: Mapping[str, str], name: str, paths: Iterable[str]) -> None:
        """No file may import what is gone, and none may begin to import itself by way of another."""
        known, word = modules(list(paths)), re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        before = {path: text for path in paths if word.search(text := self._text(path)) or path in wanted}
        after = {path: wanted.get(path, text) for path, text in before.items()}
        if missing(after, known) - missing(before, known):
            raise RefusedError("a file would import what is not there any more")
        for one, other in combinations(wanted, 2):
            for first, second in ((one, other), (other, one)):
                if not reaches(first, second, lambda path: wanted.get(path) or self._text(path), known):
                    break
            else:
                if not (reaches(one, other, self._text, known) and reaches(other, one, self._text, known)):
                    raise RefusedError("two files would import each other")

    def _text(self, path: str) -> str:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise RefusedError("the file is not in the project's folder")
        try:
            data = (self.root / path).read_bytes()
        except OSError:
            raise RefusedError("a file that would change cannot be read") from None
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise RefusedError("a file that would change is not UTF-8 text") from None

    def _require_readable(self, name: str, paths: Iterable[str]) -> None:
        """Rope passes over what does not parse; a use of the name in there would be left behind."""
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        for path in paths:
            text = self._text(path)
            if word.search(text) and tree_of(text) is None:
                raise RefusedError(f"{path} has the name and does not parse")

    def _verified(
        self,
        wanted: Mapping[str, str],
        moved: tuple[tuple[str, str], ...],
        question: Question,
        doubts: tuple[Doubt, ...],
    ) -> Changes:
        files = [one for path, text in wanted.items() if (one := self._changed(path, text, question))]
        if not files and not moved:
            raise RefusedError("nothing would change")
        return Changes(tuple(files), moved, doubts)

    def _changed(self, path: str, wanted: str, question: Question) -> Changed | None:
        text = self._text(path)
        one = Changed(path, digest(text), edits_between(text, wanted))
        if not one.edits:
            return None
        if why := objection(BlockIndex.of(text), one.applied(text)):
            raise RefusedError(f"{path}: {why}; rope's {question.work} is not right here")
        return one


def _flat(changes: Any) -> Iterable[Any]:
    for one in changes.changes:
        if isinstance(one, ChangeSet):
            yield from _flat(one)
        else:
            yield one


def local(text: str, offset: int, new_name: str) -> tuple[Edit, ...]:
    """The edits for a variable of a function; none where it is something else.

    For these rope is not asked: it takes ``f(name=name)`` for two places of the variable.
    """
    plan = offer(REFACTORING, BlockIndex.of(text), offset, offset, new_name)
    return plan.edits if isinstance(plan, Plan) else ()
