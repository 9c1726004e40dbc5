"""What the user edited and yanked lately."""

from __future__ import annotations

from python_slm.project.recent import MAX_LINES, RING, Edits, Ring, tab_chunks


def numbered(first: int, last: int) -> str:
    return "".join(f"value_{line} = compute({line})\n" for line in range(first, last))


def test_a_place_that_is_left_becomes_a_chunk() -> None:
    edits = Edits()
    text = numbered(0, 300)
    edits.edited("a.py", text, 100)
    edits.edited("a.py", text, 110)
    assert not edits.chunks
    edits.edited("a.py", text, 200)
    [chunk] = edits.chunks
    assert (chunk.source, chunk.path) == ("edit", "a.py")
    assert chunk.text.count("\n") == MAX_LINES
    assert "value_110 " in chunk.text
    edits.edited("b.py", text, 0)
    assert ["value_200 " in one.text for one in edits.chunks] == [True, False]


def test_saving_leaves_a_place_and_closing_forgets_the_file() -> None:
    edits = Edits()
    edits.edited("a.py", numbered(0, 9), 3)
    edits.leave()
    edits.leave()
    assert len(edits.chunks) == 1
    edits.edited("a.py", numbered(50, 60), 3)
    edits.forget("a.py")
    edits.leave()
    assert not edits.chunks


def test_a_near_duplicate_takes_the_place_of_the_older() -> None:
    ring = Ring("yank")
    ring.add("a.py", numbered(0, 40))
    ring.add("a.py", numbered(100, 140))
    ring.add("a.py", numbered(0, 39) + "other = 1\n")
    assert [chunk.text[:8] for chunk in ring.chunks] == ["value_0 ", "value_10"]
    assert "other" in ring.chunks[0].text


def test_the_ring_is_bounded_and_takes_no_scraps() -> None:
    ring = Ring("edit")
    for number in range(0, 40 * (RING + 4), 40):
        ring.add("a.py", numbered(number, number + 40))
    ring.add("a.py", "x\n")
    assert len(ring.chunks) == RING
    assert ring.chunks[0].text.startswith(f"value_{40 * (RING + 3)} ")


def test_a_tab_is_cut_into_pieces() -> None:
    pieces = tab_chunks("a.py", numbered(0, 70))
    assert "".join(piece.text for piece in pieces) == numbered(0, 70)
    assert len(pieces) == 3
