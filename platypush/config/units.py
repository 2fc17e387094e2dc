"""Durations and sizes as people write them: ``90``, ``60s``, ``1h30m``; ``4096``, ``16MiB``. Pure."""

from __future__ import annotations

import re

__all__ = ["parse_duration", "parse_size"]

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)(?![a-z])", re.IGNORECASE)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_EXPONENTS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_duration(text: str) -> float:
    """Seconds in ``text``, which is one or more numbers with their units (ms, s, m, h, d, w).

    Raises ValueError for anything else; a number alone is not text and has no business here.
    """
    position, seconds = 0, 0.0
    while match := _DURATION_PART.match(text, position):
        seconds += float(match[1]) * _SECONDS[match[2].lower()]
        position = match.end()
    if position == 0 or text[position:].strip():
        raise ValueError(f"{text!r} is no duration: write 60 (seconds), or a unit with it: 90s, 2m, 1h30m, 7d.")
    return seconds


def parse_size(text: str) -> int:
    """Bytes in ``text``: ``16MiB`` and ``16M`` are powers of 1024, ``16MB`` of 1000. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or (match[3] and not match[2]):
        raise ValueError(f"{text!r} is no size: write the bytes (16777216), or a unit with it: 512KiB, 16MiB, 1GiB.")
    decimal = match[2] and not match[3] and text.strip()[-1] in "bB"
    base = 1000 if decimal else 1024
    return round(float(match[1]) * float(base ** int(_EXPONENTS[match[2].lower()])))
