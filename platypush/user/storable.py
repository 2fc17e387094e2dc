"""Text from outside, as every database can store it."""

from __future__ import annotations

__all__ = ["storable"]


def storable(text: str) -> str:
    """``text`` with ``?`` for lone surrogates (which JSON can carry and UTF-8 cannot) and for zero characters (which
    PostgreSQL refuses)."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
