"""From a request on ``/hook/<name>``, as it crosses the bus, to the event that hooks see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from platypush.errors import BadRequest
from platypush.message import decode
from platypush.message.envelope import Envelope
from platypush.message.event.http.hook import WebhookEvent
from platypush.message.headers import Headers

__all__ = ["body_data", "webhook_event"]

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/"
_MAX_FIELDS = 1000


def webhook_event(envelope: Envelope) -> WebhookEvent:
    """The event of an envelope of kind ``hook``. Raises BadRequest when its description is broken."""
    meta = envelope.meta
    method, args, headers = meta.get("method", "GET"), meta.get("args") or {}, meta.get("headers") or {}
    if not isinstance(method, str) or not isinstance(args, Mapping) or not isinstance(headers, Mapping):
        raise BadRequest("A webhook on the bus needs 'method', 'args' and 'headers'.")
    known = Headers({str(name): str(value) for name, value in headers.items()})
    return WebhookEvent(
        hook=envelope.name,
        method=method.upper(),
        args=args,
        data=body_data(envelope.body, known.get("content-type", "")),
        headers=known,
        origin="http",
    )


def body_data(body: bytes, content_type: str) -> Any:
    """A request's body as hooks see it.

    JSON is decoded, whatever type it claims to be, except from forms: those become a dictionary of the first
    value of each field. Other text stays text, and anything else (and multipart) bytes. No body is None.
    """
    if not body:
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(_MULTIPART):
        return body
    try:
        return decode(body)
    except BadRequest:
        pass  # not JSON, which nothing demands
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    return _form(text) if kind == _FORM else text


def _form(text: str) -> Any:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return text
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields
