"""Signed addresses: a path that works for a while without signing in, for players and links."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from platypush._lib.clock import Clock

__all__ = ["UrlSigner"]

_HOUR = 3600.0


class UrlSigner:
    """Signs paths with ``key`` for ``hours``. Pure but for the clock."""

    def __init__(self, key: bytes, *, hours: float = 6, clock: Clock) -> None:
        self._key = key
        self._hours = hours
        self._clock = clock

    def sign(self, path: str, hours: float | None = None) -> str:
        """The query ``expires=…&signature=…`` that opens exactly ``path`` (decoded, without query)."""
        expires = int(self._clock.time() + (self._hours if hours is None else hours) * _HOUR)
        return f"expires={expires}&signature={self._signature(path, str(expires))}"

    def verify(self, path: str, expires: str, signature: str) -> bool:
        """Whether ``signature`` is ours for ``path`` and has not expired. Never raises; compares in constant time."""
        genuine = hmac.compare_digest(
            self._signature(path, expires).encode(), signature.encode("utf-8", "surrogatepass")
        )
        return genuine and self._clock.time() < int(expires)

    def _signature(self, path: str, expires: str) -> str:
        text = f"{expires}\n{path}".encode("utf-8", "surrogatepass")
        return urlsafe_b64encode(hmac.new(self._key, text, hashlib.sha256).digest()).rstrip(b"=").decode()
