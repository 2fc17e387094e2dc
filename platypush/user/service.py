"""The user store of a process: opened once, shared by all its threads or greenlets."""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from platypush._lib.clock import Clock, SystemClock
from platypush._lib.files import private_dir
from platypush.errors import ConfigurationError, StorageFailed
from platypush.message.envelope import Principal
from platypush.user.accounts import Accounts
from platypush.user.audit import Audit
from platypush.user.authenticator import Authenticator
from platypush.user.credentials import Credential
from platypush.user.database import Database, parse_url
from platypush.user.generation import Generation
from platypush.user.housekeeping import Housekeeper
from platypush.user.jwts import JwtSigner
from platypush.user.keys import derive_key, load_key
from platypush.user.last_use import LastUse
from platypush.user.lookup import Lookup
from platypush.user.media import MediaRegistry
from platypush.user.pairing import Pairing
from platypush.user.passwords import PasswordHasher
from platypush.user.registrar import Registrar
from platypush.user.revision import HEAD, check_revision, current_revision
from platypush.user.sessions import Sessions
from platypush.user.settings import UserSettings
from platypush.user.sign_in import SignIn
from platypush.user.signing import UrlSigner
from platypush.user.slots import Slots, default_slots
from platypush.user.sqlite_file import prepare_file
from platypush.user.tokens import Tokens
from platypush.user.values import KeyValues, oldest_reader

__all__ = ["UserSettings", "Users", "open_users"]

_SLOT_WAIT = 10.0
_SERVER_MAX_AGE = 10.0
"""Other machines on the same PostgreSQL do not share the generation, so entries are believed for a shorter time."""
_FILE_MAX_AGE = 60.0


class Users:
    """Everything about users. Made by ``open_users``."""

    def __init__(self, settings: UserSettings, database: Database, clock: Clock) -> None:
        workdir = settings.workdir
        key = load_key(workdir)
        self._database = database
        self.generation = Generation(workdir / "generation")
        """Changes when anybody loses a right: who holds a connection open authenticates anew then."""
        slots = Slots(private_dir(workdir / "locks"), count=default_slots(), wait=_SLOT_WAIT, clock=clock)
        hasher = PasswordHasher(cost=settings.password_cost)
        signer = JwtSigner(derive_key(key, "jwt"))
        self.trail = Audit(database, clock, days=settings.audit_days)
        """The audit trail, to be read."""
        self.accounts = Accounts(database, hasher, slots, self.generation, self.trail, clock)
        self.sessions = Sessions(
            database,
            self.generation,
            self.trail,
            clock,
            days=settings.session_days,
            remembered_days=settings.remembered_session_days,
        )
        self.tokens = Tokens(database, signer, self.generation, self.trail, clock)
        self.values = KeyValues(database, clock)
        """Small values by name, for whoever needs a few."""
        self.pairing = Pairing(self.values, self.tokens, clock)
        """Lets screens in that show one dashboard."""
        self.media = MediaRegistry(database, clock)
        """Media that players fetch."""
        self.urls = UrlSigner(derive_key(key, "signed url"), clock=clock)
        """Signs addresses for players and links."""
        self.last_use = LastUse(database, clock)
        self.housekeeper = Housekeeper(database, self.last_use, self.trail, clock)
        self._sign_in = SignIn(database, hasher, slots, self.trail, clock)
        self._authenticator = Authenticator(
            Lookup(database, signer, settings.global_token, clock, settings.expand),
            self._sign_in,
            self.generation,
            self.last_use,
            self.trail,
            clock,
            max_age=_FILE_MAX_AGE if database.is_sqlite else _SERVER_MAX_AGE,
            on_miss=self.housekeeper.ensure_started,
        )
        self.authenticate: Callable[[Credential | None, str], Principal] = self._authenticator.authenticate
        """Who sends this credential: see ``Authenticator.authenticate``."""
        self.require_user: Callable[[], None] = self._authenticator.require_user
        """Raises RegistrationRequired while nobody is registered."""
        self.registrar = Registrar(self.accounts, database, self.trail, clock, workdir)
        """Registers the first user."""

    @property
    def database(self) -> Database:
        """The main database, for parts of the daemon that have tables of their own in it."""
        return self._database

    def sign_in(self, username: str, password: str, address: str) -> Principal:
        """Check a name and a password: slowed down after wrong ones, recorded.

        Raises NotAuthenticated, TooManyAttempts with ``retry_after``, RegistrationRequired, Busy, StorageFailed.
        """
        return self._sign_in.check(username, password, address).principal

    def audit(self, kind: str, user: str | None, address: str, **details: Any) -> None:
        """Record something in the audit trail: a row and a log line. No secrets in ``details``."""
        self.trail.record(kind, user, address, **details)

    def close(self) -> None:
        """Write what is pending and close all connections. The store must not be used afterwards."""
        self.housekeeper.stop()
        self._database.close()
        self.generation.close()


def open_users(settings: UserSettings, *, migrate: bool = False, clock: Clock | None = None) -> Users:
    """Open the store at ``settings.url``, making or migrating the database with ``migrate=True``.

    Any number of processes may do so at once. Raises ConfigurationError with the mend when the database cannot be
    opened, has to be migrated first, or is too new for this version.
    """
    try:
        private_dir(settings.workdir)
    except OSError as error:
        raise ConfigurationError(f"The folder {settings.workdir} cannot be made: {error.strerror}.") from error
    database = Database(parse_url(settings.url, settings.workdir))
    try:
        return _open(settings, database, migrate=migrate, clock=clock or SystemClock())
    except BaseException:
        database.close()
        raise


def _open(settings: UserSettings, database: Database, *, migrate: bool, clock: Clock) -> Users:
    shown = database.url.render_as_string(hide_password=True)
    try:
        if database.is_sqlite:
            prepare_file(Path(str(database.url.database)), create=migrate)
        if not database.read(_is_current):
            if not migrate:
                raise ConfigurationError(
                    f"The database {shown} is not at revision {HEAD} yet. Start the hub (platypush run): it migrates."
                )
            _migrate(database, settings.workdir)
        # Nothing stays open that a fork would hand to two processes.
        database.close()
        return Users(settings, database, clock)
    except StorageFailed as error:
        raise ConfigurationError(f"The database {shown} cannot be opened: {_reason(error)}.") from error
    except sqlite3.Error as error:
        raise ConfigurationError(f"The database {shown} cannot be opened: {error}.") from error
    except OSError as error:
        raise ConfigurationError(f"{error.filename or shown} cannot be opened: {error.strerror}.") from error


def _is_current(connection: Connection) -> bool:
    revision = current_revision(connection)
    return revision is not None and check_revision(revision, oldest_reader(connection))


def _migrate(database: Database, workdir: Path) -> None:
    # Alembic stays out of processes that do not migrate.
    importlib.import_module("platypush.user.migrate").migrate(database, workdir)


def _reason(error: StorageFailed) -> str:
    cause = error.__cause__
    return str(getattr(cause, "orig", None) or cause or error).strip()
