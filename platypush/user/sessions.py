"""Sessions of browsers: 256 random bits, of which the database has the hash only."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select

from platypush._lib.clock import Clock
from platypush._lib.ids import new_secret
from platypush.errors import NotFound
from platypush.user.accounts import normal_name, user_id_of
from platypush.user.audit import Audit
from platypush.user.database import Database
from platypush.user.generation import Generation
from platypush.user.schema import sessions, users
from platypush.user.storable import storable

__all__ = ["NewSession", "SessionInfo", "Sessions", "hash_token"]

_DAY = 86400.0


class NewSession(NamedTuple):
    """A session as its owner gets it. ``token`` is shown this once; ``expires_at`` None means never."""

    token: str
    expires_at: float | None
    id: int


class SessionInfo(NamedTuple):
    """A session in a list. ``id`` (as text) is the principal's ``credential_id``. Times are seconds since the epoch."""

    id: int
    user: str
    remember: bool
    address: str
    user_agent: str
    created_at: float
    expires_at: float | None
    last_used_at: float | None


class Sessions:
    """Creates, lists and ends sessions. Every method raises StorageFailed when the database refuses."""

    def __init__(
        self,
        database: Database,
        generation: Generation,
        audit: Audit,
        clock: Clock,
        *,
        days: float,
        remembered_days: float,
    ) -> None:
        self._database = database
        self._generation = generation
        self._audit = audit
        self._clock = clock
        self._days = days
        self._remembered_days = remembered_days

    def create(self, username: str, remember: bool, address: str, user_agent: str) -> NewSession:
        """A session for a user who has just signed in. Raises NotFound when the user is gone."""
        token = new_secret()
        now = self._clock.time()
        days = self._remembered_days if remember else self._days
        expires_at = now + days * _DAY if days else None

        def work(connection: Connection) -> int:
            values = {
                "user_id": user_id_of(connection, username),
                "token_hash": hash_token(token),
                "remember": remember,
                "created_at": now,
                "expires_at": expires_at,
                "last_used_at": now,
                "address": storable(address)[:64],
                "user_agent": storable(user_agent)[:255],
            }
            key = connection.execute(insert(sessions).values(values)).inserted_primary_key
            return int(key[0]) if key else 0

        return NewSession(token, expires_at, self._database.write(work))

    def revoke(self, token: str, *, address: str = "") -> bool:
        """End the session with this token, for a logout; whether there was one."""
        query = (
            select(sessions.c.id, users.c.name)
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.token_hash == hash_token(token))
        )
        row = self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            return False
        ended = self._delete(delete(sessions).where(sessions.c.id == row.id))
        if ended:
            self._audit.record("sign_out", row.name, address, session=row.id)
        return ended > 0

    def revoke_id(
        self, id: int | str, *, username: str | None = None, by: str | None = None, address: str = ""
    ) -> None:
        """End the session with this id; with ``username``, only one of that user's. Raises NotFound."""
        query = select(sessions.c.id, users.c.name).join(users, users.c.id == sessions.c.user_id)
        query = query.where(sessions.c.id == _number(id))
        if username is not None:
            query = query.where(users.c.name == normal_name(username))
        row = self._database.read(lambda connection: connection.execute(query).first())
        if row is None or not self._delete(delete(sessions).where(sessions.c.id == row.id)):
            raise NotFound(f"There is no session {id}. It may have ended already.")
        self._audit.record("session_revoked", row.name, address, session=row.id, by=by or "operator")

    def revoke_all(
        self, username: str, keep: int | str | None = None, *, by: str | None = None, address: str = ""
    ) -> int:
        """End all sessions of a user but the one with the id ``keep``; how many. Raises NotFound for the user."""
        user_id = self._database.read(lambda connection: user_id_of(connection, username))
        kept = -1 if keep is None else _number(keep)
        ended = self._delete(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id != kept))
        self._audit.record("sessions_revoked", normal_name(username), address, count=ended, by=by or "operator")
        return ended

    def list(self, username: str) -> list[SessionInfo]:
        """The sessions of a user that have not expired, the newest first."""
        query = (
            select(
                sessions.c.id,
                users.c.name,
                sessions.c.remember,
                sessions.c.address,
                sessions.c.user_agent,
                sessions.c.created_at,
                sessions.c.expires_at,
                sessions.c.last_used_at,
            )
            .join(users, users.c.id == sessions.c.user_id)
            .where(users.c.name == normal_name(username))
            .where(or_(sessions.c.expires_at.is_(None), sessions.c.expires_at > self._clock.time()))
            .order_by(sessions.c.id.desc())
        )
        return self._database.read(lambda connection: [SessionInfo(*row) for row in connection.execute(query)])

    def _delete(self, query: object) -> int:
        ended: int = self._database.write(lambda connection: connection.execute(query).rowcount)  # type: ignore[call-overload]
        if ended:
            self._generation.increment()
        return ended


def hash_token(token: str) -> str:
    """What the database has of a random token. It needs no salt: nobody can try 2^256 of them."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _number(id: int | str) -> int:
    text = str(id)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
