"""How long a sign-in waits after wrong ones."""

from __future__ import annotations

import pytest

from platypush.user.throttle import (
    ADDRESS,
    FORGET_AFTER,
    PAIR,
    Rule,
    State,
    address_key,
    failed,
    pair_key,
    waiting_time,
)

NOW = 1_800_000_000.0
RULE = Rule(free=3, longest=60)


def test_nobody_waits_without_wrong_attempts() -> None:
    assert waiting_time(None, NOW, RULE) == 0


def test_the_first_wrong_attempts_cost_nothing() -> None:
    assert waiting_time(State(2, NOW), NOW, RULE) == 0


def test_each_further_one_doubles_the_wait_up_to_the_longest() -> None:
    waits = [waiting_time(State(failures, NOW), NOW, RULE) for failures in range(3, 12)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_huge_number_of_attempts_overflows_nothing() -> None:
    assert waiting_time(State(10**9, NOW), NOW, RULE) == 60


def test_the_wait_passes() -> None:
    assert waiting_time(State(5, NOW), NOW + 3, RULE) == 1
    assert waiting_time(State(5, NOW), NOW + 4, RULE) == 0


def test_wrong_attempts_are_forgotten_after_an_hour() -> None:
    assert waiting_time(State(50, NOW), NOW + FORGET_AFTER, RULE) == 0
    assert failed(State(50, NOW), NOW + FORGET_AFTER) == State(1, NOW + FORGET_AFTER)


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    assert waiting_time(State(50, NOW), NOW - 86_400, RULE) == 0


def test_clocks_of_two_machines_may_differ_a_little() -> None:
    assert waiting_time(State(50, NOW), NOW - 2, RULE) == 60


def test_wrong_attempts_add_up() -> None:
    assert failed(failed(None, NOW), NOW + 5) == State(2, NOW + 5)


def test_an_address_is_given_more_attempts_than_one_user_from_it() -> None:
    assert ADDRESS.free > PAIR.free


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "local"),
        ("unix:", "local"),
    ],
)
def test_what_counts_as_one_address(address: str, key: str) -> None:
    assert address_key(address) == key


def test_the_state_of_a_user_does_not_hold_what_was_typed_as_the_name() -> None:
    assert "hunter2" not in pair_key("203.0.113.9", "hunter2")
    assert pair_key("203.0.113.9", "alice") != pair_key("203.0.113.9", "bob")
    assert pair_key("203.0.113.9", "alice") != pair_key("203.0.113.8", "alice")
