"""Events on their way to websocket clients: encoded once, filtered by type and by what a token allows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple
from urllib.parse import parse_qs

from websockets.frames import Frame, Opcode

from platypush.errors import BadRequest
from platypush.message.envelope import Principal
from platypush.message.event import Event
from platypush.user.policy import allows

__all__ = ["EventFrame", "View", "event_frame", "patterns_of_query", "read_patterns"]

_PREFIX = "platypush.message.event."
_MAX_PATTERNS = 100
_MAX_LENGTH = 200


class EventFrame(NamedTuple):
    """An event as the bytes of one websocket frame (RFC 6455, section 5.2), the same for every client."""

    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class View:
    """Which events a client gets: those that match one of ``patterns`` (None: all) and that its credential allows.

    Equal views share the bytes that are written to their clients. A pattern such as ``light.*`` stands for the
    full name of the event's class or for that without ``platypush.message.event.``.
    """

    patterns: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    _known: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def wants(self, event_type: str) -> bool:
        """Whether clients with this view get events of that type."""
        known = self._known.get(event_type)
        if known is None:
            known = self._known[event_type] = self._decide(event_type)
        return known

    def _decide(self, event_type: str) -> bool:
        names = {event_type, event_type.removeprefix(_PREFIX)}
        if self.scopes is not None:
            holder = Principal("api_token", scopes=self.scopes)
            if not any(allows(holder, f"events:{name}") for name in names):
                return False
        if self.patterns is None:
            return True
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.patterns)


def event_frame(event: Event) -> EventFrame:
    """Encode ``event``, in the thread that posts it."""
    return EventFrame(event.wire_name(), bytes(Frame(Opcode.TEXT, event.to_json()).serialize(mask=False)))


def patterns_of_query(query: str) -> tuple[str, ...] | None:
    """The filter of ``?events=light.*,custom.CustomEvent``; None, for all events, without one.

    Raises BadRequest for a filter that is too long.
    """
    values = parse_qs(query).get("events")
    return read_patterns([part for value in values for part in value.split(",")]) if values else None


def read_patterns(items: Sequence[object]) -> tuple[str, ...]:
    """The patterns of a filter without repetitions, in their order. Raises BadRequest for what is none."""
    if len(items) > _MAX_PATTERNS:
        raise BadRequest(f"A filter has {_MAX_PATTERNS} patterns at most; this one has {len(items)}.")
    patterns: dict[str, None] = {}
    for item in items:
        if not isinstance(item, str) or len(item) > _MAX_LENGTH:
            raise BadRequest("A filter is a list of patterns such as 'light.*' or 'custom.CustomEvent'.")
        if item.strip():
            patterns[item.strip()] = None
    return tuple(patterns)
