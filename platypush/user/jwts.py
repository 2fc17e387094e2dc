"""Signs and checks JSON web tokens (RFC 7519). Pure: whether one is still wanted is the database's word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt

__all__ = ["Claims", "JwtSigner"]

_ALGORITHM = "HS256"
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says: the user by name and id, the version of the password, its own identifier, its times."""

    user: str
    user_id: int
    password_version: str
    id: str
    issued_at: float
    expires_at: float | None


class JwtSigner:
    """HS256 with ``key``; whoever issues is whoever checks, so no other algorithm is ever looked at."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # Every token of ours begins like this, so that none with another header is even parsed.
        self._prefix = jwt.encode({}, key, _ALGORITHM).partition(".")[0] + "."

    def sign(self, claims: Claims) -> str:
        """The token."""
        payload: dict[str, Any] = {
            "sub": claims.user,
            "uid": claims.user_id,
            "pv": claims.password_version,
            "jti": claims.id,
            "iat": int(claims.issued_at),
        }
        if claims.expires_at is not None:
            payload["exp"] = claims.expires_at
        return jwt.encode(payload, self._key, _ALGORITHM)

    def looks_like(self, token: str) -> bool:
        """Whether ``token`` can be one of ours at all."""
        return token.startswith(self._prefix) and token.count(".") == 2 and len(token) <= _LONGEST

    def check(self, token: str) -> Claims | None:
        """The claims of a token that this key signed, else None.

        Times are not judged: a clock that jumped must not refuse a token that was issued in a nearby future, and
        its end is compared with the injected clock by the caller.
        """
        if not self.looks_like(token):
            return None
        options: Any = {
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
            "require": ["sub", "uid", "pv", "jti", "iat"],
        }
        try:
            payload = jwt.decode(token, self._key, algorithms=[_ALGORITHM], options=options)
            expires_at = payload.get("exp")
            return Claims(
                user=str(payload["sub"]),
                user_id=int(payload["uid"]),
                password_version=str(payload["pv"]),
                id=str(payload["jti"]),
                issued_at=float(payload["iat"]),
                expires_at=None if expires_at is None else float(expires_at),
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
