"""Errors as replies."""

from __future__ import annotations

import math

from platypush.errors import PlatypushError
from platypush.message.codec import encode
from platypush.message.envelope import Reply

__all__ = ["error_reply"]

_JSON = ("Content-Type", "application/json")


def error_reply(error: PlatypushError, request_id: str | None = None) -> Reply:
    """``error`` in the one error shape, with its status and ``Retry-After`` where it knows one."""
    headers = (_JSON,)
    if error.retry_after is not None:
        return Reply(
            error.http_status,
            encode(error.to_dict(request_id)),
            (*headers, ("Retry-After", str(max(1, math.ceil(error.retry_after))))),
        )
    return Reply(error.http_status, encode(error.to_dict(request_id)), headers)
