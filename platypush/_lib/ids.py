"""Identifiers and secrets, always from the operating system's random source."""

from __future__ import annotations

import os
import secrets

__all__ = ["new_id", "new_secret"]


def new_id() -> str:
    """A message or request id: 32 hexadecimal digits."""
    return os.urandom(16).hex()


def new_secret() -> str:
    """A credential of 256 random bits, as 64 hexadecimal digits."""
    return secrets.token_hex(32)
