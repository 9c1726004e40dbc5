"""What a whole file says that a function of it can be held against: signatures, attributes, which words stand together.

All of it is gathered block by block, so that a broken block hides no other.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code
from python_slm.syntax.parse import ast_of, parseable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.syntax.blocks import Block, BlockIndex

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LEXEME = re.compile(
    r"(?:[rbfuRBFU]{0,2})(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
    r"|#[^\n]*|\w+|[^\w\s]"
)


@dataclass(frozen=True)
class Part:
    """A block that parses: its ``code`` begins ``before`` characters ahead of offset ``start`` of the file."""

    code: Code
    block: Block
    before: int

    def offset(self, within: int) -> int:
        """The file's offset of an offset of ``code``."""
        return within - self.before + self.block.start


@dataclass
class Facts:
    """Of one file. Parameters of a name that several functions define differently are None.

    ``attributes`` counts what is set or read on ``self``, methods included; ``globals`` are names of the module.
    """

    parts: list[Part] = field(default_factory=list)
    functions: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    methods: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    coroutines: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    attributes: Counter[str] = field(default_factory=Counter)
    globals: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    awaited: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    triples: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, index: BlockIndex) -> Facts:
        """Read every block that parses."""
        return cls.of_parts(filter(None, map(part_of, leaves(index))))

    @classmethod
    def of_parts(cls, parts: Iterable[Part]) -> Facts:
        """Read some parts of a file."""
        facts = cls()
        for part in parts:
            facts.parts.append(part)
            facts._read(part.code.tree)
            facts.lines.update(line.strip() for line in part.block.text.split("\n"))
            words = lexemes(part.block.text)
            facts.pairs.update(pairwise(words))
            facts.triples.update(zip(words, words[1:], words[2:], strict=False))
        return facts

    def _read(self, tree: ast.Module) -> None:
        bound, imported = binds(tree)
        self.globals |= bound
        self.imported |= imported
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, FUNCTIONS):
                        _define(self.methods, member)
                        self.attributes[member.name] += 1
            elif isinstance(node, FUNCTIONS):
                (self.coroutines if isinstance(node, ast.AsyncFunctionDef) else self.plain).add(node.name)
                if not node.args.args or node.args.args[0].arg not in {"self", "cls"}:
                    _define(self.functions, node)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                self.attributes[node.attr] += 1
            elif isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
                self.awaited[called_name(node.value)] += 1
            if isinstance(node, ast.Call):
                self.called[called_name(node)] += 1


def _define(table: dict[str, tuple[str, ...] | None], node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    names = tuple(each.arg for each in [*node.args.posonlyargs, *node.args.args])
    known = table.setdefault(node.name, names)
    table[node.name] = names if known == names else None


def binds(scope: ast.AST) -> tuple[set[str], set[str]]:
    """Names that a module or function binds itself, those of inner scopes left out; and those of them it imports.

    ``*`` stands for what a star brings.
    """
    bound: set[str] = set()
    imported: set[str] = set()
    pending = list(ast.iter_child_nodes(scope))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            bound.add(node.id)
        elif isinstance(node, ast.alias):
            imported.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
            continue
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            bound.update(node.names)
        pending += ast.iter_child_nodes(node)
    return bound | imported, imported


def leaves(index: BlockIndex) -> Iterator[Block]:
    """Blocks that tile the file: members in the place of a long class."""
    for block in index.blocks:
        yield from block.members or [block]


def part_of(block: Block) -> Part | None:
    """The tree of a block; None when it does not parse or has odd line ends."""
    piece = block.piece
    source = parseable(piece.before + block.text + piece.after)
    if block.problem or "\r" in source.replace("\r\n", ""):
        return None
    tree = ast_of(source)
    return None if tree is None else Part(Code(source, tree), block, len(piece.before))


def lexemes(text: str) -> list[str]:
    """Words, signs and strings of a text, comments left out; long strings are all alike."""
    found = (each if len(each) < 40 else '"…"' for each in LEXEME.findall(text))  # noqa: PLR2004
    return [each for each in found if not each.startswith("#")]


def called_name(call: ast.Call) -> str:
    """Last name of what is called; empty when it has none."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def final_name(node: ast.AST | None) -> str:
    """The name by which an expression goes: of a variable, an attribute, what is subscripted or called."""
    while isinstance(node, ast.Subscript | ast.Call | ast.Starred | ast.Await):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def words_of(name: str) -> list[str]:
    """``min_xValue2`` → min, x, value, 2."""
    return [each.lower() for each in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def alike(one: str, other: str) -> float:
    """How alike two names are, 0 to 1: shared words by Dice, one within the other counts half."""
    if not one or not other:
        return 0.0
    if one.strip("_").lower() == other.strip("_").lower():
        return 1.0
    first, second = words_of(one), words_of(other)
    if not first or not second:
        return 0.0
    shared = sum((Counter(first) & Counter(second)).values())
    if not shared:
        a, b = sorted((one.strip("_").lower(), other.strip("_").lower()), key=len)
        return 0.4 if a and b.startswith(a) else 0.0
    return 0.9 * 2 * shared / (len(first) + len(second))


def count_names(nodes: Iterable[ast.AST]) -> Counter[str]:
    """How often each variable is read."""
    return Counter(each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load))
