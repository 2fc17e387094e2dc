"""The installation's secret key, and the keys derived from it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from platypush.errors import ConfigurationError

__all__ = ["KEY_FILE", "bus_key", "derive_key", "load_key"]

KEY_FILE = "jwt.key"
_BYTES = 32


def load_key(workdir: Path) -> bytes:
    """The 256 bits in ``<workdir>/jwt.key``, made from the system's random source when the file is missing.

    The file has mode 0600; one that others can read is tightened. Two processes that start at once agree on one key.
    Raises ConfigurationError when it cannot be read or made, or holds something else.
    """
    path = workdir / KEY_FILE
    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        text = path.read_text("ascii").strip()
        key = bytes.fromhex(text)
    except OSError as error:
        raise ConfigurationError(f"The key file {path} cannot be used: {error.strerror}.") from error
    except ValueError:
        key = b""
    if len(key) < _BYTES:
        raise ConfigurationError(
            f"The key file {path} does not hold a key (64 hexadecimal digits). "
            "Remove it: a new one is made at the next start, and tokens signed with the old one stop working."
        )
    return key


def bus_key(workdir: Path, secret: str | None = None) -> bytes:
    """The key that the daemon and its workers sign with on a bus that others reach too: from ``secret``, else from the
    installation's key. Raises ConfigurationError like ``load_key``."""
    return derive_key(secret.encode() if secret else load_key(workdir), "bus")


def derive_key(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for ``purpose`` alone."""
    return hmac.new(key, f"platypush:{purpose}".encode(), hashlib.sha256).digest()


def _create(path: Path) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a rename would replace the key that another process has just made.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink(missing_ok=True)
