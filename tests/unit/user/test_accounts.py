"""Users."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platypush.errors import BadRequest, Conflict, NotAuthenticated, NotFound
from platypush.user.service import Users, UserSettings
from tests.unit.user.conftest import OpenUsers
from tests.unit.user.doubles import ADDRESS, NAME, PASSWORD, ManualClock, basic, session, token

CREATE_FIRST = """
import sys
from pathlib import Path
from platypush.errors import Conflict
from platypush.user.service import UserSettings, open_users
users = open_users(UserSettings(url=sys.argv[1], workdir=Path(sys.argv[2]), password_cost=4))
print("ready", flush=True)
sys.stdin.readline()
try:
    users.accounts.create_first(sys.argv[3], "correct horse")
    print("first")
except Conflict:
    print("conflict")
users.close()
"""


def test_there_is_nobody_at_first(empty: Users) -> None:
    assert not empty.accounts.exists()
    assert empty.accounts.list() == []


def test_the_first_user_exists_and_can_sign_in(users: Users, clock: ManualClock) -> None:
    assert users.accounts.exists()
    assert [(user.name, user.created_at) for user in users.accounts.list()] == [(NAME, clock.time())]
    assert users.sign_in(NAME, PASSWORD, ADDRESS).user == NAME


def test_there_is_one_first_user(users: Users) -> None:
    with pytest.raises(Conflict):
        users.accounts.create_first("bob", PASSWORD)
    assert len(users.accounts.list()) == 1


def test_of_many_threads_that_register_first_one_wins(empty: Users) -> None:
    def register(number: int) -> bool:
        try:
            empty.accounts.create_first(f"user{number}", PASSWORD)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(register, range(12))) == 1
    assert len(empty.accounts.list()) == 1


def test_of_many_processes_that_register_first_one_wins(empty: Users, settings: UserSettings, tmp_path: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE_FIRST, settings.url, str(tmp_path), f"user{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    outputs = [child.communicate("go\n", timeout=60)[0].strip() for child in children]
    assert sorted(outputs) == ["conflict", "conflict", "conflict", "first"]
    assert len(empty.accounts.list()) == 1


def test_a_first_user_can_register_again_after_the_last_was_removed(users: Users) -> None:
    users.accounts.delete(NAME)
    users.accounts.create_first("bob", PASSWORD)
    assert [user.name for user in users.accounts.list()] == ["bob"]


def test_nobody_registers_first_when_only_the_founder_is_gone(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    users.accounts.delete(NAME)
    with pytest.raises(Conflict):
        users.accounts.create_first("carol", PASSWORD)


def test_further_users_are_added_in_order_of_their_names(users: Users) -> None:
    users.accounts.create("carol", PASSWORD)
    users.accounts.create("bob", PASSWORD)
    assert [user.name for user in users.accounts.list()] == [NAME, "bob", "carol"]


def test_a_name_is_taken_once(users: Users) -> None:
    with pytest.raises(Conflict, match="alice"):
        users.accounts.create(NAME, PASSWORD)


def test_a_name_that_was_decomposed_or_padded_is_the_same_name(users: Users) -> None:
    users.accounts.create(" jos\N{LATIN SMALL LETTER E WITH ACUTE} ", PASSWORD)
    assert users.sign_in("jose\N{COMBINING ACUTE ACCENT}", PASSWORD, ADDRESS).user == "jos\xe9"


@pytest.mark.parametrize("name", ["", "  ", "a:b", "a\nb", "a\0b", "\ud800", "x" * 129])
def test_a_name_that_could_not_sign_in_is_refused(users: Users, name: str) -> None:
    with pytest.raises(BadRequest, match="user name"):
        users.accounts.create(name, PASSWORD)


def test_a_weak_password_is_refused_and_nobody_is_added(users: Users) -> None:
    with pytest.raises(BadRequest, match="8 characters"):
        users.accounts.create("bob", "short")
    with pytest.raises(BadRequest, match="8 characters"):
        users.accounts.set_password(NAME, "short")
    assert len(users.accounts.list()) == 1


def test_a_new_password_replaces_the_old_one_at_once(users: Users) -> None:
    users.accounts.set_password(NAME, "battery staple")
    assert users.sign_in(NAME, "battery staple", ADDRESS).user == NAME
    with pytest.raises(NotAuthenticated):
        users.sign_in(NAME, PASSWORD, ADDRESS)


def test_a_new_password_ends_sessions_and_jwts_but_not_api_tokens(users: Users) -> None:
    first = users.sessions.create(NAME, False, ADDRESS, "")
    kept = users.sessions.create(NAME, False, ADDRESS, "")
    jwt = users.tokens.issue_jwt(NAME)
    api = users.tokens.create_api_token(NAME, "phone").secret
    users.accounts.set_password(NAME, "battery staple", keep_session=kept.id)
    for ended in (session(first.token), token(jwt), basic()):
        with pytest.raises(NotAuthenticated):
            users.authenticate(ended, ADDRESS)
    for going_on in (session(kept.token), token(api)):
        assert users.authenticate(going_on, ADDRESS).user == NAME
    assert [item.kind for item in users.tokens.list(NAME)] == ["api_token"]


def test_a_new_password_touches_nobody_else(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    credentials = [
        basic("bob"),
        session(users.sessions.create("bob", False, ADDRESS, "").token),
        token(users.tokens.issue_jwt("bob")),
    ]
    users.accounts.set_password(NAME, "battery staple")
    for credential in credentials:
        assert users.authenticate(credential, ADDRESS).user == "bob"


def test_a_removed_user_is_gone_with_sessions_and_tokens(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    credentials = [
        basic("bob"),
        session(users.sessions.create("bob", True, ADDRESS, "").token),
        token(users.tokens.issue_jwt("bob")),
        token(users.tokens.create_api_token("bob", "phone").secret),
    ]
    for credential in credentials:
        assert users.authenticate(credential, ADDRESS).user == "bob"
    users.accounts.delete("bob")
    for credential in credentials:
        with pytest.raises(NotAuthenticated):
            users.authenticate(credential, ADDRESS)
    assert users.tokens.list() == []


def test_a_user_who_gets_the_name_of_a_removed_one_gets_none_of_the_rights(users: Users) -> None:
    users.accounts.create("bob", PASSWORD)
    jwt = users.tokens.issue_jwt("bob")
    users.accounts.delete("bob")
    users.accounts.create("bob", PASSWORD)
    with pytest.raises(NotAuthenticated):
        users.authenticate(token(jwt), ADDRESS)


@pytest.mark.parametrize("call", ["delete", "set_password"])
def test_a_user_that_does_not_exist_is_named(users: Users, call: str) -> None:
    arguments = ("bob",) if call == "delete" else ("bob", PASSWORD)
    with pytest.raises(NotFound, match="bob"):
        getattr(users.accounts, call)(*arguments)


def test_another_process_that_added_a_user_needs_no_restart_of_this_one(empty: Users, open_store: OpenUsers) -> None:
    open_store().accounts.create("alice", PASSWORD)
    assert empty.authenticate(basic(), ADDRESS).user == "alice"
