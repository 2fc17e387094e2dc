"""Sessions of browsers."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.errors import NotAuthenticated, NotFound
from platypush.user.service import Users, UserSettings
from tests.unit.user.conftest import OpenUsers
from tests.unit.user.doubles import ADDRESS, NAME, PASSWORD, ManualClock, session

DAY = 86_400


def test_a_session_lets_its_user_in(users: Users) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "Firefox")
    principal = users.authenticate(session(created.token), ADDRESS)
    assert (principal.kind, principal.user, principal.credential_id) == ("session", NAME, str(created.id))
    assert principal.scopes is None


def test_a_token_has_256_random_bits_and_is_stored_as_a_hash_only(users: Users, tmp_path: Path) -> None:
    first, second = (users.sessions.create(NAME, False, ADDRESS, "").token for _ in range(2))
    assert len(bytes.fromhex(first)) == 32
    assert first != second
    if users._database.is_sqlite:
        for path in tmp_path.iterdir():
            if path.is_file():
                assert first.encode() not in path.read_bytes()


def test_a_session_ends_after_a_day(users: Users, clock: ManualClock) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    assert created.expires_at == clock.time() + DAY
    clock.advance(DAY - 1)
    users.authenticate(session(created.token), ADDRESS)
    clock.advance(1)
    with pytest.raises(NotAuthenticated, match="expired"):
        users.authenticate(session(created.token), ADDRESS)


def test_a_remembered_session_ends_after_the_configured_days(users: Users, clock: ManualClock) -> None:
    assert users.sessions.create(NAME, True, ADDRESS, "").expires_at == clock.time() + 365 * DAY


def test_zero_days_mean_for_ever(open_store: OpenUsers, settings: UserSettings, clock: ManualClock) -> None:
    chosen = UserSettings(url=settings.url, workdir=settings.workdir, remembered_session_days=0, password_cost=4)
    users = open_store(chosen=chosen)
    users.accounts.create_first(NAME, PASSWORD)
    created = users.sessions.create(NAME, True, ADDRESS, "")
    assert created.expires_at is None
    clock.advance(10_000 * DAY)
    assert users.authenticate(session(created.token), ADDRESS).user == NAME
    assert len(users.sessions.list(NAME)) == 1


def test_the_list_shows_device_and_address_and_no_secret(users: Users, clock: ManualClock) -> None:
    created = users.sessions.create(NAME, True, ADDRESS, "Firefox on a phone")
    (listed,) = users.sessions.list(NAME)
    assert listed.id == created.id
    assert (listed.user, listed.address, listed.user_agent, listed.remember) == (
        NAME,
        ADDRESS,
        "Firefox on a phone",
        True,
    )
    assert listed.created_at == clock.time()
    assert created.token not in repr(listed)


def test_the_list_has_the_users_own_that_have_not_expired_newest_first(users: Users, clock: ManualClock) -> None:
    users.accounts.create("bob", PASSWORD)
    users.sessions.create("bob", True, ADDRESS, "")
    users.sessions.create(NAME, False, ADDRESS, "expired")
    clock.advance(DAY)
    for agent in ("older", "newer"):
        users.sessions.create(NAME, False, ADDRESS, agent)
    assert [listed.user_agent for listed in users.sessions.list(NAME)] == ["newer", "older"]


def test_what_a_browser_says_about_itself_may_be_endless(users: Users) -> None:
    users.sessions.create(NAME, False, "x" * 1000, "y\0\ud800" * 10_000)
    (listed,) = users.sessions.list(NAME)
    assert len(listed.user_agent) == 255


def test_signing_out_ends_the_session_at_once(users: Users) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    users.authenticate(session(created.token), ADDRESS)
    assert users.sessions.revoke(created.token)
    with pytest.raises(NotAuthenticated):
        users.authenticate(session(created.token), ADDRESS)
    assert not users.sessions.revoke(created.token)


def test_a_session_is_ended_by_its_id(users: Users) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    users.sessions.revoke_id(str(created.id), username=NAME)
    with pytest.raises(NotAuthenticated):
        users.authenticate(session(created.token), ADDRESS)


def test_nobody_ends_the_session_of_another_user(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    created = users.sessions.create(NAME, False, ADDRESS, "")
    with pytest.raises(NotFound):
        users.sessions.revoke_id(created.id, username="bob")
    assert users.authenticate(session(created.token), ADDRESS).user == NAME


@pytest.mark.parametrize("id", [0, -1, "", "x", "1; DROP TABLE users", "9" * 40, "²"])
def test_a_session_that_does_not_exist_is_not_found(users: Users, id: int | str) -> None:
    with pytest.raises(NotFound):
        users.sessions.revoke_id(id)


def test_all_sessions_end_but_the_one_to_keep(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    others = users.sessions.create("bob", False, ADDRESS, "")
    first, second, kept = (users.sessions.create(NAME, False, ADDRESS, "") for _ in range(3))
    assert users.sessions.revoke_all(NAME, keep=str(kept.id)) == 2
    for ended in (first, second):
        with pytest.raises(NotAuthenticated):
            users.authenticate(session(ended.token), ADDRESS)
    for going_on in (kept, others):
        users.authenticate(session(going_on.token), ADDRESS)


def test_a_session_needs_a_user(users: Users) -> None:
    with pytest.raises(NotFound):
        users.sessions.create("bob", False, ADDRESS, "")


def test_a_sign_in_disturbs_no_cache(users: Users) -> None:
    before = users.generation.value
    users.sessions.create(NAME, False, ADDRESS, "")
    users.tokens.issue_jwt(NAME)
    users.tokens.create_api_token(NAME, "phone")
    assert users.generation.value == before
