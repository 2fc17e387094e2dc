"""Registers the first user, over the network too."""

from __future__ import annotations

from pathlib import Path

from platypush._lib.clock import Clock
from platypush.errors import Conflict, Forbidden, TooManyAttempts
from platypush.user.accounts import Accounts
from platypush.user.attempts import record_failure, required_wait
from platypush.user.audit import Audit
from platypush.user.database import Database
from platypush.user.registration import check_code, ensure_code, remove_code

__all__ = ["Registrar"]

_GUESSES = "\0registration"
"""Counted like a user that no name can be equal to."""


class Registrar:
    """For the registration page. Every method raises StorageFailed when the database refuses."""

    def __init__(self, accounts: Accounts, database: Database, audit: Audit, clock: Clock, workdir: Path) -> None:
        self._accounts = accounts
        self._database = database
        self._audit = audit
        self._clock = clock
        self._workdir = workdir

    def code(self) -> str | None:
        """The one-time code to print at start, or None when there is a user already. Raises OSError."""
        if self._accounts.exists():
            remove_code(self._workdir)
            return None
        return ensure_code(self._workdir)

    def register(self, name: str, password: str, *, address: str, local: bool, code: str = "") -> None:
        """Make the first user. ``local`` says that the request came from this machine itself: it needs no code.

        Raises Conflict when there is a user, Forbidden for a wrong code, TooManyAttempts after several of them,
        BadRequest for a name or a password that is not accepted, Busy.
        """
        if self._accounts.exists():
            raise Conflict("A user is registered already. Sign in, and add more users from there.")
        if not local:
            self._check(code, address)
        self._accounts.create_first(name, password, address=address)
        remove_code(self._workdir)

    def _check(self, code: str, address: str) -> None:
        now = self._clock.time()
        wait = self._database.read(lambda connection: required_wait(connection, address, _GUESSES, now))
        if wait > 0:
            raise TooManyAttempts("Too many wrong codes. Wait before the next one.", retry_after=wait)
        if check_code(self._workdir, code):
            return
        if code:
            self._database.write(lambda connection: record_failure(connection, address, _GUESSES, now))
        self._audit.refused("registration_refused", None, address, reason="wrong code" if code else "no code")
        raise Forbidden(
            "Registering from another machine needs the one-time code that the hub printed when it started "
            f"(it is also in {self._workdir / 'registration.code'})."
        )
