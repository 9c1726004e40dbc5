"""Bytes to messages, however the stream is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.errors import ProtocolError
from python_slm.lsp.transport import MAX_MESSAGE_BYTES, Framing

NEWLINE = b"\r\n"


def framed(body: bytes, header: bytes = b"Content-Length: %d") -> bytes:
    return header % len(body) + NEWLINE + NEWLINE + body


@settings(deadline=None)
@given(bodies=st.lists(st.binary(max_size=60), max_size=8), cuts=st.lists(st.integers(0, 700), max_size=20))
def test_bodies_survive_any_cutting_of_the_stream(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(framed, bodies))
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    framing = Framing()
    pieces = [stream[start:end] for start, end in pairwise(places)]
    assert [body for piece in pieces for body in framing.feed(piece)] == bodies


@pytest.mark.parametrize(
    "header",
    [
        b"content-length: %d",
        b"CONTENT-LENGTH:%d",
        b"Content-Length: %d \r\nContent-Type: application/vscode-jsonrpc; charset=utf-8",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d",
    ],
)
def test_header_may_be_written_any_way_http_allows(header: bytes) -> None:
    assert Framing().feed(framed(b"{}", header)) == [b"{}"]


def test_header_without_length_is_skipped() -> None:
    assert Framing().feed(b"X-Odd: 1\r\n\r\n" + framed(b"{}")) == [b"{}"]


def test_message_above_the_limit_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="bytes; the limit is"):
        Framing().feed(b"Content-Length: %d\r\n\r\n" % (MAX_MESSAGE_BYTES + 1))
