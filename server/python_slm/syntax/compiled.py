"""What Python's compiler says of a text: the errors that a parser lets pass, and whether more could follow.

``return`` outside a function, ``await`` outside an async one, a parameter named twice: all of that parses. A whole file
takes 20 ms per 1,000 lines to compile, so that after an edit only the blocks that it touched are compiled, and the file
where its blocks do not decide alone: before ``from __future__``, and around a ``global`` outside of functions.
"""

from __future__ import annotations

import codeop
import re
import warnings
from typing import TYPE_CHECKING

from python_slm.syntax.parse import MAX_CHARACTERS, Problem, nested_too_deeply, parseable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.syntax.blocks import Block, BlockIndex

_INCOMPLETE = codeop.PyCF_ALLOW_INCOMPLETE_INPUT | codeop.PyCF_DONT_IMPLY_DEDENT  # type: ignore[attr-defined]
_SYNTAX_TREE = 0x400
"""``ast.PyCF_ONLY_AST``."""
_INDENT = re.compile(r"(?:[ \t\f]*(?:#[^\r\n]*)?[\r\n])*([ \t]*)")
_GLOBAL = re.compile(r"\bglobal\b")


def compiler_problem(text: str) -> Problem | None:
    """The first error of compiling ``text`` as a module; None also where it is nested too deeply to be compiled."""
    source = parseable(text)
    if nested_too_deeply(source):
        return None
    return _problem(source, 0)


def may_go_on(text: str) -> bool:
    """Whether ``text``, which ends with a line, is the beginning of some module, or a whole one."""
    source = parseable(text)
    if not source.endswith("\n"):
        source += "\n"
    problem = _problem(source, _SYNTAX_TREE | _INCOMPLETE)
    return problem is None or problem.message == "incomplete input"


def _problem(source: str, flags: int) -> Problem | None:
    """Warnings are the file's own business. The filter of warnings is the process's: ask in one thread at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<buffer>", "exec", flags, dont_inherit=True)
        except SyntaxError as error:
            return Problem(max(0, (error.lineno or 1) - 1), max(0, (error.offset or 1) - 1), error.msg)
        except (ValueError, OverflowError) as error:
            return Problem(0, 0, str(error))
        except (MemoryError, RecursionError):
            return Problem(0, 0, "nested too deeply")
    return None


def leaves(index: BlockIndex) -> Iterator[Block]:
    """Blocks, and in place of a long class its members."""
    for block in index.blocks:
        yield from block.members or (block,)


def leaves_unlike(index: BlockIndex, other: BlockIndex) -> list[Block]:
    """Those of ``index`` that ``other`` does not have: what an edit from one to the other touched."""
    known = {id(block.piece) for block in leaves(other)}
    return [block for block in leaves(index) if id(block.piece) not in known]


def too_long(block: Block) -> bool:
    """Whether nobody has looked for problems in it."""
    return len(block.text) > MAX_CHARACTERS


def error_in(index: BlockIndex, block: Block) -> Problem | None:
    """The compiler's first error in a leaf of ``index`` that parses, at its line in the file.

    A member of a class that is not indented as the others is compiled with the whole of it.
    """
    if block.piece.before or block.piece.after:
        whole = next(each for each in index.blocks if each.start <= block.start < each.end)
        if block.piece.after or _indent(block.text) != _body_indent(whole):
            found = compiler_problem(whole.text)
            return found.moved(whole.start_line) if found else None
    found = block.piece.compiler_problem
    return found.moved(block.start_line - block.piece.lines_before) if found else None


def decided_by_blocks(index: BlockIndex, start: int, end: int) -> bool:
    """Whether a file compiles if all its blocks do, where ``start`` to ``end`` is what an edit put there."""
    text = index.text
    if "__future__" in text:
        if text.rfind("__future__") >= start or "__future__" in text[start:end]:
            return False
        if re.search(r":=|\b(?:yield|await)\b", text[start:end]):  # annotations that are not evaluated have no such
            return False
    return "global" not in text or not any(block.kind != "def" and _GLOBAL.search(block.text) for block in index.blocks)


def _body_indent(whole: Block) -> str:
    header = whole.members[0].piece
    return header.after[: -len("pass\n")]


def _indent(text: str) -> str:
    found = _INDENT.match(text)
    assert found is not None  # it matches the empty string
    return found[1]
