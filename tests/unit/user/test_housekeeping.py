"""What happens beside the requests."""

from __future__ import annotations

import os
import threading

import pytest
from sqlalchemy import func, select

from platypush.errors import StorageFailed
from platypush.user.schema import api_tokens, attempts, jwts, sessions
from platypush.user.service import Users
from tests.unit.user.doubles import ADDRESS, NAME, ManualClock, session, token

DAY = 86_400


def rows(users: Users, table: object) -> int:
    query = select(func.count()).select_from(table)  # type: ignore[arg-type]
    return int(users._database.read(lambda connection: connection.execute(query).scalar_one()))


def test_last_uses_are_written_in_batches_and_not_by_the_request(users: Users, clock: ManualClock) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    users.tokens.create_api_token(NAME, "unused")
    credentials = [
        session(created.token),
        token(users.tokens.create_api_token(NAME, "phone").secret),
        token(users.tokens.issue_jwt(NAME)),
    ]
    clock.advance(100)
    for credential in credentials:
        users.authenticate(credential, ADDRESS)
    clock.advance(10)
    for credential in credentials:
        users.authenticate(credential, ADDRESS)
    used_at = clock.time()
    assert {item.last_used_at for item in users.tokens.list(NAME)} == {None}
    clock.advance(30)
    users.housekeeper.step()
    used = {item.name: item.last_used_at for item in users.tokens.list(NAME)}
    assert used == {"unused": None, "phone": pytest.approx(used_at), None: pytest.approx(used_at)}
    assert users.sessions.list(NAME)[0].last_used_at == pytest.approx(used_at)


def test_an_earlier_use_does_not_overwrite_a_later_one(users: Users, clock: ManualClock) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    later = clock.time()
    users.last_use.pending[("sessions", created.id)] = clock.monotonic() - 50
    users.last_use.flush()
    assert users.sessions.list(NAME)[0].last_used_at == later


def test_more_uses_than_one_batch_are_all_written(users: Users, clock: ManualClock) -> None:
    for number in range(3):
        users.tokens.create_api_token(NAME, f"token {number}")
    for number in range(1200):
        users.last_use.pending[("api_tokens", number + 1)] = clock.monotonic()
    assert users.last_use.flush() == 1200
    assert None not in {item.last_used_at for item in users.tokens.list(NAME)}
    assert users.last_use.flush() == 0


def test_uses_that_cannot_be_written_are_kept_for_the_next_time(
    users: Users, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    users.authenticate(session(created.token), ADDRESS)

    def away(*_: object) -> None:
        raise StorageFailed

    with monkeypatch.context() as patched:
        patched.setattr(users._database, "write", away)
        users.housekeeper.step()
    assert "could not be written" in caplog.text
    assert list(users.last_use.pending) == [("sessions", created.id)]


def test_what_has_expired_is_removed_and_the_rest_stays(users: Users, clock: ManualClock) -> None:
    users.sessions.create(NAME, False, ADDRESS, "")
    users.tokens.issue_jwt(NAME, 1)
    users.tokens.create_api_token(NAME, "short", None, 1)
    users.sessions.create(NAME, True, ADDRESS, "")
    users.tokens.issue_jwt(NAME)
    users.tokens.create_api_token(NAME, "long")
    with pytest.raises(Exception, match="wrong"):
        users.sign_in(NAME, "wrong password", ADDRESS)
    assert rows(users, attempts) == 2
    clock.advance(DAY)
    assert users.housekeeper.clean() == 5
    assert [rows(users, table) for table in (sessions, jwts, api_tokens, attempts)] == [1, 1, 1, 0]


def test_cleaning_goes_on_in_small_batches_to_the_end(users: Users, clock: ManualClock) -> None:
    def many(connection: object) -> None:
        row = {"failures": 1, "last_at": clock.time()}
        connection.execute(attempts.insert(), [row | {"id": str(number)} for number in range(1100)])  # type: ignore[attr-defined]

    users._database.write(many)
    clock.advance(DAY)
    assert users.housekeeper.clean() == 1100


def test_it_cleans_once_an_hour(users: Users, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned: list[float] = []
    monkeypatch.setattr(users.housekeeper, "clean", lambda: cleaned.append(clock.monotonic()))
    for _ in range(121):
        users.housekeeper.step()
        clock.advance(60)
    assert len(cleaned) == 3


def test_the_thread_starts_with_the_first_look_up_and_ends_with_the_store(users: Users) -> None:
    def names() -> list[str]:
        return [thread.name for thread in threading.enumerate()]

    assert "platypush-users" not in names()
    users.authenticate(token("the global token"), ADDRESS)
    assert "platypush-users" in names()
    users.close()
    assert "platypush-users" not in names()


def test_what_is_pending_is_written_at_the_end(users: Users) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    users.authenticate(session(created.token), ADDRESS)
    users.close()
    assert users.last_use.pending == {}


def test_a_forked_process_starts_a_thread_of_its_own(users: Users) -> None:
    users.authenticate(token("the global token"), ADDRESS)
    child = os.fork()
    if child == 0:
        users.generation.increment()
        users.authenticate(token("the global token"), ADDRESS)
        thread = users.housekeeper._thread
        os._exit(0 if thread is not None and thread.is_alive() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
