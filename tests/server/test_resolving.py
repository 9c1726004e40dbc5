"""The resolver's process, as the event loop keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.lsp.resolving import Question, ResolverProcess

if TYPE_CHECKING:
    from pathlib import Path


async def pids(resolver: ResolverProcess, root: Path) -> list[int | None]:
    """The process after each of two answers."""
    (root / "shapes.py").write_text("def area(side):\n    return side * side\n")
    found = []
    for line in ("area(1)", "area(2)"):
        text = f"from shapes import area\n{line}\n"
        answer = await resolver.ask(Question(str(root), "", "user.py", text, len(text), ("area",)))
        assert answer is not None
        assert answer.definitions["area"].path == "shapes.py"
        found.append(resolver.pid)
    await resolver.close()
    return found


async def test_a_process_answers_one_question_after_the_other(tmp_path: Path) -> None:
    first, second = await pids(ResolverProcess(), tmp_path)
    assert first == second
    assert first is not None


async def test_a_process_that_has_grown_is_replaced_and_the_next_one_answers(tmp_path: Path) -> None:
    assert await pids(ResolverProcess(most_bytes=1 << 20), tmp_path) == [None, None]
