"""What is kept over a restart."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest

from platypush.plugins.calendar.ical._store import Snapshot, Store

EVENT = {"summary": "Tea", "start": {"date": "2026-11-24"}}
KNOWN = Snapshot(1000.0, 900.0, [EVENT], {"are cut off": 1}, {"etag": '"1"'})


def test_the_last_answer_is_kept_for_its_own_source_and_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "calendar"
    Store(folder, "https://a.example/private").save(KNOWN)
    assert Store(folder, "https://a.example/private").load() == KNOWN
    assert Store(folder, "https://a.example/other").load() is None
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "private" not in path.name + path.read_text()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 0}', '{"format": 1}', "{\x00", '{"format": 1, "x": 2}'])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, text: str) -> None:
    store = Store(tmp_path, "x")
    store.save(KNOWN)
    (path,) = tmp_path.iterdir()
    path.write_text(text)
    assert store.load() is None
    path.write_text(json.dumps({"format": 1, "read_at": 0, "computed_at": 0, "events": ["x"]}))
    assert store.load() is None


def test_calendars_that_are_not_configured_any_more_are_forgotten(tmp_path: Path) -> None:
    Store(tmp_path, "old").save(KNOWN)
    (old,) = tmp_path.iterdir()
    os.utime(old, (time.time() - 31 * 86400,) * 2)
    Store(tmp_path, "new").save(KNOWN)
    assert not old.exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    Store(tmp_path / "file", "x").save(KNOWN)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
