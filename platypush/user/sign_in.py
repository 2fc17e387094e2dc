"""Checks a name and a password: slowed down after wrong ones, a few at a time, and recorded."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, exists, select, update

from platypush._lib.clock import Clock
from platypush.errors import NotAuthenticated, RegistrationRequired, TooManyAttempts
from platypush.message.envelope import Principal
from platypush.user.accounts import find_user, normal_name
from platypush.user.attempts import forgive, record_failure, required_wait
from platypush.user.audit import Audit
from platypush.user.database import Database
from platypush.user.lookup import Found
from platypush.user.passwords import MAX_LENGTH, PasswordHasher
from platypush.user.schema import users
from platypush.user.slots import Slots

__all__ = ["SignIn"]

_WRONG = "The user name or the password is wrong."


class SignIn:
    """One for a process. A wrong name takes as long, and leads to the same answer, as a wrong password."""

    def __init__(self, database: Database, hasher: PasswordHasher, slots: Slots, audit: Audit, clock: Clock) -> None:
        self._database = database
        self._hasher = hasher
        self._slots = slots
        self._audit = audit
        self._clock = clock

    def check(self, username: str, password: str, address: str) -> Found:
        """Who it is. Raises NotAuthenticated, TooManyAttempts with ``retry_after``, RegistrationRequired while there
        is no user, Busy, StorageFailed.
        """
        name = normal_name(username)
        # Looked at before the slot, so that a flood is turned away without a queue …
        self._admit(name, address)
        with self._slots.taken():
            # … and again inside, where those that came at once are one after another.
            row = self._admit(name, address)
            usable = len(password) <= MAX_LENGTH
            right = self._hasher.verify(password if usable else "", row.password_hash if row and usable else None)
            if row is None or not right:
                self._refuse(name, address, known=row is not None)
                raise NotAuthenticated(_WRONG)
            renewed = self._hasher.hash(password) if self._hasher.needs_rehash(password, row.password_hash) else None
        self._accept(row, address, renewed)
        return Found(Principal("basic", row.name), password=(row.id, row.password_version))

    def _admit(self, name: str, address: str) -> Row[Any] | None:
        now = self._clock.time()

        def work(connection: Connection) -> tuple[float, Row[Any] | None, bool]:
            row = find_user(connection, name)
            anybody = row is not None or bool(connection.execute(select(exists(select(users.c.id)))).scalar())
            return required_wait(connection, address, name, now), row, anybody

        wait, row, anybody = self._database.read(work)
        if not anybody:
            raise RegistrationRequired
        if wait > 0:
            self._audit.refused("sign_in_throttled", row.name if row else None, address, retry_after=round(wait, 1))
            raise TooManyAttempts(
                f"Too many wrong sign-ins from this address. Try again in {_duration(wait)}.", retry_after=wait
            )
        return row

    def _refuse(self, name: str, address: str, *, known: bool) -> None:
        now = self._clock.time()
        failures = self._database.write(lambda connection: record_failure(connection, address, name, now))
        # An unknown name is not written down: it is often a password in the wrong field.
        reason = "wrong password" if known else "unknown user"
        self._audit.refused("sign_in_failed", name if known else None, address, reason=reason, failures=failures)

    def _accept(self, row: Row[Any], address: str, renewed: str | None) -> None:
        entry = self._audit.entry("sign_in", row.name, address)

        def work(connection: Connection) -> None:
            forgive(connection, address, row.name)
            if renewed is not None:
                same = (users.c.id == row.id) & (users.c.password_hash == row.password_hash)
                connection.execute(update(users).where(same).values(password_hash=renewed))
            self._audit.write(connection, entry)

        self._database.write(work)
        self._audit.log(entry)


def _duration(seconds: float) -> str:
    whole = int(seconds) + 1
    return f"{whole} s" if whole < 120 else f"{(whole + 59) // 60} minutes"
