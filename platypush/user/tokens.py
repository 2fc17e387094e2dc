"""JSON web tokens and named API tokens of users."""

from __future__ import annotations

import json
import secrets
from typing import Any, NamedTuple

from sqlalchemy import Connection, Delete, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from platypush._lib.clock import Clock
from platypush._lib.ids import new_id
from platypush.errors import BadRequest, Conflict, NotFound
from platypush.user.accounts import find_user, normal_name, user_id_of
from platypush.user.audit import Audit
from platypush.user.database import Database
from platypush.user.generation import Generation
from platypush.user.jwts import Claims, JwtSigner
from platypush.user.policy import check_scopes
from platypush.user.schema import api_tokens, jwts, users
from platypush.user.sessions import hash_token
from platypush.user.storable import storable

__all__ = ["API_TOKEN_PREFIX", "NewToken", "TokenInfo", "Tokens"]

API_TOKEN_PREFIX = "pp_"  # noqa: S105 - what every API token begins with, not one

_DAY = 86400.0
_MAX_DAYS = 36_500.0
_MAX_NAME = 128


class NewToken(NamedTuple):
    """An API token as its owner gets it: ``secret`` is shown this once."""

    secret: str
    id: str


class TokenInfo(NamedTuple):
    """A token in a list; ``kind`` is ``api_token`` or ``jwt`` (without a name). Times are seconds since the epoch."""

    id: str
    kind: str
    user: str
    name: str | None
    scopes: tuple[str, ...] | None
    created_at: float
    expires_at: float | None
    last_used_at: float | None


