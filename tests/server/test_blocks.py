"""What the block index makes of whole files, broken files and files that are none."""

from __future__ import annotations

import ast
import random
import re
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_slm.syntax.blocks import BlockIndex, Definition
from python_slm.syntax.lines import possessive
from python_slm.syntax.parse import problem_in, tree_of

if TYPE_CHECKING:
    from collections.abc import Callable

STDLIB = Path(sysconfig.get_path("stdlib"))
MODULES = ("argparse", "textwrap", "tokenize", "dataclasses", "configparser", "heapq", "string", "contextlib")
BREAKS = (
    "def f(",
    '"""',
    "(",
    "x = {",
    "'",
    "class A(",
    ")",
    "if x:",
    "    return [",
    "import (",
    "@",
    "\\\n",
    "'''",
    "=",
)

LONG_CLASS = (
    "class Long(Base):\n    '''Doc.'''\n\n    limit = 3\n\n"
    + "".join(f"    def method_{n}(self):\n        return {n}\n\n" for n in range(30))
    + "    last = 4\n"
)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.name) for block in BlockIndex.of(text).blocks]


def test_statements_imports_functions_and_classes_are_blocks() -> None:
    text = "import a\nfrom b import c\n\nx = 1\ny = 2\n\n\ndef f():\n    pass\n\n\nclass C:\n    pass\n"
    assert kinds(text) == [("import", ""), ("statements", ""), ("def", "f"), ("class", "C")]


def test_an_empty_text_is_one_empty_block() -> None:
    index = BlockIndex.of("")
    assert [(block.kind, block.start, block.end, block.end_line) for block in index.blocks] == [("statements", 0, 0, 0)]
    assert index.block_at(7) == index.blocks[0]


def test_decorators_and_comments_right_above_belong_to_what_follows() -> None:
    text = "x = 1\n\n# about f\n@cached\n# still\n@other(\n    1\n)\nasync def f():\n    pass\n# end\n"
    blocks = BlockIndex.of(text).blocks
    assert [(block.name, block.start_line, block.end_line) for block in blocks] == [("", 0, 2), ("f", 2, 11)]


def test_clauses_belong_to_their_statement() -> None:
    text = "try:\n    a\nexcept E:\n    b\nelse:\n    c\nfinally:\n    d\nif x:\n    pass\nelif y:\n    pass\n"
    assert [block.text[:3] for block in BlockIndex.of(text).blocks] == ["try", "if "]


def test_simple_statements_are_grouped_up_to_forty_lines() -> None:
    text = "".join(f"value_{number} = {number}\n" for number in range(500))
    lengths = [block.end_line - block.start_line for block in BlockIndex.of(text).blocks]
    assert sum(lengths) == 500
    assert max(lengths) <= 40
    assert len(lengths) < 80


def test_a_line_added_to_a_table_of_statements_breaks_few_blocks_anew() -> None:
    text = "".join(f"value_{number} = {number}\n" for number in range(2000))
    index = BlockIndex.of(text)
    before = {id(block.piece) for block in index.blocks}
    updated = index.updated("value_x = 0\n" + text)
    assert sum(id(block.piece) not in before for block in updated.blocks) <= 12


def test_a_long_class_has_a_header_and_members_that_parse_where_they_stand() -> None:
    (block,) = BlockIndex.of(LONG_CLASS).blocks
    header, *methods, last = block.members
    assert (block.kind, header.kind, header.end_line) == ("class", "class", 5)
    assert [member.name for member in methods] == [f"method_{number}" for number in range(30)]
    assert last.text == "    last = 4\n"
    assert all(member.problem is None and member.tree is not None for member in block.members)
    assert methods[0].tree_line == methods[0].start_line - 1
    assert methods[0].tree is not None
    assert methods[0].tree.code == "class _:\n" + methods[0].text


def test_a_class_header_alone_is_no_problem() -> None:
    text = "class Long:\n" + "".join(f"\tdef m{number}(self):\n\t\tpass\n\n" for number in range(30))
    index = BlockIndex.of(text)
    assert index.problems == []
    assert len(index.blocks[0].members) == 31


def test_a_broken_method_leaves_the_class_and_its_other_methods_alone() -> None:
    text = LONG_CLASS.replace("return 7", "return (7")
    index = BlockIndex.of(text)
    (block,) = index.blocks
    assert [member.name for member in block.members if member.kind == "broken"] == ["method_7"]
    assert block.kind == "broken"
    assert [(problem.line, problem.message) for problem in index.problems] == [(27, "'(' was never closed")]


