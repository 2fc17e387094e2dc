"""Who sends a credential: from a cache on the path of every request, from the database now and then."""

from __future__ import annotations

import hashlib
import math
import secrets
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Callable

from platypush._lib.clock import Clock
from platypush.errors import NotAuthenticated, RegistrationRequired
from platypush.message.envelope import Principal
from platypush.user.audit import Audit
from platypush.user.cache import TwoAgeCache
from platypush.user.credentials import Credential
from platypush.user.flights import Flights
from platypush.user.generation import Generation
from platypush.user.last_use import LastUse, UseKey
from platypush.user.lookup import Found, Lookup
from platypush.user.sign_in import SignIn

__all__ = ["Authenticator"]

_LONGEST = 8192
"""Characters of a credential beyond which it is wrong without a look."""


class _Entry:
    """What is remembered of a right credential: valid at this generation, until this monotonic time."""

    __slots__ = ("found", "generation", "principal", "until", "use")

    def __init__(self, found: Found, generation: int, until: float) -> None:
        self.principal: Principal = found.principal
        self.use: UseKey | None = found.use
        self.generation = generation
        self.until = until
        self.found = found


class Authenticator:
    """Safe for many threads and greenlets. A hit takes no lock, no SQL and no bcrypt, whatever the credential.

    ``max_age`` is how many seconds an entry is believed without the database's word. It bounds what the generation
    cannot tell: a process that died between its commit and the increment, or another machine on the same database.
    ``on_miss`` is called whenever the database is going to be asked.
    Wrong credentials are not remembered, so that a new token works at once.
    """

    def __init__(
        self,
        lookup: Lookup,
        sign_in: SignIn,
        generation: Generation,
        last_use: LastUse,
        audit: Audit,
        clock: Clock,
        *,
        capacity: int = 10_000,
        max_age: float = 60,
        on_miss: Callable[[], None] = lambda: None,
    ) -> None:
        self._lookup = lookup
        self._sign_in = sign_in
        self._generation = generation
        self._last_use = last_use
        self._audit = audit
        self._clock = clock
        self._monotonic = clock.monotonic
        self._max_age = max_age
        self._on_miss = on_miss
        self._entries: TwoAgeCache[bytes, _Entry] = TwoAgeCache(capacity)
        self._flights: Flights[_Entry] = Flights()
        # Keyed with a secret of this process: the cache holds nothing that can be used or guessed from its order.
        self._hash = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=16)
        self._users_seen_at: int | None = None

    def authenticate(self, credential: Credential | None, address: str) -> Principal:
        """Who it is. Raises NotAuthenticated (also for None), RegistrationRequired while there is no user, and for
        Basic credentials that are not known yet TooManyAttempts and Busy; StorageFailed.
        """
        if credential is None:
            self.require_user()
            raise NotAuthenticated
        digest = self._hash.copy()
        digest.update((credential.kind + credential.value).encode("utf-8", "surrogatepass"))
        key = digest.digest()
        entry = self._entries.get(key)
        if entry is None or entry.generation != self._generation.value or (now := self._monotonic()) >= entry.until:
            entry = self._flights.run(key, lambda: self._renew(key, credential, address))
            now = self._monotonic()
        if entry.use is not None:
            self._last_use.pending[entry.use] = now
        return entry.principal

    def require_user(self) -> None:
        """Raises RegistrationRequired while nobody is registered; remembered once somebody is."""
        generation = self._generation.value
        if self._users_seen_at == generation:
            return
        if not self._lookup.any_user():
            raise RegistrationRequired
        self._users_seen_at = generation

    def _renew(self, key: bytes, credential: Credential, address: str) -> _Entry:
        self._on_miss()
        # Before any SQL: what is revoked from here on makes the new entry stale.
        generation = self._generation.value
        old = self._entries.get(key)
        try:
            self.require_user()
            found = self._find(credential, old.found if old else None, address)
        except NotAuthenticated as error:
            self._entries.remove(key)
            if credential.kind != "basic":
                reason = str(error.details.get("reason", "wrong"))
                self._audit.refused("refused", None, address, credential=credential.kind, reason=reason)
            raise
        entry = _Entry(found, generation, self._deadline(found))
        self._entries.put(key, entry)
        return entry

    def _find(self, credential: Credential, old: Found | None, address: str) -> Found:
        if len(credential.value) > _LONGEST:
            raise NotAuthenticated("The credential is too long to be one of this installation.")
        if credential.kind == "token":
            return self._lookup.token(credential.value)
        if credential.kind == "session":
            return self._lookup.session(credential.value)
        if credential.kind == "basic":
            # This password was right: it still is unless the user's password is another one now.
            if old is not None and old.password is not None and (found := self._lookup.password(*old.password)):
                return found
            username, password = _decode_basic(credential.value)
            return self._sign_in.check(username, password, address)
        raise NotAuthenticated("The Authorization header is none that is known here: use Basic or Bearer.")

    def _deadline(self, found: Found) -> float:
        left = math.inf if found.expires_at is None else found.expires_at - self._clock.time()
        return self._monotonic() + min(self._max_age, left)


def _decode_basic(value: str) -> tuple[str, str]:
    try:
        data = b64decode(value.encode("ascii"), validate=True)
    except (BadBase64, ValueError):
        raise NotAuthenticated("The Basic credential is malformed: it must be base64 of user:password.") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # What clients sent before RFC 7617 settled on UTF-8.
        text = data.decode("latin-1")
    username, separator, password = text.partition(":")
    if not separator:
        raise NotAuthenticated("The Basic credential is malformed: it must be base64 of user:password.")
    return username, password
