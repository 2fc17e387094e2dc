"""Frames as bytes, without a socket."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from platypush.bus.framing import (
    FrameError,
    decode_reply,
    decode_request,
    encode_reply,
    encode_request,
    read_frame,
)
from platypush.errors import TooLarge
from platypush.message.envelope import LOCAL, Envelope, Principal, Reply

LIMIT = 1024 * 1024


def in_pieces(data: bytes, size: int) -> Callable[[int], bytes]:
    """A ``recv`` that gives ``data`` in pieces of at most ``size`` bytes, then the end."""
    position = 0

    def recv(wanted: int) -> bytes:
        nonlocal position
        piece = data[position : position + min(size, wanted)]
        position += len(piece)
        return piece

    return recv


def read(data: bytes, size: int = 1 << 20, limit: int = LIMIT) -> tuple[bytes, bytes]:
    recv = in_pieces(data, size)
    return read_frame(recv(16384), recv, limit)


@pytest.mark.parametrize("principal", [None, LOCAL, Principal("api_token", "ann", "7", ("light.*", "events:light.*"))])
@pytest.mark.parametrize("body", [b"", b"{}", bytes(range(256)) * 400])
@pytest.mark.parametrize("piece", [1 << 20, 1000, 3])
def test_a_request_arrives_as_it_was_sent_however_it_is_cut(
    principal: Principal | None, body: bytes, piece: int
) -> None:
    sent = Envelope("hook", body, "door", principal, 12.5, "r1", {"method": "PUT", "args": {"a": "ä"}})
    header, received = read(b"".join(encode_request(sent, sent.time_left, LIMIT)), piece)
    assert decode_request(header, received, 0) == sent


@pytest.mark.parametrize(
    "reply",
    [
        Reply(),
        Reply(body=b'{"a":1}'),
        Reply(404, b"x" * 100_000, (("Content-Type", "text/plain"), ("X-A", "ü"))),
        Reply(200, b"", ()),
    ],
)
def test_a_reply_arrives_as_it_was_sent(reply: Reply) -> None:
    assert decode_reply(*read(b"".join(encode_reply(reply, LIMIT)))) == reply


def test_the_time_left_is_what_the_sender_says_less_the_time_waited() -> None:
    header, body = read(b"".join(encode_request(Envelope("execute", time_left=60), 7.0, LIMIT)))
    assert decode_request(header, body, 2.0).time_left == 5.0


def test_a_message_of_exactly_the_limit_passes_and_one_byte_more_is_refused() -> None:
    header = len(b"".join(encode_request(Envelope("execute", request_id="r"), 60.0, LIMIT))) - 8
    fits = Envelope("execute", b"x" * (LIMIT - header), request_id="r")
    assert read(b"".join(encode_request(fits, 60.0, LIMIT)))[1] == fits.body
    with pytest.raises(TooLarge, match=r"limits\.bus_frame is 1048576"):
        encode_request(Envelope("execute", fits.body + b"x", request_id="r"), 60.0, LIMIT)


def test_a_frame_that_announces_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        read(struct.pack("!II", 2, LIMIT) + b"[]")
    with pytest.raises(TooLarge):
        read(struct.pack("!II", 0xFFFFFFFF, 0xFFFFFFFF))


@pytest.mark.parametrize("cut", [1, 7, 8, 20, -1])
def test_a_frame_that_ends_early_is_an_error(cut: int) -> None:
    whole = b"".join(encode_request(Envelope("execute", b"body"), 60.0, LIMIT))
    with pytest.raises(FrameError, match="ended inside"):
        read(whole[:cut])


def test_bytes_after_a_frame_are_an_error() -> None:
    with pytest.raises(FrameError, match="one call at a time"):
        read(b"".join(encode_reply(Reply(), LIMIT)) + b"x")


@pytest.mark.parametrize("header", [b"", b"\xff", b"{}", b"[]", b"[1,2]", b'["execute","",null,"soon","r"]', b"7"])
def test_a_header_that_is_not_a_requests_is_an_error(header: bytes) -> None:
    with pytest.raises(FrameError, match="request"):
        decode_request(header, b"", 0)


@pytest.mark.parametrize("header", [b"", b"{}", b"[200]", b'["ok",[]]', b"[200,[1]]"])
def test_a_header_that_is_not_a_replys_is_an_error(header: bytes) -> None:
    with pytest.raises(FrameError, match="reply"):
        decode_reply(header, b"")
