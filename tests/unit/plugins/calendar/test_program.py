"""Computing in a process of its own, and what it survives."""

from __future__ import annotations

import io
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush.errors import TimeLimit, Unavailable
from platypush.plugins.calendar.ical import _process
from platypush.plugins.calendar.ical._process import Computer
from platypush.plugins.calendar.ical._program import SeriesTime, run
from platypush.plugins.calendar.ical._series import Document, Overtime
from platypush.plugins.calendar.ical._zones import local_zone, name_of
from tests.conftest import MEASURED
from tests.running.waiting import open_descriptors
from tests.unit.plugins.calendar.computing import FIXTURES, NOON, calendar

TEA = Document(calendar("UID:1\nDTSTART;TZID=Europe/Berlin:20261124T160000\nSUMMARY:Tea"), name="Home")


@pytest.fixture
def timer() -> Iterator[None]:
    """Puts the signal back that the program takes."""
    before = signal.getsignal(signal.SIGPROF)
    yield
    signal.signal(signal.SIGPROF, before)


def test_events_are_computed_in_another_process_which_leaves_nothing_behind() -> None:
    before = open_descriptors(), threading.enumerate()
    found = Computer().compute([TEA], NOON.timestamp(), days=30)
    assert [(event["summary"], event["calendar"]) for event in found.events] == [("Tea", "Home")]
    assert found.skipped == {}
    assert (open_descriptors(), threading.enumerate()) == before


def test_rules_that_never_end_are_skipped_and_the_other_events_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # What may take two seconds of computing would take many times as long with every line counted.
    monkeypatch.delenv(MEASURED, raising=False)
    document = Document((FIXTURES / "bombs.ics").read_bytes())
    found = Computer().compute([document], NOON.timestamp(), days=730)
    names = {event["summary"] for event in found.events}
    assert names == {"Each minute", "In a zone that changes each second", "Daily"}
    assert found.skipped == {"take too long to compute": 3}


def test_the_program_reads_a_task_and_writes_a_result(timer: None) -> None:
    task = {"now": NOON.timestamp(), "days": 30, "addresses": [], "documents": [{"size": len(TEA.data)}]}
    target = io.BytesIO()
    run(io.BytesIO(json.dumps(task).encode() + b"\n" + TEA.data), target)
    assert [event["summary"] for event in json.loads(target.getvalue())["events"]] == ["Tea"]


def spin() -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        pass


def test_one_series_may_not_compute_for_ever(timer: None) -> None:
    times = SeriesTime(0.02, 0.01, patience=1)
    for _ in range(2):
        with pytest.raises(Overtime), times:
            spin()
    with times:
        pass
    with pytest.raises(Overtime), times:
        spin()


def test_after_many_that_took_too_long_no_other_one_is_computed(timer: None) -> None:
    times = SeriesTime(0.001, 0.001)
    for _ in range(100):
        with pytest.raises(Overtime), times:
            spin()
    with pytest.raises(Overtime), times:
        pytest.fail("was begun")


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeLimit, match=r"not computed within 0\.05 s"):
        Computer(0.05).compute([TEA], NOON.timestamp(), days=30)


def test_computing_ends_when_the_hub_stops() -> None:
    computer = Computer()
    document = Document((FIXTURES / "bombs.ics").read_bytes())
    failures: list[str] = []

    def compute() -> None:
        try:
            computer.compute([document], NOON.timestamp(), days=730)
        except Unavailable as error:
            failures.append(str(error))

    thread = threading.Thread(target=compute)
    thread.start()
    computer.stop()
    thread.join(2)
    assert not thread.is_alive()
    assert failures == ["The calendar was being computed when the hub stopped."]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("raise MemoryError", "there is not enough memory"),
        ("raise RuntimeError('odd')", "cannot be computed: RuntimeError: odd"),
        ("import os; os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("import sys; sys.exit(3)", "cannot be computed: status 3"),
    ],
)
def test_a_program_that_fails_is_a_reason(
    program: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "failing_program.py").write_text(program)
    monkeypatch.setattr(_process, "_FOLDER", tmp_path)
    monkeypatch.setattr(_process, "_PROGRAM", "failing_program")
    with pytest.raises(Unavailable, match=reason):
        Computer().compute([TEA], NOON.timestamp(), days=30)


def test_a_program_that_cannot_be_started_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_process, "_FOLDER", tmp_path / "nowhere")
    with pytest.raises(Unavailable, match="No such file"):
        Computer().compute([TEA], NOON.timestamp(), days=30)


def test_the_zone_of_the_machine_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":America/New_York")
    assert name_of(local_zone()) == "America/New_York"
    monkeypatch.setenv("TZ", "EST5EDT,M3.2.0,M11.1.0")
    assert local_zone() is None
    monkeypatch.delenv("TZ")
    assert name_of(local_zone()) == name_of(local_zone())