class Tokens:
    """Issues, lists and revokes tokens. Every method raises StorageFailed when the database refuses."""

    def __init__(
        self, database: Database, signer: JwtSigner, generation: Generation, audit: Audit, clock: Clock
    ) -> None:
        self._database = database
        self._signer = signer
        self._generation = generation
        self._audit = audit
        self._clock = clock

    def issue_jwt(
        self, username: str, expiry_days: float | None = None, *, by: str | None = None, address: str = ""
    ) -> str:
        """A JWT for ``expiry_days`` (fractions allowed; None or 0: until revoked), which ends with the password.

        Raises NotFound for an unknown user and BadRequest for days that make no sense.
        """
        now = self._clock.time()
        expires_at = _expiry(now, expiry_days)
        jti = new_id()

        def work(connection: Connection) -> Claims:
            row = find_user(connection, normal_name(username))
            if row is None:
                raise NotFound(f"There is no user {username!r}.")
            values = {"id": jti, "user_id": row.id, "created_at": now, "expires_at": expires_at}
            connection.execute(insert(jwts).values(values))
            self._audit.write(connection, entry)
            return Claims(
                user=row.name,
                user_id=row.id,
                password_version=row.password_version,
                id=jti,
                issued_at=now,
                expires_at=expires_at,
            )

        entry = self._audit.entry(
            "token_created", normal_name(username), address, token=jti, type="jwt", by=by or username
        )
        claims = self._database.write(work)
        self._audit.log(entry)
        return self._signer.sign(claims)

    def create_api_token(
        self,
        username: str,
        name: str,
        scopes: tuple[str, ...] | None = None,
        expiry_days: float | None = None,
        *,
        by: str | None = None,
        address: str = "",
    ) -> NewToken:
        """A named token; ``scopes`` None allows all that the user may do.

        Raises NotFound for an unknown user, Conflict for a name that this user's tokens have already, BadRequest
        for a name, patterns or days that make no sense.
        """
        name = _token_name(name)
        checked = None if scopes is None else check_scopes(scopes)
        now = self._clock.time()
        expires_at = _expiry(now, expiry_days)
        secret = API_TOKEN_PREFIX + secrets.token_urlsafe(32)

        def work(connection: Connection) -> tuple[str, Any]:
            values = {
                "user_id": user_id_of(connection, username),
                "name": name,
                "token_hash": hash_token(secret),
                "scopes": None if checked is None else json.dumps(checked),
                "created_at": now,
                "expires_at": expires_at,
            }
            key = connection.execute(insert(api_tokens).values(values)).inserted_primary_key
            number = str(key[0]) if key else ""
            entry = self._audit.entry(
                "token_created",
                normal_name(username),
                address,
                token=number,
                type="api_token",
                name=name,
                scopes=" ".join(checked) if checked is not None else "all",
                by=by or username,
            )
            self._audit.write(connection, entry)
            return number, entry

        try:
            number, entry = self._database.write(work)
        except IntegrityError as error:
            raise Conflict(f"{username} has a token named {name!r} already. Choose another name.") from error
        self._audit.log(entry)
        return NewToken(secret, number)

    def revoke(self, id: int | str, *, username: str | None = None, by: str | None = None, address: str = "") -> None:
        """End the API token or the JWT with this id; with ``username``, only one of that user's. Raises NotFound."""
        text = str(id)
        if text.isascii() and text.isdigit() and len(text) < 16:
            row = self._find(api_tokens, int(text), username)
            if row is not None and self._delete(delete(api_tokens).where(api_tokens.c.id == row.id)):
                self._audit.record(
                    "token_revoked", row.user, address, token=text, type="api_token", by=by or "operator"
                )
                return
        self.revoke_jwt(text, username=username, by=by, address=address)

    def revoke_jwt(self, jti: str, *, username: str | None = None, by: str | None = None, address: str = "") -> None:
        """End the JWT with this identifier; with ``username``, only one of that user's. Raises NotFound."""
        row = self._find(jwts, storable(jti), username)
        if row is None or not self._delete(delete(jwts).where(jwts.c.id == row.id)):
            raise NotFound(f"There is no token {jti}. It may have been revoked already.")
        self._audit.record("token_revoked", row.user, address, token=jti, type="jwt", by=by or "operator")

    def _list(self, connection: Connection, username: str | None) -> list[TokenInfo]:
        found = []
        for table, kind in ((api_tokens, "api_token"), (jwts, "jwt")):
            query = select(table, users.c.name.label("user")).join(users, users.c.id == table.c.user_id)
            query = query.where(or_(table.c.expires_at.is_(None), table.c.expires_at > self._clock.time()))
            if username is not None:
                query = query.where(users.c.name == normal_name(username))
            for row in connection.execute(query).mappings():
                scopes = row.get("scopes")
                found.append(
                    TokenInfo(
                        id=str(row["id"]),
                        kind=kind,
                        user=row["user"],
                        name=row.get("name"),
                        scopes=None if scopes is None else tuple(json.loads(scopes)),
                        created_at=row["created_at"],
                        expires_at=row["expires_at"],
                        last_used_at=row["last_used_at"],
                    )
                )
        return found

    def _find(self, table: Any, id: int | str, username: str | None) -> Any:
        query = select(table.c.id, users.c.name.label("user")).join(users, users.c.id == table.c.user_id)
        query = query.where(table.c.id == id)
        if username is not None:
            query = query.where(users.c.name == normal_name(username))
        return self._database.read(lambda connection: connection.execute(query).first())

    def _delete(self, query: Delete) -> int:
        ended: int = self._database.write(lambda connection: connection.execute(query).rowcount)
        if ended:
            self._generation.increment()
        return ended

    def list(self, username: str | None = None) -> list[TokenInfo]:
        """The tokens of a user, or of all, that have not expired, the newest first."""
        return sorted(
            self._database.read(lambda connection: self._list(connection, username)),
            key=lambda token: token.created_at,
            reverse=True,
        )


def _expiry(now: float, days: float | None) -> float | None:
    if not days:
        return None
    if not 0 < days <= _MAX_DAYS:
        raise BadRequest(f"expiry_days must be a number from 0 (never) to {_MAX_DAYS:.0f}, not {days}.")
    return now + days * _DAY


def _token_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise BadRequest(f"A token needs a name of 1 to {_MAX_NAME} printable characters, to be recognised by.")
    return name
