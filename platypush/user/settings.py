"""What the user store is told by whoever opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["UserSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """One store. ``url`` is SQLAlchemy's; a relative SQLite path is below ``workdir``.

    ``workdir`` also holds the key file, the generation counter and the lock files, so that all processes of one
    installation must be given the same folder. Days may be fractions. ``remembered_session_days`` of 0 means that
    a remembered session does not expire.
    """

    url: str = field(repr=False)
    workdir: Path
    global_token: str | None = field(default=None, repr=False)
    session_days: float = 1
    remembered_session_days: float = 365
    audit_days: float = 90
    password_cost: int = 12
    """bcrypt's cost: 2^cost rounds. Tests use 4."""
    expand: Callable[[tuple[str, ...]], tuple[str, ...]] = field(default=tuple, repr=False, compare=False)
    """Adds to the patterns of a restricted token what they stand for; called when a credential is looked up."""
