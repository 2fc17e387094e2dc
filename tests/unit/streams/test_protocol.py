"""The bytes of a stream's connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.errors import BadRequest
from platypush.message.envelope import Principal, Reply
from platypush.streams import StreamRequest, permission_of, socket_beside
from platypush.streams.protocol import (
    HEARTBEAT,
    MAX_ITEM,
    MAX_LINE,
    decode_answer,
    decode_request,
    encode_item,
    encode_ok,
    encode_refusal,
    encode_request,
    item_length,
)


def test_a_request_comes_through_as_it_was() -> None:
    principal = Principal("api_token", "owner", "7", ("camera:ffmpeg",))
    request = StreamRequest(stream="camera.ffmpeg", args={"fps": "5"}, single=True, principal=principal, time_left=3)
    line = encode_request(request)
    assert line.endswith(b"\n")
    assert decode_request(line) == request
    nobody = StreamRequest(stream="camera.ffmpeg")
    assert decode_request(encode_request(nobody)) == nobody


def test_a_request_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(BadRequest, match="arguments"):
        encode_request(StreamRequest(stream="camera.ffmpeg", args={"x": "y" * MAX_LINE}))


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"7", b'{"stream": "x", "args": 7}', b"\xff"])
def test_what_is_no_request_is_refused(line: bytes) -> None:
    with pytest.raises(BadRequest):
        decode_request(line)


def test_an_answer_is_the_type_of_the_items_or_the_error() -> None:
    assert decode_answer(encode_ok("image/jpeg")) == "image/jpeg"
    refusal = decode_answer(encode_refusal(Reply(503, b'{"error": {}}')))
    assert isinstance(refusal, Reply)
    assert (refusal.status, refusal.body) == (503, b'{"error": {}}')
    for wrong in (b"{}", b"7", b'{"status": "x", "body": ""}'):
        with pytest.raises(BadRequest):
            decode_answer(wrong)


def test_an_item_goes_with_its_length() -> None:
    prefix, item = encode_item(b"picture")
    assert (item_length(prefix), item) == (7, b"picture")
    assert item_length(HEARTBEAT) == 0
    with pytest.raises(ValueError, match="1 to"):
        encode_item(b"")
    with pytest.raises(ValueError, match="announced"):
        item_length((MAX_ITEM + 1).to_bytes(4, "big"))


def test_a_stream_has_a_permission_of_its_own_kind_and_a_socket_beside_the_bus() -> None:
    assert permission_of("camera.ir.mlx90640") == "camera:ir.mlx90640"
    assert socket_beside(Path("/run/platypush/bus.sock")) == Path("/run/platypush/streams.sock")
