"""Lines for systemd's journal carry their priority."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush._lib.logs import JournalFormatter, configure, is_journal


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, with its handlers and level put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    for handler in handlers:
        root.removeHandler(handler)
    yield root
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(
    ("level", "priority"), [("DEBUG", 7), ("INFO", 6), ("WARNING", 4), ("ERROR", 3), ("CRITICAL", 2)]
)
def test_each_line_begins_with_its_priority(level: str, priority: int) -> None:
    record = logging.LogRecord("x", getattr(logging, level), "", 0, "first\nsecond", None, None)
    assert JournalFormatter(logging.Formatter()).format(record) == f"<{priority}>first\n<{priority}>second"


def test_a_stream_is_the_journal_when_the_environment_names_that_very_socket(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        status = os.fstat(stream.fileno())
        assert is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        assert not is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:1"})
        assert not is_journal(stream, {})


def test_in_the_journal_text_has_a_priority_and_no_time(
    root_logger: logging.Logger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    with path.open("w") as stream:
        status = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        configure(stream=stream)
        logging.getLogger("platypush.x").warning("it rains")
        monkeypatch.delenv("JOURNAL_STREAM")
        configure(stream=stream)
        logging.getLogger("platypush.x").warning("still")
    first, second = path.read_text().splitlines()
    assert first == "<4>WARNING platypush.x: it rains"
    assert second.endswith(" WARNING platypush.x: still")
    assert second[:2] == "20"
