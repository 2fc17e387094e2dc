"""What the database says about a token, a session, or a password that was checked before. No cache here."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select

from platypush._lib.clock import Clock
from platypush.errors import NotAuthenticated
from platypush.message.envelope import Principal
from platypush.user.database import Database
from platypush.user.jwts import JwtSigner
from platypush.user.last_use import UseKey
from platypush.user.schema import api_tokens, jwts, sessions, users
from platypush.user.sessions import hash_token
from platypush.user.tokens import API_TOKEN_PREFIX

__all__ = ["Expand", "Found", "Lookup"]

Expand = Callable[[tuple[str, ...]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """A credential that is right now: whose, until when (seconds since the epoch), and what its use is counted for.

    ``password`` is the user's id and version of the password for a sign-in, so that it can be confirmed without bcrypt.
    """

    principal: Principal
    expires_at: float | None = None
    use: UseKey | None = None
    password: tuple[int, str] | None = None


class Lookup:
    """One SQL query at most for each question. Raises StorageFailed when the database refuses."""

    def __init__(
        self, database: Database, signer: JwtSigner, global_token: str | None, clock: Clock, expand: Expand = tuple
    ) -> None:
        """``expand`` adds to the patterns of a restricted token what they stand for (a dashboard's rights)."""
        self._database = database
        self._expand = expand
        self._signer = signer
        self._clock = clock
        # Compared as digests: equal in length whatever was sent.
        self._global = _digest(global_token) if global_token else None

    def any_user(self) -> bool:
        """Whether anybody is registered."""
        return bool(
            self._database.read(lambda connection: connection.execute(select(exists(select(users.c.id)))).scalar())
        )

    def token(self, value: str) -> Found:
        """The global token, an API token or a JWT. Raises NotAuthenticated."""
        if self._global is not None and hmac.compare_digest(_digest(value), self._global):
            return Found(Principal("global_token"))
        if value.startswith(API_TOKEN_PREFIX):
            return self._api_token(value)
        if self._signer.looks_like(value):
            return self._jwt(value)
        raise NotAuthenticated("The token is not known here. It is mistyped, or it was revoked.")

    def session(self, value: str) -> Found:
        """A session by its token. Raises NotAuthenticated.

        A browser that shows one dashboard and nothing else has an API token in the session's place.
        """
        if value.startswith(API_TOKEN_PREFIX):
            found = self._api_token(value)
            if any(scope.startswith("dashboard:") for scope in found.principal.scopes or ()):
                return found
            raise NotAuthenticated("This is a token and no session. Send it as 'Authorization: Bearer …'.")
        query = (
            select(sessions.c.id, sessions.c.expires_at, users.c.name)
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.token_hash == hash_token(value))
        )
        row = self._first(query)
        if row is None:
            raise NotAuthenticated("The session has ended. Sign in again.")
        self._check_expiry(row.expires_at, "The session has expired. Sign in again.")
        return Found(Principal("session", row.name, str(row.id)), row.expires_at, (sessions.name, row.id))

    def password(self, user_id: int, version: str) -> Found | None:
        """The user whose password of this version was checked before, if it is still the same."""
        row = self._first(select(users.c.name).where(users.c.id == user_id, users.c.password_version == version))
        return None if row is None else Found(Principal("basic", row.name), password=(user_id, version))

    def _api_token(self, value: str) -> Found:
        query = (
            select(api_tokens.c.id, api_tokens.c.expires_at, api_tokens.c.scopes, users.c.name)
            .join(users, users.c.id == api_tokens.c.user_id)
            .where(api_tokens.c.token_hash == hash_token(value))
        )
        row = self._first(query)
        if row is None:
            raise NotAuthenticated("The token is not known here. It is mistyped, or it was revoked.")
        self._check_expiry(row.expires_at, "The token has expired. Make a new one.")
        scopes = None if row.scopes is None else self._expand(tuple(json.loads(row.scopes)))
        principal = Principal("api_token", row.name, str(row.id), scopes)
        return Found(principal, row.expires_at, (api_tokens.name, row.id))

    def _jwt(self, value: str) -> Found:
        claims = self._signer.check(value)
        if claims is None:
            raise NotAuthenticated("The token is not one of this installation.")
        self._check_expiry(claims.expires_at, "The token has expired. Get a new one from /auth.")
        query = (
            select(users.c.name, users.c.password_version)
            .join(jwts, jwts.c.user_id == users.c.id)
            .where(jwts.c.id == claims.id, users.c.id == claims.user_id)
        )
        row = self._first(query)
        if row is None or row.name != claims.user or row.password_version != claims.password_version:
            raise NotAuthenticated("The token was revoked, or the password was changed. Get a new one from /auth.")
        return Found(Principal("jwt", row.name, claims.id), claims.expires_at, (jwts.name, claims.id))

    def _first(self, query: Any) -> Any:
        return self._database.read(lambda connection: connection.execute(query).first())

    def _check_expiry(self, expires_at: float | None, message: str) -> None:
        if expires_at is not None and expires_at <= self._clock.time():
            raise NotAuthenticated(message, details={"reason": "expired"})


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
