"""The session's cookie."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from platypush.user.credentials import SESSION_COOKIE

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from platypush._lib.clients import Client

__all__ = ["clear_session", "set_session"]


def set_session(response: Response, token: str, *, expires_at: float | None, remember: bool, client: Client) -> None:
    """Give the browser its session: until ``expires_at`` (seconds since the epoch; None: for ever), or until the
    browser closes.

    Scripts never see it, other sites do not send it along, and under HTTPS it never leaves HTTPS.
    """
    max_age = None
    if remember:
        # RFC 6265bis has browsers cut it to 400 days anyway.
        max_age = 400 * 86400 if expires_at is None else max(0, int(expires_at - time.time()))
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=max_age,
        path="/",
        secure=client.is_secure,
        httponly=True,
        samesite="Lax",
    )


def clear_session(response: Response, client: Client) -> None:
    """Make the browser forget its session."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=client.is_secure, httponly=True, samesite="Lax")
