"""Users: who exists, and their passwords."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Row, delete, exists, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from platypush._lib.clock import Clock
from platypush.errors import BadRequest, Conflict, NotFound
from platypush.user.audit import Audit, AuditEntry
from platypush.user.database import Database
from platypush.user.generation import Generation
from platypush.user.passwords import PasswordHasher, check_new_password, is_password_hash
from platypush.user.schema import jwts, sessions, users
from platypush.user.slots import Slots
from platypush.user.storable import storable

__all__ = ["Accounts", "UserInfo", "check_name", "find_user", "normal_name", "user_id_of"]

T = TypeVar("T")

_MAX_NAME = 128


class UserInfo(NamedTuple):
    """A user, without secrets. Times are seconds since the epoch."""

    id: int
    name: str
    created_at: float
    password_changed_at: float


class Accounts:
    """The users. Every method raises StorageFailed when the database refuses; those with a password also Busy.

    ``by`` and ``address`` say who made the change, for the audit trail; None is the machine's operator.
    """

    def __init__(
        self,
        database: Database,
        hasher: PasswordHasher,
        slots: Slots,
        generation: Generation,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._slots = slots
        self._generation = generation
        self._audit = audit
        self._clock = clock

    def exists(self) -> bool:
        """Whether any user is registered."""
        return bool(
            self._database.read(lambda connection: connection.execute(select(exists(select(users.c.id)))).scalar())
        )

    def create_first(self, name: str, password: str, *, address: str = "") -> None:
        """Register the first user, atomically: of two at once, one gets Conflict.

        Raises BadRequest for a name or a password that is not accepted, Conflict when there is a user already.
        """
        row = self._new_row(name, password) | {"founder": 1}
        columns = list(row)
        query = insert(users).from_select(
            columns, select(*(literal(row[column]) for column in columns)).where(~exists(select(users.c.id)))
        )
        entry = self._audit.entry("first_user_registered", row["name"], address)
        # SQLAlchemy fetches the count of an INSERT only when it is asked to.
        counted = query.execution_options(preserve_rowcount=True)
        if not self._change(lambda connection: connection.execute(counted).rowcount, entry, _TAKEN):
            raise Conflict(_TAKEN)

    def create(self, name: str, password: str, *, by: str | None = None, address: str = "") -> None:
        """Add a user. Raises BadRequest like ``create_first`` and Conflict for a name that is taken."""
        row = self._new_row(name, password)
        entry = self._audit.entry("user_created", row["name"], address, by=by or "operator")
        conflict = f"There is a user {row['name']!r} already. Choose another name."
        self._change(lambda connection: bool(connection.execute(insert(users).values(row))), entry, conflict)

    def take_over(self, name: str, password_hash: str) -> None:
        """Add a user of an earlier installation, whose password stays the one that ``password_hash`` is of.

        Raises BadRequest for a name that is not accepted or a text that is no hash, Conflict for a name that is taken.
        """
        name = check_name(name)
        if not is_password_hash(password_hash):
            raise BadRequest("The password is not stored as a bcrypt hash, so nobody could sign in with it.")
        row = self._row(name, password_hash)
        entry = self._audit.entry("user_imported", name, "", by="operator")
        conflict = f"There is a user {name!r} already."
        self._change(lambda connection: bool(connection.execute(insert(users).values(row))), entry, conflict)

    def delete(self, name: str, *, by: str | None = None, address: str = "") -> None:
        """Remove a user with all sessions and tokens, at once in every process. Raises NotFound."""
        name = normal_name(name)
        entry = self._audit.entry("user_deleted", name, address, by=by or "operator")
        query = delete(users).where(users.c.name == name)
        if not self._change(lambda connection: connection.execute(query).rowcount, entry, _TAKEN):
            raise _unknown(name)
        self._generation.increment()

    def set_password(
        self,
        name: str,
        new: str,
        *,
        keep_session: int | str | None = None,
        by: str | None = None,
        address: str = "",
    ) -> None:
        """Replace the password. Every session (but the one with the id ``keep_session``) and JWT of the user ends.

        Named API tokens stay. Raises NotFound, and BadRequest for a password that is not accepted.
        """
        name = normal_name(name)
        check_new_password(new, name)
        with self._slots.taken():
            hashed = self._hasher.hash(new)
        entry = self._audit.entry("password_changed", name, address, by=by or "operator")
        values = {
            "password_hash": hashed,
            "password_version": _new_version(),
            "password_changed_at": self._clock.time(),
        }

        def work(connection: Connection) -> bool:
            row = find_user(connection, name)
            if row is None:
                return False
            connection.execute(update(users).where(users.c.id == row.id).values(values))
            connection.execute(delete(jwts).where(jwts.c.user_id == row.id))
            kept = -1 if keep_session is None else int(keep_session)
            connection.execute(delete(sessions).where(sessions.c.user_id == row.id, sessions.c.id != kept))
            return True

        if not self._change(work, entry, _TAKEN):
            raise _unknown(name)
        self._generation.increment()

    def list(self) -> list[UserInfo]:
        """All users, ordered by name."""
        query = select(users.c.id, users.c.name, users.c.created_at, users.c.password_changed_at).order_by(users.c.name)
        return self._database.read(lambda connection: [UserInfo(*row) for row in connection.execute(query)])

    def _new_row(self, name: str, password: str) -> dict[str, Any]:
        name = check_name(name)
        check_new_password(password, name)
        with self._slots.taken():
            hashed = self._hasher.hash(password)
        return self._row(name, hashed)

    def _row(self, name: str, hashed: str) -> dict[str, Any]:
        now = self._clock.time()
        return {
            "name": name,
            "password_hash": hashed,
            "password_version": _new_version(),
            "created_at": now,
            "password_changed_at": now,
        }

    def _change(self, work: Callable[[Connection], T], entry: AuditEntry, conflict: str) -> T:
        """``work`` and, when it changed something, the row of ``entry`` in one transaction; then the log line."""

        def unit(connection: Connection) -> T:
            result = work(connection)
            if result:
                self._audit.write(connection, entry)
            return result

        try:
            result = self._database.write(unit)
        except IntegrityError as error:
            raise Conflict(conflict) from error
        if result:
            self._audit.log(entry)
        return result


_TAKEN = "A user is registered already. Sign in, and add more users from there."


def normal_name(name: str) -> str:
    """The form in which a name is stored and compared: NFC, without spaces around it. Case matters."""
    return unicodedata.normalize("NFC", storable(name)).strip()


def check_name(name: str) -> str:
    """The normal form of a new user's name. Raises BadRequest that says what is asked."""
    printable = name.strip().isprintable()
    name = normal_name(name)
    if not name or len(name) > _MAX_NAME or ":" in name or not printable:
        raise BadRequest(
            f"A user name has 1 to {_MAX_NAME} printable characters and no colon (it would end the name in Basic).",
            details={"field": "username"},
        )
    return name


def find_user(connection: Connection, name: str) -> Row[Any] | None:
    """The row of the user with this normal name."""
    return connection.execute(select(users).where(users.c.name == name)).first()


def user_id_of(connection: Connection, name: str) -> int:
    """The id of the user ``name``. Raises NotFound."""
    row = find_user(connection, normal_name(name))
    if row is None:
        raise _unknown(name)
    return int(row.id)


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no user {name!r}.")


def _new_version() -> str:
    return secrets.token_hex(8)
