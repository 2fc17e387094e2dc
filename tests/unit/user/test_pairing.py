"""Links that let a screen in."""

from __future__ import annotations

import pytest

from platypush.errors import Forbidden, NotAuthenticated
from platypush.user.credentials import Credential
from platypush.user.service import Users
from tests.unit.user.doubles import ADDRESS, NAME, ManualClock


def test_a_link_gives_a_token_for_its_dashboard_in_a_sessions_place(users: Users) -> None:
    link = users.pairing.offer(NAME, "main")
    token = users.pairing.take(link.code, "main", device="Android 9")
    principal = users.authenticate(Credential("session", token.secret, "cookie"), ADDRESS)
    assert (principal.kind, principal.user, principal.scopes) == ("api_token", NAME, ("dashboard:main",))
    (listed,) = users.tokens.list(NAME)
    assert (listed.name or "").startswith("main on Android 9 (")
    assert listed.expires_at is None


def test_any_other_token_is_no_session(users: Users) -> None:
    token = users.tokens.create_api_token(NAME, "app", ("light.*",))
    with pytest.raises(NotAuthenticated, match="no session"):
        users.authenticate(Credential("session", token.secret, "cookie"), ADDRESS)


def test_a_link_works_once_for_ten_minutes_and_for_its_own_dashboard(users: Users, clock: ManualClock) -> None:
    link = users.pairing.offer(NAME, "main")
    for code, dashboard in ((link.code, "other"), ("x" * 32, "main"), ("", "main")):
        with pytest.raises(Forbidden, match="Make a new one"):
            users.pairing.take(code, dashboard, device="x")
    users.pairing.take(link.code, "main", device="x")
    with pytest.raises(Forbidden):
        users.pairing.take(link.code, "main", device="x")
    late = users.pairing.offer(NAME, "main")
    clock.advance(601)
    with pytest.raises(Forbidden):
        users.pairing.take(late.code, "main", device="x")


def test_offers_that_nobody_took_are_forgotten(users: Users, clock: ManualClock) -> None:
    for _ in range(3):
        users.pairing.offer(NAME, "main")
    clock.advance(601)
    users.pairing.offer(NAME, "main")
    assert len(users.values.all("platypush.pairing")) == 1


def test_two_screens_of_one_kind_have_names_of_their_own(users: Users) -> None:
    for _ in range(2):
        users.pairing.take(users.pairing.offer(NAME, "main").code, "main", device="y" * 200)
    assert len({token.name for token in users.tokens.list(NAME)}) == 2
