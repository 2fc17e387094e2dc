"""The one-time code that lets the first user register from another machine."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from platypush._lib.files import write_private

__all__ = ["check_code", "ensure_code", "remove_code"]

_FILE = "registration.code"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs that are not mistaken for one another."""
_GROUPS, _GROUP = 3, 4


def ensure_code(workdir: Path) -> str:
    """The code in ``<workdir>`` (mode 0600), made when there is none. To be printed while there is no user.

    Raises OSError when it cannot be written.
    """
    code = _read(workdir)
    if code is None:
        code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        write_private(workdir / _FILE, f"{code}\n".encode())
    return code


def check_code(workdir: Path, given: str) -> bool:
    """Whether ``given`` is the code; case, spaces and dashes do not matter. False when there is none."""
    code = _read(workdir)
    return code is not None and hmac.compare_digest(_plain(code), _plain(given))


def remove_code(workdir: Path) -> None:
    """Forget the code, once there is a user."""
    (workdir / _FILE).unlink(missing_ok=True)


def _read(workdir: Path) -> str | None:
    try:
        return (workdir / _FILE).read_text("ascii").strip() or None
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _plain(code: str) -> bytes:
    return "".join(code.split()).replace("-", "").upper().encode("utf-8", "surrogatepass")
