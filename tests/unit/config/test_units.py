"""Durations and sizes as people write them."""

from __future__ import annotations

import pytest

from platypush.config.units import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("2m", 120), ("2 min", 120), ("1h30m", 5400), ("1h 30m", 5400), ("500ms", 0.5), ("7d", 604800),
     ("1w", 604800), ("1.5h", 5400), ("90S", 90)],
)  # fmt: skip
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "60", "s", "60 seconds", "-5s", "1h30", "1:30", "5 y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("16MiB", 16 * 2**20), ("16M", 16 * 2**20), ("16 MB", 16_000_000), ("512k", 524288),
     ("1GiB", 2**30), ("4096", 4096), ("4096B", 4096), ("1.5KiB", 1536)],
)  # fmt: skip
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "-1M", "16 apples", "16iB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        parse_size(text)
