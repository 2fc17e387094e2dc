"""Passwords: what is accepted, how it is stored, how it is compared.

A stored password is ``v1$`` and bcrypt's own text. The password is normalised (NFC), put through HMAC-SHA256 keyed
with bcrypt's salt, and encoded in base64, because bcrypt looks at 72 bytes only and stops at a zero byte. The salt as
the key keeps hashes that leaked elsewhere from being tried here. Plain bcrypt hashes of earlier generations stay valid.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from base64 import b64encode

import bcrypt

from platypush.errors import BadRequest
from platypush.user.offload import offload

__all__ = ["MAX_LENGTH", "MIN_LENGTH", "PasswordHasher", "check_new_password", "is_password_hash"]

MIN_LENGTH = 8
MAX_LENGTH = 1024

_PREFIX = "v1$"
_LEGACY = ("$2a$", "$2b$", "$2y$")
_SALT_LENGTH = 29
"""``$2b$12$`` and 22 characters."""
_BCRYPT_BYTES = 72
_DUMMY_TAIL = b"." * 53
"""Salt and digest of a hash that no password has."""


def check_new_password(password: str, name: str = "") -> None:
    """Return when ``password`` may become the password of user ``name``. Raises BadRequest that says what is asked."""
    if len(password) < MIN_LENGTH:
        raise _refusal(f"The password is too short: it needs at least {MIN_LENGTH} characters.")
    if len(password) > MAX_LENGTH:
        raise _refusal(f"The password is too long: it may have {MAX_LENGTH} characters.")
    if len(set(password)) == 1:
        raise _refusal("The password is one character repeated. Choose one that cannot be guessed.")
    if name and password.casefold() == name.casefold():
        raise _refusal("The password is the user name. Choose one that cannot be guessed.")


def _refusal(message: str) -> BadRequest:
    return BadRequest(message, details={"field": "password"})


def is_password_hash(text: str) -> bool:
    """Whether ``text`` is a stored password that ``PasswordHasher.verify`` understands."""
    return text.removeprefix(_PREFIX).startswith(_LEGACY) and len(text.removeprefix(_PREFIX)) == 60


class PasswordHasher:
    """bcrypt with ``cost``, off gevent's hub. Safe for many threads.

    One call takes a processor for about 0.2 s: callers hold a slot (``slots``) meanwhile.
    """

    def __init__(self, *, cost: int) -> None:
        self._cost = cost
        self._dummy = b"$2b$%02d$" % cost + _DUMMY_TAIL

    def hash(self, password: str) -> str:
        """What to store for ``password``."""
        salt = bcrypt.gensalt(self._cost)
        return _PREFIX + offload(bcrypt.hashpw, _prepared(password, salt), salt).decode()

    def verify(self, password: str, stored: str | None) -> bool:
        """Whether ``password`` belongs to ``stored``. ``stored`` None (no such user) takes as long and is False."""
        if stored is None or not is_password_hash(stored):
            self._compare(_prepared(password, self._dummy[:_SALT_LENGTH]), self._dummy)
            return False
        if stored.startswith(_PREFIX):
            hashed = stored.removeprefix(_PREFIX).encode()
            return self._compare(_prepared(password, hashed[:_SALT_LENGTH]), hashed)
        # The earlier generation's hash covers the first 72 bytes only, so there is no more to compare.
        secret = password.encode("utf-8", "surrogatepass")[:_BCRYPT_BYTES]
        matches = self._compare(secret.replace(b"\0", b"?"), stored.encode())
        return matches and b"\0" not in secret

    def needs_rehash(self, password: str, stored: str) -> bool:
        """Whether ``stored``, which ``password`` has just matched, should be replaced by ``hash(password)``.

        Not for a password of which the old hash covers only the beginning: nobody knows that the rest is right.
        """
        if stored.startswith(_PREFIX):
            return not stored.removeprefix(_PREFIX).startswith(f"$2b${self._cost:02d}$")
        return len(password.encode("utf-8", "surrogatepass")) <= _BCRYPT_BYTES

    def _compare(self, secret: bytes, hashed: bytes) -> bool:
        try:
            return offload(bcrypt.checkpw, secret, hashed)
        except ValueError:
            # A hash that was damaged in the database.
            return False


def _prepared(password: str, salt: bytes) -> bytes:
    text = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return b64encode(hmac.new(salt, text, hashlib.sha256).digest())
