"""Computing the events of a calendar at a given time, in this process."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from platypush.plugins.calendar.ical._series import Document, Limits, Outcome, expand

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "calendar"
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A Monday."""


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar of these events, each given by its lines without ``BEGIN`` and ``END``."""
    blocks = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{blocks}END:VCALENDAR\n".encode()


def compute(
    data: bytes | str,
    now: datetime = NOON,
    *,
    limits: Limits | None = None,
    addresses: tuple[str, ...] = (),
    charset: str | None = None,
) -> Outcome:
    """The events of ``data``, or of a fixture by its name, for a hub in Berlin."""
    data = (FIXTURES / data).read_bytes() if isinstance(data, str) else data
    return expand(
        [Document(data, charset)],
        now,
        local=BERLIN,
        budget=contextlib.nullcontext(),
        limits=limits or Limits(),
        addresses=addresses,
    )


def starts(outcome: Outcome, count: int = 10) -> list[tuple[str, str]]:
    """Start and summary of the first events."""
    return [
        (event["start"].get("dateTime") or event["start"]["date"], event["summary"]) for event in outcome.events[:count]
    ]
