"""What must not be shown: finding it by the names of keys, hiding it, and fetching it from files."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platypush.config.model import MASK, Secret

__all__ = ["is_secret_key", "mask", "protect", "read_secret_file", "readable_by_others", "reveal"]

_SECRET_WORDS = frozenset(
    {
        "apikey",
        "authorization",
        "bearer",
        "cookie",
        "credential",
        "credentials",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pin",
        "psk",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
    }
)
_SECRET_KEYS = frozenset(
    {"access", "account", "api", "app", "auth", "client", "consumer", "encryption", "private", "secret", "signing"}
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_URL_PASSWORD = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s]+(?P<after>@)", re.IGNORECASE)
_MAX_SECRET = 64 * 1024


def is_secret_key(key: str) -> bool:
    """Whether a value under ``key`` is a secret, by the key's last words: ``api_key``, ``hueToken``, ``DB_PASSWORD``.

    ``token_file`` or ``password_url`` end in another word and are none.
    """
    words = [word.lower() for word in _WORDS.findall(key)]
    if not words:
        return False
    return words[-1] in _SECRET_WORDS or (words[-1] in {"key", "keys"} and bool(_SECRET_KEYS & set(words[-2:-1])))


def protect(value: Any, *, secret: bool = False) -> Any:
    """A copy of ``value`` with ``Secret`` for secret texts: those under a key that names one, URLs with a password."""
    if isinstance(value, Mapping):
        return {key: protect(item, secret=secret or is_secret_key(str(key))) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [protect(item, secret=secret) for item in value]
    if isinstance(value, str) and value and (secret or _URL_PASSWORD.search(value)):
        return Secret(value)
    return value


def reveal(value: Any) -> Any:
    """A copy of ``value`` with every ``Secret`` replaced by its text: for the code that has to use it."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items()}
    return [reveal(item) for item in value] if isinstance(value, list | tuple) else value


def mask(value: Any, *, secret: bool = False) -> Any:
    """A copy of ``value`` that may be shown: stars instead of secrets, and of the password in a URL."""
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, Mapping):
        return {key: mask(item, secret=secret or is_secret_key(str(key))) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item, secret=secret) for item in value]
    if secret and value and isinstance(value, str | int | float) and not isinstance(value, bool):
        return MASK
    return _URL_PASSWORD.sub(rf"\g<before>{MASK}\g<after>", value) if isinstance(value, str) else value


def read_secret_file(path: Path) -> str:
    """The text of ``path`` without its trailing newlines.

    Raises ValueError when the file cannot be read, is empty, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_SECRET + 1)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}.") from error
    if len(data) > _MAX_SECRET:
        raise ValueError(f"{path} is larger than {_MAX_SECRET} bytes: that is no secret.")
    try:
        text = data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text.") from None
    if not text:
        raise ValueError(f"{path} is empty.")
    return text


def readable_by_others(path: Path) -> str | None:
    """The reason why ``path``, which holds a secret, is not safe where it is; None when it is.

    The group may read it: that is how a service gets at a file of root's. A folder that others cannot enter protects
    what is in it. Raises OSError.
    """
    mode = path.stat().st_mode
    if not mode & stat.S_IROTH or not all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents):
        return None
    return f"everybody on this machine can read {path} (mode {stat.S_IMODE(mode):04o}): chmod o-rwx {path}"
