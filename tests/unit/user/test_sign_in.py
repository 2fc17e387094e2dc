"""Signing in with a name and a password."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from platypush.errors import Busy, NotAuthenticated, PlatypushError, RegistrationRequired, TooManyAttempts
from platypush.user.service import Users
from platypush.user.slots import default_slots
from tests.unit.user.conftest import OpenUsers
from tests.unit.user.doubles import ADDRESS, NAME, PASSWORD, ManualClock, basic, session, token

ELSEWHERE = "198.51.100.1"


def fail(users: Users, times: int, *, name: str = NAME, address: str = ADDRESS) -> None:
    for _ in range(times):
        with pytest.raises(NotAuthenticated):
            users.sign_in(name, "wrong password", address)


def test_the_right_password_lets_in(users: Users) -> None:
    assert users.sign_in(NAME, PASSWORD, ADDRESS).user == NAME


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (NAME, "wrong password"),
        (NAME, ""),
        (NAME, PASSWORD + "x"),
        (NAME, PASSWORD * 1000),
        (NAME.upper(), PASSWORD),
        ("nobody", PASSWORD),
        ("", ""),
        ("x" * 100_000, "y"),
        ("\ud800", "\ud800"),
        ("a\0b", "c\0d"),
    ],
)
def test_anything_else_gets_one_and_the_same_answer(users: Users, name: str, password: str) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        users.sign_in(name, password, ADDRESS)
    assert caught.value.to_dict() == {
        "error": {"code": "unauthorized", "message": "The user name or the password is wrong."}
    }


def test_while_there_is_no_user_the_answer_is_to_register(empty: Users) -> None:
    with pytest.raises(RegistrationRequired):
        empty.sign_in(NAME, PASSWORD, ADDRESS)


def test_after_five_wrong_ones_the_wait_grows(users: Users, clock: ManualClock) -> None:
    fail(users, 5)
    waits = []
    for _ in range(4):
        with pytest.raises(TooManyAttempts) as caught:
            users.sign_in(NAME, "wrong password", ADDRESS)
        assert caught.value.retry_after
        waits.append(caught.value.retry_after)
        clock.advance(caught.value.retry_after)
        fail(users, 1)
    assert waits == [1, 2, 4, 8]


def test_an_attempt_that_was_not_looked_at_does_not_count(users: Users, clock: ManualClock) -> None:
    fail(users, 5)
    for _ in range(50):
        with pytest.raises(TooManyAttempts):
            users.sign_in(NAME, PASSWORD, ADDRESS)
    clock.advance(1)
    assert users.sign_in(NAME, PASSWORD, ADDRESS).user == NAME


def test_a_right_password_forgives_the_wrong_ones_before(users: Users) -> None:
    for _ in range(4):
        fail(users, 4)
        users.sign_in(NAME, PASSWORD, ADDRESS)


def test_a_stranger_cannot_lock_the_owner_out(users: Users) -> None:
    fail(users, 5)
    with pytest.raises(TooManyAttempts):
        users.sign_in(NAME, PASSWORD, ADDRESS)
    assert users.sign_in(NAME, PASSWORD, ELSEWHERE).user == NAME


def test_sessions_tokens_and_known_basic_credentials_do_not_suffer(users: Users) -> None:
    credentials = [
        basic(),
        session(users.sessions.create(NAME, False, ADDRESS, "").token),
        token(users.tokens.issue_jwt(NAME)),
        token(users.tokens.create_api_token(NAME, "phone").secret),
        token("the global token"),
    ]
    users.authenticate(credentials[0], ADDRESS)
    fail(users, 5)
    users.generation.increment()
    for credential in credentials:
        users.authenticate(credential, ADDRESS)


def test_basic_credentials_are_slowed_down_like_the_sign_in_page(users: Users) -> None:
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            users.authenticate(basic(password="wrong password"), ADDRESS)
    with pytest.raises(TooManyAttempts):
        users.authenticate(basic(), ADDRESS)
    with pytest.raises(TooManyAttempts):
        users.sign_in(NAME, PASSWORD, ADDRESS)


def test_another_user_from_the_same_address_is_slowed_down_later(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    fail(users, 5)
    assert users.sign_in("bob", PASSWORD, ADDRESS).user == "bob"


def test_trying_many_names_slows_the_address_down_and_no_other(users: Users) -> None:
    for number in range(20):
        fail(users, 1, name=f"name{number}")
    with pytest.raises(TooManyAttempts):
        users.sign_in("one more", PASSWORD, ADDRESS)
    users.sign_in(NAME, PASSWORD, ELSEWHERE)


def test_whoever_has_an_account_does_not_clear_the_address_by_signing_in(users: Users) -> None:
    for number in range(19):
        fail(users, 1, name=f"name{number}")
    users.sign_in(NAME, PASSWORD, ADDRESS)
    fail(users, 1, name="one more")
    with pytest.raises(TooManyAttempts):
        users.sign_in("and one more", PASSWORD, ADDRESS)


def test_addresses_of_one_ipv6_network_count_as_one(users: Users) -> None:
    for number in range(5):
        fail(users, 1, address=f"2001:db8:1:2::{number}")
    with pytest.raises(TooManyAttempts):
        users.sign_in(NAME, PASSWORD, "2001:db8:1:2:ffff::1")


def test_another_process_counts_the_same_attempts(users: Users, open_store: OpenUsers) -> None:
    fail(users, 3)
    other = open_store()
    fail(other, 2)
    with pytest.raises(TooManyAttempts):
        users.sign_in(NAME, PASSWORD, ADDRESS)


def test_an_unknown_name_is_slowed_down_like_a_known_one(users: Users) -> None:
    fail(users, 5, name="nobody")
    with pytest.raises(TooManyAttempts):
        users.sign_in("nobody", PASSWORD, ADDRESS)


def test_wrong_attempts_are_forgotten_after_an_hour(users: Users, clock: ManualClock) -> None:
    fail(users, 5)
    clock.advance(3600)
    fail(users, 4)
    users.sign_in(NAME, PASSWORD, ADDRESS)


def test_a_machine_that_is_too_busy_says_so_and_counts_nothing(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def taken(self) -> object:
            raise Busy("busy", retry_after=2)

    with monkeypatch.context() as patched:
        patched.setattr(users._sign_in, "_slots", Full())
        for _ in range(10):
            with pytest.raises(Busy):
                users.sign_in(NAME, PASSWORD, ADDRESS)
    assert users.sign_in(NAME, PASSWORD, ADDRESS).user == NAME


def test_a_flood_is_turned_away_before_it_queues_for_a_slot(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(users, 5)
    monkeypatch.setattr(users._sign_in, "_slots", None)
    with pytest.raises(TooManyAttempts):
        users.sign_in(NAME, PASSWORD, ADDRESS)


def test_guesses_that_come_all_at_once_are_looked_at_one_after_another(users: Users) -> None:
    gate = threading.Barrier(24)

    def guess(number: int) -> str:
        gate.wait(30)
        with pytest.raises(PlatypushError) as caught:
            users.sign_in(NAME, f"guess number {number}", ADDRESS)
        return caught.value.code

    with ThreadPoolExecutor(24) as pool:
        codes = list(pool.map(guess, range(24)))
    assert set(codes) == {"unauthorized", "too_many_attempts"}
    assert 5 <= codes.count("unauthorized") < 5 + default_slots()


def test_the_refusal_says_how_long_to_wait(users: Users, clock: ManualClock) -> None:
    fail(users, 5)
    with pytest.raises(TooManyAttempts, match=r"in 2 s\."):
        users.sign_in(NAME, PASSWORD, ADDRESS)
    for _ in range(9):
        clock.advance(900)
        fail(users, 1)
    with pytest.raises(TooManyAttempts, match="in 9 minutes"):
        users.sign_in(NAME, PASSWORD, ADDRESS)


def test_every_refusal_is_an_error_that_is_fit_to_be_shown(users: Users) -> None:
    for name in (NAME, "nobody"):
        with pytest.raises(PlatypushError) as caught:
            users.sign_in(name, "hunter2 hunter2", ADDRESS)
        assert "hunter2" not in str(caught.value)
        assert name not in str(caught.value)
