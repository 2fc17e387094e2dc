"""Arguments of the actions, read. Pure.

Numbers may be texts: the dictionaries that actions give have only texts, and people hand them back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from platypush.errors import BadRequest
from platypush.plugins.music._player import Filter, Track

__all__ = ["percent", "pieces", "place", "terms", "whole", "wholes", "with_stream_title"]

Query = str | Mapping[str, Any] | Sequence[str]
_STREAM = re.compile(r"https?://|tunein:|mms", re.IGNORECASE)
_ARTIST_AND_TITLE = re.compile(r"\s*(?P<artist>.+?)\s+-\s+(?P<title>.*\S)\s*")


def whole(value: int | str, name: str, *, least: int = 0) -> int:
    """A whole number. Raises BadRequest."""
    try:
        number = int(value)
    except ValueError:
        raise BadRequest(f"{name} has to be a whole number, not {value!r}.") from None
    if not least <= number < 2**31:
        raise BadRequest(f"{name} has to be {least} or more, not {value!r}.")
    return number


def wholes(values: int | str | Sequence[int | str], name: str) -> list[int]:
    """Whole numbers, each once, in order. Raises BadRequest."""
    several = [values] if isinstance(values, (int, str)) else values
    if not several:
        raise BadRequest(f"{name} is empty.")
    return sorted({whole(value, name) for value in several})


def percent(value: float | str) -> int:
    """A volume. Raises BadRequest."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 100:
        raise BadRequest(f"A volume is a number from 0 to 100, not {value!r}.")
    return round(number)


def place(value: float | str) -> tuple[float, bool]:
    """Seconds in a track, and whether they count from the present place: ``+15``, ``-15`` or a negative number.

    Raises BadRequest.
    """
    text = str(value).strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds) or abs(seconds) > 10**7:
        raise BadRequest(f"A place in a track is a number of seconds, or a step such as '+15' or '-15', not {value!r}.")
    return seconds, text.startswith(("+", "-"))


def terms(query: Query | None) -> Filter:
    """A search as pairs of field and value.

    A text is looked for in everything; an object has fields and what they have to contain, a list the same as
    field, value, field, value. Raises BadRequest.
    """
    pairs: list[tuple[Any, Any]] = []
    if isinstance(query, str):
        pairs = [("any", query)]
    elif isinstance(query, Mapping):
        for field, values in query.items():
            pairs += [(field, value) for value in (values if isinstance(values, (list, tuple)) else [values])]
    elif query is not None:
        if len(query) % 2:
            raise BadRequest("A search as a list goes field, value, field, value: this one has an odd number of items.")
        pairs = list(zip(query[::2], query[1::2], strict=True))
    found: list[tuple[str, str]] = []
    for field, value in pairs:
        if not isinstance(field, str) or isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise BadRequest(f"A search has fields with texts ({{'artist': 'Elbow'}}), not {field!r}: {value!r}.")
        if str(value).strip():
            found.append((field.strip().lower(), str(value)))
    if not found:
        raise BadRequest("Say what to search for: a text, or fields such as {'artist': 'Elbow', 'album': 'Asleep'}.")
    return tuple(found)


def pieces(values: str | Sequence[str], name: str) -> list[str]:
    """One text or several, none of them empty. Raises BadRequest."""
    several = [values] if isinstance(values, str) else list(values)
    if not several or not all(value.strip() for value in several):
        raise BadRequest(f"{name} is empty.")
    return several


def with_stream_title(track: Track) -> Track:
    """``track`` with the artist that a radio station puts into its title as ``Artist - Title``."""
    artist, title = track.get("artist"), track.get("title", "")
    if artist and not _STREAM.match(track.get("file", "")):
        return track
    match = _ARTIST_AND_TITLE.fullmatch(title)
    return {**track, **match.groupdict()} if match else track
