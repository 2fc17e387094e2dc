"""JSON web tokens and API tokens of users."""

from __future__ import annotations

import jwt
import pytest

from platypush.errors import BadRequest, Conflict, NotAuthenticated, NotFound
from platypush.user.service import Users
from tests.unit.user.doubles import ADDRESS, NAME, PASSWORD, ManualClock, token

DAY = 86_400


def claims(text: str) -> dict[str, object]:
    payload: dict[str, object] = jwt.decode(text, options={"verify_signature": False})
    return payload


def test_a_jwt_lets_its_user_in(users: Users) -> None:
    text = users.tokens.issue_jwt(NAME)
    principal = users.authenticate(token(text), ADDRESS)
    assert (principal.kind, principal.user, principal.credential_id) == ("jwt", NAME, claims(text)["jti"])


def test_a_jwt_says_who_and_when_and_no_secret(users: Users, clock: ManualClock) -> None:
    payload = claims(users.tokens.issue_jwt(NAME, 1))
    assert payload["sub"] == NAME
    assert payload["iat"] == clock.time()
    assert payload["exp"] == clock.time() + DAY
    assert set(payload) == {"sub", "uid", "pv", "jti", "iat", "exp"}


@pytest.mark.parametrize("days", [None, 0, 0.0])
def test_a_jwt_without_days_does_not_expire(users: Users, clock: ManualClock, days: float | None) -> None:
    text = users.tokens.issue_jwt(NAME, days)
    clock.advance(5000 * DAY)
    assert users.authenticate(token(text), ADDRESS).user == NAME


def test_days_may_be_a_fraction(users: Users, clock: ManualClock) -> None:
    text = users.tokens.issue_jwt(NAME, 0.5)
    clock.advance(DAY / 2 - 1)
    users.authenticate(token(text), ADDRESS)
    clock.advance(1)
    with pytest.raises(NotAuthenticated, match="expired"):
        users.authenticate(token(text), ADDRESS)


@pytest.mark.parametrize("days", [-1, float("nan"), float("inf"), 1e9])
def test_days_that_make_no_sense_are_refused(users: Users, days: float) -> None:
    with pytest.raises(BadRequest, match="expiry_days"):
        users.tokens.issue_jwt(NAME, days)
    with pytest.raises(BadRequest, match="expiry_days"):
        users.tokens.create_api_token(NAME, "phone", None, days)


def test_a_token_issued_before_the_clock_was_set_back_is_not_refused(users: Users, clock: ManualClock) -> None:
    text = users.tokens.issue_jwt(NAME, 1)
    clock.jump(-3600)
    assert users.authenticate(token(text), ADDRESS).user == NAME


def test_a_revoked_jwt_is_refused_and_another_of_the_same_user_is_not(users: Users) -> None:
    ended, kept = users.tokens.issue_jwt(NAME), users.tokens.issue_jwt(NAME)
    users.authenticate(token(ended), ADDRESS)
    users.tokens.revoke_jwt(str(claims(ended)["jti"]))
    with pytest.raises(NotAuthenticated, match="revoked"):
        users.authenticate(token(ended), ADDRESS)
    assert users.authenticate(token(kept), ADDRESS).user == NAME


def test_an_api_token_lets_its_user_in(users: Users) -> None:
    new = users.tokens.create_api_token(NAME, "phone")
    assert new.secret.startswith("pp_")
    assert len(new.secret) >= 3 + 43
    principal = users.authenticate(token(new.secret), ADDRESS)
    assert (principal.kind, principal.user, principal.credential_id) == ("api_token", NAME, new.id)
    assert principal.scopes is None


def test_a_restricted_token_carries_its_patterns(users: Users) -> None:
    new = users.tokens.create_api_token(NAME, "lamp", ("light.*", "events:light.*"))
    assert users.authenticate(token(new.secret), ADDRESS).scopes == ("light.*", "events:light.*")


@pytest.mark.parametrize("scopes", [(), ("",), ("api:tokens",)])
def test_patterns_that_cannot_be_granted_are_refused(users: Users, scopes: tuple[str, ...]) -> None:
    with pytest.raises(BadRequest):
        users.tokens.create_api_token(NAME, "lamp", scopes)


def test_an_api_token_expires(users: Users, clock: ManualClock) -> None:
    new = users.tokens.create_api_token(NAME, "phone", None, 2)
    clock.advance(2 * DAY - 1)
    users.authenticate(token(new.secret), ADDRESS)
    clock.advance(1)
    with pytest.raises(NotAuthenticated, match="expired"):
        users.authenticate(token(new.secret), ADDRESS)


def test_a_name_is_used_once_by_each_user(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    users.tokens.create_api_token(NAME, "phone")
    users.tokens.create_api_token("bob", "phone")
    with pytest.raises(Conflict, match="phone"):
        users.tokens.create_api_token(NAME, " phone ")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 129])
def test_a_token_needs_a_name(users: Users, name: str) -> None:
    with pytest.raises(BadRequest, match="name"):
        users.tokens.create_api_token(NAME, name)


def test_the_list_has_both_kinds_newest_first_and_no_secret(users: Users, clock: ManualClock) -> None:
    text = users.tokens.issue_jwt(NAME, 1)
    clock.advance(1)
    new = users.tokens.create_api_token(NAME, "lamp", ("light.*",))
    listed = users.tokens.list(NAME)
    assert [(item.kind, item.name, item.scopes) for item in listed] == [
        ("api_token", "lamp", ("light.*",)),
        ("jwt", None, None),
    ]
    assert new.secret not in repr(listed)
    assert text not in repr(listed)
    clock.advance(DAY)
    assert [item.kind for item in users.tokens.list()] == ["api_token"]


def test_a_user_sees_only_the_own_ones(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    users.tokens.create_api_token("bob", "phone")
    assert users.tokens.list(NAME) == []


def test_both_kinds_are_revoked_by_the_id_of_the_list(users: Users) -> None:
    credentials = [token(users.tokens.issue_jwt(NAME)), token(users.tokens.create_api_token(NAME, "phone").secret)]
    for credential in credentials:
        users.authenticate(credential, ADDRESS)
    for item in users.tokens.list(NAME):
        users.tokens.revoke(item.id, username=NAME)
    for credential in credentials:
        with pytest.raises(NotAuthenticated):
            users.authenticate(credential, ADDRESS)
    assert users.tokens.list() == []


def test_nobody_revokes_the_token_of_another_user(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    users.tokens.create_api_token(NAME, "phone")
    users.tokens.issue_jwt(NAME)
    for item in users.tokens.list(NAME):
        with pytest.raises(NotFound):
            users.tokens.revoke(item.id, username="bob")
    assert len(users.tokens.list(NAME)) == 2


@pytest.mark.parametrize("id", ["", "0", "x", "9" * 40, "²", "a'b", "\ud800", "\0"])
def test_a_token_that_does_not_exist_is_not_found(users: Users, id: str) -> None:
    with pytest.raises(NotFound):
        users.tokens.revoke(id)


def test_a_token_needs_a_user(users: Users) -> None:
    with pytest.raises(NotFound):
        users.tokens.issue_jwt("bob")
    with pytest.raises(NotFound):
        users.tokens.create_api_token("bob", "phone")
