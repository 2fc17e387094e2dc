"""What crosses the bus: a body with who asks, how much time is left and which request it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from platypush._lib.ids import new_id

__all__ = ["LOCAL", "Envelope", "Principal", "Reply"]


class Principal(NamedTuple):
    """Who asks, as established by whoever received the request.

    ``kind`` is how: ``basic``, ``session``, ``jwt``, ``api_token``, ``global_token``, or ``local`` for the
    operator's own processes on this machine. ``scopes`` is None for all that a user may do, else the patterns
    that a restricted token allows (``light.*``, ``events:light.*``, ``resources:photos``).
    """

    kind: str
    user: str | None = None
    credential_id: str | None = None
    scopes: tuple[str, ...] | None = None

    def to_list(self) -> list[Any]:
        """The JSON form, short because it goes with each request."""
        return list(self)

    @classmethod
    def from_list(cls, data: list[Any]) -> Principal:
        """The inverse of ``to_list``. Raises ValueError or TypeError for anything else."""
        kind, user, credential_id, scopes = data
        return cls(str(kind), user, credential_id, None if scopes is None else tuple(scopes))


LOCAL = Principal("local")
"""The operator's own command line, let in by the user id of its process."""


@dataclass(slots=True)
class Envelope:
    """One call over the bus. Nobody changes one (freezing it would triple the time to make it, twice for each call).

    ``kind`` is ``execute`` (body: a message as JSON), ``hook`` (``name``: the hook; ``meta``: method, args,
    headers; body: raw) or ``control`` (``name``: the operation; body: JSON or empty). ``time_left`` is in seconds from
    now: clocks of two processes are never compared. ``principal`` None means nobody: hooks are open, all else
    refuses.
    """

    kind: str
    body: bytes = b""
    name: str = ""
    principal: Principal | None = None
    time_left: float = 60.0
    request_id: str = field(default_factory=new_id)
    meta: Mapping[str, Any] = field(default_factory=dict)


class Reply(NamedTuple):
    """The answer to an envelope: an HTTP status, headers and a body that goes to the client as it is."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