@pytest.mark.parametrize("members", [2, 60], ids=["a class of one block", "a class of many blocks"])
def test_a_line_that_a_message_names_is_one_of_the_file(members: int) -> None:
    whole = "".join(f"    def m{number}(self):\n        return {number}\n\n" for number in range(members))
    text = f"import os\n\n\nclass A:\n{whole}    def broken(self):\n\n    x = 1\n\n\nif os:\nprint()\n"
    messages = [problem.message for problem in BlockIndex.of(text).problems]
    lines = [text[: text.index(opening)].count("\n") + 1 for opening in ("    def broken", "if os")]
    assert messages == [
        f"expected an indented block after {what} on line {line}"
        for what, line in zip(("function definition", "'if' statement"), lines, strict=True)
    ]


def test_a_block_that_python_3_11_cannot_parse_but_libcst_can_has_no_problem() -> None:
    text = "def first[T](items: list[T]) -> T:\n    return items[0]\n"
    (block,) = BlockIndex.of(text).blocks
    assert (block.kind, block.problem) == ("def", None)
    assert block.tree is not None


def test_odd_escapes_are_neither_problem_nor_warning() -> None:
    index = BlockIndex.of("a = '\\d \\777 \\\\d'\nb = r'\\d'\nc = b'\\u1234'\nd = 1if a else 2\n")
    assert index.problems == []
    assert index.blocks[0].tree is not None
    assert problem_in("a \\d\n") is not None


def test_trees_are_parsed_once_and_follow_their_text() -> None:
    index = BlockIndex.of("x = 1\n\n\ndef f():\n    pass\n")
    updated = index.updated("yy = 22\n\n\ndef f():\n    pass\n")
    assert updated.blocks[1].tree is index.blocks[1].tree
    assert updated.blocks[1].start == index.blocks[1].start + 2


@pytest.mark.parametrize(
    "opening", ["(" * 20_000, "[" * 400 + "]" * 400, "not " * 20_000 + "x", "f'{" * 5_000, "-" * 9_000]
)
def test_text_nested_too_deeply_for_a_parser_has_no_tree(opening: str) -> None:
    (block,) = BlockIndex.of(opening).blocks
    assert block.tree is None
    assert tree_of("x = " + ", ".join(["-a.b"] * 2_000)) is not None


def test_elif_ladders_have_no_tree() -> None:
    assert tree_of("if a: pass\n" + "elif b: pass\n" * 20_000) is None


@pytest.mark.parametrize(
    "text",
    [
        "\0" * 9,
        "x = '\ud800'\n",
        "\ufeffx = 1\n",
        "\fdef f(): pass\n",
        "a\r\rb\r\n\n",
        "\x0b\x1c\u2028",
        "\\",
        '"""',
        "é" * 99,
    ],
)
def test_odd_characters_are_only_text(text: str) -> None:
    index = BlockIndex.of(text)
    assert "".join(block.text for block in index.blocks) == text
    assert len(index.problems) <= 1
    assert all(block.problem is None or block.tree is None for block in index.blocks)


def test_a_byte_order_mark_or_lone_surrogate_in_a_string_is_no_problem() -> None:
    assert BlockIndex.of("\ufeffimport a\n").problems == []
    assert BlockIndex.of("\ufeffimport a\n").imports_text() == "import a\n"
    assert BlockIndex.of("x = '\ud800'\n").problems == []


def test_nul_characters_are_a_problem() -> None:
    assert len(BlockIndex.of("x = 1\0\n").problems) == 1


def test_fifty_megabytes_are_one_block_with_one_problem() -> None:
    text = "x" * 50_000_000
    index = BlockIndex.of(text)
    assert [problem.message for problem in index.problems] == [
        "50,000,000 characters on 1 lines are too many: files are read up to 5,000,000 characters and 200,000 lines"
    ]
    assert index.definitions() == []
    assert index.imports_text() == ""
    assert [block.name for block in index.updated("def f(): pass\n").blocks] == ["f"]
    assert index.blocks[0].tree is None


def test_definitions_know_signature_docstring_and_place() -> None:
    text = (
        "import x\n\n@cached\ndef f(\n    a: int = lambda: 0,  # ):\n    b=')',\n) -> dict[str, int]:\n"
        '    """\n    Say it.\n    """\n    def local(): pass\n\n\nclass C(B): "Short."\n\n\nclass D:\n'
        "    class E:\n        async def g(self): return 1\n\n    x = 1\n    def h(self):\n\n        r'''Doc'''\n"
        "if x:\n    def k(): pass\n"
    )
    assert BlockIndex.of(text).definitions() == [
        Definition("f", "function", 3, text[text.index("def f") : text.index(':\n    """') + 1], "Say it."),
        Definition("C", "class", 13, "class C(B):", "Short."),
        Definition("D", "class", 16, "class D:", ""),
        Definition("D.E", "class", 17, "class E:", ""),
        Definition("D.E.g", "method", 18, "async def g(self):", ""),
        Definition("D.h", "method", 21, "def h(self):", "Doc"),
        Definition("k", "function", 25, "def k():", ""),
    ]


