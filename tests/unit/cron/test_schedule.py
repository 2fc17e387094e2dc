"""When crons come due, and what happens when clocks jump."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from platypush.cron.agenda import Agenda
from platypush.cron.schedule import Schedule
from platypush.errors import ConfigurationError

ROME = ZoneInfo("Europe/Rome")


def moment(text: str) -> float:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=ROME)).timestamp()


def runs(expression: str, after: str, count: int) -> list[str]:
    schedule, found = Schedule(expression, ROME), []
    at = moment(after)
    for _ in range(count):
        at = schedule.next_after(at)
        found.append(datetime.fromtimestamp(at, ROME).strftime("%m-%d %H:%M:%S%z"))
    return found


def test_five_fields_are_minutes_and_a_sixth_is_seconds() -> None:
    assert runs("*/10 * * * *", "2024-01-01T00:00", 2) == ["01-01 00:10:00+0100", "01-01 00:20:00+0100"]
    assert runs("* * * * * */20", "2024-01-01T00:00", 2) == ["01-01 00:00:20+0100", "01-01 00:00:40+0100"]
    assert runs("@daily", "2024-01-01T12:00", 1) == ["01-02 00:00:00+0100"]


def test_a_time_that_spring_skips_runs_as_if_clocks_had_not_changed() -> None:
    assert runs("30 2 * * *", "2024-03-30T12:00", 2) == ["03-31 03:30:00+0200", "04-01 02:30:00+0200"]


def test_a_time_that_autumn_repeats_runs_once() -> None:
    assert runs("30 2 * * *", "2024-10-26T12:00", 2) == ["10-27 02:30:00+0200", "10-28 02:30:00+0100"]
    assert runs("30 2 * * *", "2024-10-27T02:10:00+01:00", 1) == ["10-28 02:30:00+0100"]


def test_a_job_for_every_half_hour_goes_on_through_both_changes() -> None:
    assert runs("*/30 * * * *", "2024-10-27T01:59", 4) == [
        "10-27 02:00:00+0200",
        "10-27 02:30:00+0200",
        "10-27 02:00:00+0100",
        "10-27 02:30:00+0100",
    ]
    assert runs("*/30 * * * *", "2024-03-31T01:29", 2) == ["03-31 01:30:00+0100", "03-31 03:00:00+0200"]


def test_a_job_of_another_season_is_on_its_own_clock() -> None:
    assert runs("0 * 1 7 *", "2024-02-01T00:00", 1) == ["07-01 00:00:00+0200"]


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "61 * * * *", "0 0 31 2 *", "@reboot", "R * * * *", "H/5 * * * *", "a b c d e", "* " * 7],
)
def test_an_expression_that_says_no_time_is_refused_with_the_reason(expression: str) -> None:
    with pytest.raises(ConfigurationError, match="cron expression"):
        Schedule(expression)


START = moment("2024-06-01T12:00:00")
MINUTE = ("minute", Schedule("* * * * *", ROME))
NOON = ("twelve thirty", Schedule("30 12 * * *", ROME))


def test_a_job_is_due_once_when_its_time_comes() -> None:
    agenda = Agenda([MINUTE], START, 0)
    assert agenda.seconds_to_wait(START + 59) == 1
    assert agenda.take_due(START + 59, 59) == []
    assert agenda.take_due(START + 60, 60) == ["minute"]
    assert agenda.take_due(START + 60.5, 60.5) == []


def test_a_clock_put_forward_by_minutes_runs_what_it_skipped_once() -> None:
    agenda = Agenda([MINUTE, NOON], START, 0)
    assert agenda.take_due(START + 3600, 1) == ["minute", "twelve thirty"]
    assert agenda.take_due(START + 3601, 2) == []


def test_a_wrong_clock_that_is_set_right_by_years_makes_up_for_nothing() -> None:
    agenda = Agenda([MINUTE, NOON], 0, 0)
    assert agenda.take_due(START, 30) == []
    assert agenda.take_due(START + 60, 90) == ["minute"]


def test_a_late_look_without_a_jump_still_runs_what_is_due() -> None:
    agenda = Agenda([NOON], START, 0)
    assert agenda.take_due(START + 5 * 3600, 5 * 3600) == ["twelve thirty"]


def test_a_clock_put_back_does_not_silence_jobs_and_repeats_none_of_a_certain_hour() -> None:
    agenda = Agenda([MINUTE, NOON], START, 0)
    assert agenda.take_due(START + 1800, 1800) == ["minute", "twelve thirty"]
    assert agenda.take_due(START + 1200, 1810) == []
    assert agenda.take_due(START + 1260, 1870) == ["minute"]
    assert agenda.take_due(START + 1800, 2410) == ["minute"]


def test_a_clock_put_back_by_days_starts_over() -> None:
    agenda = Agenda([NOON], START, 0)
    assert agenda.take_due(START + 1800, 1800) == ["twelve thirty"]
    agenda.take_due(START - 86400 * 3, 1801)
    assert agenda.take_due(START - 86400 * 3 + 1800, 3601) == ["twelve thirty"]


def test_the_wait_is_short_enough_to_notice_that_the_clock_was_set() -> None:
    assert Agenda([NOON], START, 0).seconds_to_wait(START) <= 10
    assert Agenda([], START, 0).seconds_to_wait(START) <= 10


def test_a_reload_loses_no_run_of_an_unchanged_job() -> None:
    before = Agenda([MINUTE], START, 0)
    after = Agenda([MINUTE], START + 60.2, 60.2)
    after.carry_over(before)
    assert after.take_due(START + 60.3, 60.3) == ["minute"]
