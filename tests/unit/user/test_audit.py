"""The audit trail."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from platypush.errors import NotAuthenticated, PlatypushError, StorageFailed, TooManyAttempts
from platypush.user.audit import AuditEntry, RefusalLimit
from platypush.user.service import Users
from tests.unit.user.doubles import ADDRESS, NAME, PASSWORD, ManualClock, basic, session, token

DAY = 86_400


def newest(users: Users) -> AuditEntry:
    return users.trail.latest(1)[0]


def refused_by(action: Callable[..., object], *arguments: object) -> None:
    with pytest.raises(PlatypushError):
        action(*arguments)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "platypush.audit")
    return caplog


def test_the_first_user_is_in_the_trail(users: Users) -> None:
    assert (newest(users).kind, newest(users).user) == ("first_user_registered", NAME)


@pytest.mark.parametrize(
    ("act", "kind", "user"),
    [
        (lambda users: users.sign_in(NAME, PASSWORD, ADDRESS), "sign_in", NAME),
        (lambda users: users.authenticate(basic(), ADDRESS), "sign_in", NAME),
        (lambda users: users.accounts.create("bob", PASSWORD, by=NAME), "user_created", "bob"),
        (lambda users: users.accounts.set_password(NAME, "battery staple"), "password_changed", NAME),
        (lambda users: users.accounts.delete(NAME), "user_deleted", NAME),
        (lambda users: users.tokens.issue_jwt(NAME), "token_created", NAME),
        (lambda users: users.tokens.create_api_token(NAME, "phone"), "token_created", NAME),
        (lambda users: users.sessions.revoke_all(NAME), "sessions_revoked", NAME),
    ],
)
def test_every_change_leaves_a_row_and_a_line(
    users: Users, lines: pytest.LogCaptureFixture, act: Callable[[Users], object], kind: str, user: str
) -> None:
    act(users)
    assert (newest(users).kind, newest(users).user) == (kind, user)
    assert f"{kind} user={user}" in lines.messages[-1]


def test_ending_a_session_or_a_token_leaves_a_row(users: Users) -> None:
    users.sessions.revoke(users.sessions.create(NAME, False, ADDRESS, "").token, address=ADDRESS)
    assert (newest(users).kind, newest(users).user, newest(users).address) == ("sign_out", NAME, ADDRESS)
    users.sessions.revoke_id(users.sessions.create(NAME, False, ADDRESS, "").id, by="bob")
    assert (newest(users).kind, newest(users).details["by"]) == ("session_revoked", "bob")
    users.tokens.issue_jwt(NAME)
    users.tokens.create_api_token(NAME, "phone")
    for item in users.tokens.list(NAME):
        users.tokens.revoke(item.id)
        assert (newest(users).kind, newest(users).user) == ("token_revoked", NAME)
        assert newest(users).details == {"token": item.id, "type": item.kind, "by": "operator"}


def test_every_refusal_leaves_a_row_and_a_line(users: Users, lines: pytest.LogCaptureFixture) -> None:
    refused_by(users.sign_in, NAME, "wrong password", ADDRESS)
    assert (newest(users).kind, newest(users).user, newest(users).address) == ("sign_in_failed", NAME, ADDRESS)
    assert newest(users).details == {"reason": "wrong password", "failures": 1}
    for credential in (token("pp_wrong"), session("wrong")):
        refused_by(users.authenticate, credential, ADDRESS)
        assert newest(users).kind == "refused"
        assert newest(users).details == {"credential": credential.kind, "reason": "wrong"}
    assert f"refused address={ADDRESS} credential=session reason=wrong" in lines.messages


def test_a_throttled_sign_in_leaves_a_row(users: Users) -> None:
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            users.sign_in(NAME, "wrong password", ADDRESS)
    with pytest.raises(TooManyAttempts):
        users.sign_in(NAME, PASSWORD, ADDRESS)
    assert (newest(users).kind, newest(users).details) == ("sign_in_throttled", {"retry_after": 1})


def test_an_expired_credential_is_told_from_a_wrong_one(users: Users, clock: ManualClock) -> None:
    text = users.tokens.issue_jwt(NAME, 1)
    clock.advance(DAY)
    refused_by(users.authenticate, token(text), ADDRESS)
    assert newest(users).details["reason"] == "expired"


def test_no_secret_is_in_the_trail_nor_in_the_log(users: Users, lines: pytest.LogCaptureFixture) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    jwt = users.tokens.issue_jwt(NAME)
    api = users.tokens.create_api_token(NAME, "phone").secret
    for name, password in ((NAME, "hunter2 hunter2"), ("hunter2 hunter2", PASSWORD)):
        refused_by(users.sign_in, name, password, ADDRESS)
    for value in (created.token, jwt, api):
        refused_by(users.authenticate, token(value + "x"), ADDRESS)
        refused_by(users.authenticate, session(value + "x"), ADDRESS)
    users.sessions.revoke(created.token)
    everything = lines.text + repr(users.trail.latest(1000))
    for secret in (PASSWORD, "hunter2", created.token, jwt, api):
        assert secret not in everything


def test_a_line_cannot_be_forged_from_outside() -> None:
    entry = AuditEntry("sign_in", "eve\nsign_in user=root", "203.0.113.9", 0.0, {"agent": 'a "b" c=d', "empty": ""})
    assert "\n" not in entry.text()
    assert 'user="eve\\nsign_in user=root"' in entry.text()
    assert entry.text().endswith('agent="a \\"b\\" c=d" empty=""')


def test_a_flood_of_refusals_is_counted_rather_than_written(users: Users, clock: ManualClock) -> None:
    before = len(users.trail.latest(1000))
    for number in range(100):
        refused_by(users.authenticate, token(f"pp_{number}"), ADDRESS)
    assert len(users.trail.latest(1000)) == before + 20
    clock.advance(61)
    users.housekeeper.step()
    assert (newest(users).kind, newest(users).address, newest(users).details) == (
        "refusals_suppressed",
        ADDRESS,
        {"count": 80},
    )
    refused_by(users.authenticate, token("pp_again"), ADDRESS)
    assert newest(users).kind == "refused"


def test_the_count_of_addresses_is_bounded() -> None:
    limit = RefusalLimit(each=1, window=60)
    for number in range(6000):
        limit.admit(str(number))
    assert len(limit._counts) <= 5001
    assert limit.suppressed(100.0) == {"many": 999}
    assert limit.suppressed(101.0) == {}


def test_a_database_that_refuses_leaves_the_line_and_stops_nobody(
    users: Users, lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StorageFailed

    with monkeypatch.context() as patched:
        patched.setattr(users._database, "write", away)
        users.audit("something", NAME, ADDRESS, detail=1)
    assert f"something user={NAME} address={ADDRESS} detail=1" in lines.messages


def test_rows_are_kept_for_ninety_days(users: Users, clock: ManualClock) -> None:
    users.audit("old", None, "")
    clock.advance(90 * DAY + 1)
    users.audit("new", None, "")
    users.housekeeper.clean()
    assert [entry.kind for entry in users.trail.latest()] == ["new"]


def test_the_trail_is_read_newest_first(users: Users) -> None:
    for number in range(5):
        users.audit(f"kind{number}", None, "")
    assert [entry.kind for entry in users.trail.latest(3)] == ["kind4", "kind3", "kind2"]
