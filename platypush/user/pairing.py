"""Letting a screen on the wall in: a link that works once, for ten minutes, and a token that may show one dashboard."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from platypush._lib.clock import Clock
from platypush.errors import Forbidden
from platypush.user.sessions import hash_token
from platypush.user.tokens import NewToken, Tokens
from platypush.user.values import KeyValues

__all__ = ["Link", "Pairing"]

_NAMESPACE = "platypush.pairing"
_SECONDS = 600.0


class Link(NamedTuple):
    """A code for the address of a dashboard; ``expires_at`` in seconds since the epoch."""

    code: str
    expires_at: float


class Pairing:
    """Makes codes and takes them. Every method raises StorageFailed when the database refuses."""

    def __init__(self, values: KeyValues, tokens: Tokens, clock: Clock) -> None:
        self._values = values
        self._tokens = tokens
        self._clock = clock

    def offer(self, username: str, dashboard: str) -> Link:
        """A code with which a browser gets the right to show ``dashboard``, in the name of ``username``."""
        now = self._clock.time()
        stale = [name for name, offer in self._values.all(_NAMESPACE).items() if offer["expires_at"] <= now]
        if stale:
            self._values.delete(_NAMESPACE, *stale)
        link = Link(secrets.token_urlsafe(24), now + _SECONDS)
        offer = {"user": username, "dashboard": dashboard, "expires_at": link.expires_at}
        self._values.set(_NAMESPACE, {hash_token(link.code): offer})
        return link

    def take(self, code: str, dashboard: str, *, device: str, address: str = "") -> NewToken:
        """A token that may show ``dashboard`` and do what its widgets do, until it is revoked. A code is taken once.

        ``device`` is what the owner finds it by. Raises Forbidden for a code that is none, or none any more.
        """
        name = hash_token(code)
        offer = self._values.get(_NAMESPACE, name)
        # Whoever deletes it has it: two at once do not both get a token.
        fits = (
            offer is not None
            and offer["dashboard"] == dashboard
            and offer["expires_at"] > self._clock.time()
            and self._values.delete(_NAMESPACE, name) == 1
        )
        if not fits:
            raise Forbidden(
                "This link has been used, or its ten minutes are over. Make a new one: Dashboards, Show on a screen."
            )
        label = f"{dashboard} on {device}"[:90] + f" ({secrets.token_hex(2)})"
        return self._tokens.create_api_token(offer["user"], label, (f"dashboard:{dashboard}",), None, address=address)
