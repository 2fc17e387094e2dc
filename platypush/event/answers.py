"""What a hook returns, as the answer to the HTTP client. Pure functions; ``docs/hooks.md`` has the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from platypush.message import Message, encode
from platypush.message.envelope import Reply
from platypush.message.event.http.hook import WebhookEvent

__all__ = ["answer_of", "default_body", "is_answer_with_status"]

_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_BINARY = "application/octet-stream"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BARE_STATUSES = frozenset({204, 205, 304})
# Hop-by-hop headers and the length are the server's; the others would let a hook's data steer the proxy in front.
_NOT_FROM_HOOKS = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-lighttpd-send-file",
        "x-sendfile",
    }
)


def answer_of(value: Any, event: WebhookEvent) -> Reply:
    """The HTTP answer for what a hook returned on ``event``.

    A dictionary, list or any other value becomes JSON, text plain text, bytes a file of the type that their beginning
    shows, None the default body; ``(data, status)`` and ``(data, status, headers)`` say more. A string is never
    parsed. Raises ValueError for a header that HTTP does not allow.
    """
    status = 200
    extra: list[tuple[str, str]] = []
    if is_answer_with_status(value):
        status = value[1]
        extra = _headers(value[2]) if len(value) == 3 and value[2] else []
        value = value[0]
    if status in _BARE_STATUSES:
        return Reply(status, b"", tuple(item for item in extra if item[0].lower() != "content-type"))
    body, content_type = _body(value, event)
    if not any(name.lower() == "content-type" for name, _ in extra):
        extra.insert(0, ("Content-Type", content_type))
    return Reply(status, body, tuple(extra))


def is_answer_with_status(value: Any) -> bool:
    """Whether ``value`` is ``(data, status)`` or ``(data, status, headers)`` with a status from 200 to 599."""
    return (
        isinstance(value, tuple)
        and len(value) in (2, 3)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
        and 200 <= value[1] <= 599
        and (len(value) == 2 or value[2] is None or isinstance(value[2], (Mapping, list, tuple)))
    )


def default_body(event: WebhookEvent) -> dict[str, Any]:
    """What is answered for a hook that returns nothing. Credentials in the headers are left out."""
    args = event.to_dict()["args"]
    return {"status": "ok", **{name: args.get(name) for name in ("hook", "method", "args", "data", "headers")}}


def _body(value: Any, event: WebhookEvent) -> tuple[bytes, str]:
    if value is None:
        return encode(default_body(event)), _JSON
    if isinstance(value, str):
        return value.encode("utf-8", "replace"), _TEXT
    if isinstance(value, (bytes, bytearray, memoryview)):
        raw = bytes(value)
        return raw, _type_of(raw)
    if isinstance(value, Message):
        return value.to_json(), _JSON
    return encode(value), _JSON


def _type_of(raw: bytes) -> str:
    # Only kinds that no browser runs as a page of ours: bytes from elsewhere must not become a script.
    for start, content_type in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"OggS", "application/ogg"),
        (b"ID3", "audio/mpeg"),
        (b"\x1f\x8b", "application/gzip"),
        (b"PK\x03\x04", "application/zip"),
    ):
        if raw.startswith(start):
            return content_type
    if raw[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(raw[8:12], _BINARY)
    return "video/mp4" if raw[4:8] == b"ftyp" else _BINARY


def _headers(given: Mapping[Any, Any] | Iterable[Any]) -> list[tuple[str, str]]:
    pairs = given.items() if isinstance(given, Mapping) else given
    headers: list[tuple[str, str]] = []
    for name, value in pairs:
        for item in value if isinstance(value, (list, tuple)) else (value,):
            text = str(item)
            if not isinstance(name, str) or not _TOKEN.fullmatch(name):
                raise ValueError(f"{name!r} is no name of an HTTP header.")
            if not text.isprintable() or not _is_latin(text):
                raise ValueError(f"The value of the header {name} has characters that HTTP does not allow.")
            if name.lower() not in _NOT_FROM_HOOKS and not name.lower().startswith("x-accel-"):
                headers.append((name, text))
    return headers


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
