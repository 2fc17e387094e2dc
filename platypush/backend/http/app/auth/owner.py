"""Whose sessions and tokens a request is about."""

from __future__ import annotations

from flask import request

from platypush.backend.http.app.exchange import exchange_of
from platypush.errors import BadRequest

__all__ = ["owner"]


def owner() -> str:
    """The user who asks. The global token belongs to nobody, so its holder names one by ``?user=``.

    Raises BadRequest when that is missing.
    """
    principal = exchange_of(request.environ).principal
    if principal is not None and principal.user is not None:
        return principal.user
    name = request.args.get("user")
    if not name:
        raise BadRequest("The global token belongs to no user: say whose, with ?user=NAME.")
    return name