def test_definitions_in_a_long_class_are_methods_at_their_lines() -> None:
    found = BlockIndex.of("\n\n" + LONG_CLASS).definitions()
    assert found[0] == Definition("Long", "class", 2, "class Long(Base):", "Doc.")
    assert found[30] == Definition("Long.method_29", "method", 94, "def method_29(self):", "")


def test_imports_are_collected_from_everywhere_at_the_top_level() -> None:
    text = "# licence\nimport a  # why\n\nx = 1\nfrom b import (\n    c,\n)\ndef f():\n    import d\nimport e,\n"
    assert BlockIndex.of(text).imports_text() == "import a  # why\nfrom b import (\n    c,\n)\nimport e,\n"


def test_the_block_at_an_offset_is_the_smallest() -> None:
    text = "x = 1\n" + LONG_CLASS
    index = BlockIndex.of(text)
    assert index.block_at(3).start == 0
    assert index.block_at(text.index("return 12")).name == "method_12"
    assert index.block_at(text.index("class Long")).text.startswith("class Long")
    assert index.block_at(10**9).text == "    last = 4\n"
    assert index.block_at(-1).start == 0


def test_an_unclosed_docstring_spoils_its_own_function_only() -> None:
    text = "".join(f'def f{number}():\n    """Doc {number}."""\n    return {number}\n\n\n' for number in range(20))
    index = BlockIndex.of(text.replace("    return 5\n", '    """oops\n    return 5\n'))
    assert [definition.name for definition in index.definitions()] == [f"f{number}" for number in range(20)]
    assert [block.name for block in index.blocks if block.problem] == ["f5"]


def stdlib_definitions(text: str) -> dict[str, int]:
    """Qualified names of the definitions in real code, functions within functions left out, and their lines."""
    found: dict[str, int] = {}

    def visit(node: ast.AST, owner: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[owner + child.name] = child.lineno - 1
                if isinstance(child, ast.ClassDef):
                    visit(child, owner + child.name + ".")
            else:
                visit(child, owner)

    visit(ast.parse(text), "")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_definitions_of_real_files_are_those_that_ast_finds(module: str) -> None:
    text = (STDLIB / f"{module}.py").read_text(encoding="utf-8")
    index = BlockIndex.of(text)
    assert {definition.name: definition.line for definition in index.definitions()} == stdlib_definitions(text)
    assert index.problems == []
    assert all(block.tree is not None for block in index.blocks[:5] if not block.members)


def test_a_broken_statement_hides_few_definitions_elsewhere(record_property: Callable[[str, object], None]) -> None:
    """Real files, broken in 30 places each: at least 96 % of the definitions outside the place are still found."""
    choose = random.Random(0)
    seen = wanted = 0
    for module in MODULES:
        text = (STDLIB / f"{module}.py").read_text(encoding="utf-8")
        index, lines = BlockIndex.of(text), text.splitlines(keepends=True)
        names = set(stdlib_definitions(text))
        for _ in range(30):
            at, damage = choose.randrange(len(lines)), choose.choice(BREAKS)
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip(" "))]
            broken = "".join([*lines[:at], f"{indent}{damage}\n", *lines[at:]])
            found = {definition.name for definition in index.updated(broken).definitions()}
            seen, wanted = seen + len(found & names), wanted + len(names)
    share = seen / wanted
    record_property("definitions_found", share)
    print(f"definitions still found: {share:.2%} of {wanted}")
    assert share >= 0.96


@pytest.mark.parametrize("version", [(3, 11, 2), (3, 11, 5)])
def test_possessive_repeats_match_on_every_python_we_support(version: tuple[int, ...]) -> None:
    """``(?:…)*+`` misses matches in early 3.11, and is not used there."""
    if sys.version_info < version:
        pytest.skip("written for a later Python")
    rest = re.compile(possessive(r"[^'\\]++|\\[\s\S]|'(?!'')", version=version) + "'''")
    texts = ["abc'''", "a'b''c'''", "''''", "a\\'''x'''", "''"]
    assert [match.end() if (match := rest.match(text)) else None for text in texts] == [6, 9, 3, 9, None]
