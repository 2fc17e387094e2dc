"""Who sends a credential."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest

from platypush.errors import NotAuthenticated, RegistrationRequired, StorageFailed
from platypush.user.credentials import Credential
from platypush.user.keys import derive_key, load_key
from platypush.user.service import Users, UserSettings
from tests.unit.user.conftest import OpenUsers
from tests.unit.user.doubles import ADDRESS, NAME, PASSWORD, ManualClock, basic, session, token

MAKERS: dict[str, Callable[[Users], Credential]] = {
    "basic": lambda users: basic(),
    "session": lambda users: session(users.sessions.create(NAME, False, ADDRESS, "").token),
    "jwt": lambda users: token(users.tokens.issue_jwt(NAME, 1)),
    "api_token": lambda users: token(users.tokens.create_api_token(NAME, "phone", None, 1).secret),
    "global_token": lambda users: token("the global token"),
}
KINDS = list(MAKERS)
REVOCABLE = [kind for kind in KINDS if kind != "global_token"]
EXPIRING = ["session", "jwt", "api_token"]


def revoke_all(users: Users, kind: str) -> None:
    if kind == "basic":
        users.accounts.set_password(NAME, "battery staple")
    elif kind == "session":
        users.sessions.revoke_all(NAME)
    else:
        for item in users.tokens.list(NAME):
            users.tokens.revoke(item.id)


class Watch:
    """Counts what the database is asked."""

    def __init__(self, users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        real = users._database._run

        def run(work: Callable[[object], object], *, write: bool) -> object:
            self.asked += 1
            return real(work, write=write)

        monkeypatch.setattr(users._database, "_run", run)


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_credential_of_every_kind_lets_in(users: Users, kind: str) -> None:
    principal = users.authenticate(MAKERS[kind](users), ADDRESS)
    assert principal.kind == kind
    assert principal.user == (None if kind == "global_token" else NAME)
    assert principal.scopes is None


@pytest.mark.parametrize("kind", KINDS)
def test_while_there_is_no_user_nothing_lets_in(users: Users, kind: str) -> None:
    credential = MAKERS[kind](users)
    users.authenticate(credential, ADDRESS)
    users.accounts.delete(NAME)
    with pytest.raises(RegistrationRequired):
        users.authenticate(credential, ADDRESS)


def test_without_a_credential_the_answer_depends_on_whether_there_is_a_user(empty: Users) -> None:
    with pytest.raises(RegistrationRequired):
        empty.authenticate(None, ADDRESS)
    empty.accounts.create_first(NAME, PASSWORD)
    with pytest.raises(NotAuthenticated):
        empty.authenticate(None, ADDRESS)


@pytest.mark.parametrize("kind", KINDS)
def test_one_changed_letter_makes_it_wrong(users: Users, kind: str) -> None:
    credential = MAKERS[kind](users)
    users.authenticate(credential, ADDRESS)
    if kind == "basic":
        changed = basic(password=PASSWORD[:-1] + "f")
    else:
        middle = len(credential.value) // 2
        letter = "A" if credential.value[middle] != "A" else "B"
        changed = credential._replace(value=credential.value[:middle] + letter + credential.value[middle + 1 :])
    with pytest.raises(NotAuthenticated):
        users.authenticate(changed, ADDRESS)


@pytest.mark.parametrize("kind", EXPIRING)
def test_an_expired_one_is_refused_although_it_is_cached(users: Users, clock: ManualClock, kind: str) -> None:
    credential = MAKERS[kind](users)
    clock.advance(86_399)
    users.authenticate(credential, ADDRESS)
    clock.advance(1)
    with pytest.raises(NotAuthenticated, match="expired"):
        users.authenticate(credential, ADDRESS)


@pytest.mark.parametrize("kind", REVOCABLE)
def test_a_revoked_one_is_refused_on_the_next_request_of_every_process(
    users: Users, open_store: OpenUsers, kind: str
) -> None:
    credential = MAKERS[kind](users)
    others = [open_store(), open_store()]
    for store in (users, *others):
        store.authenticate(credential, ADDRESS)
    revoke_all(others[0], kind)
    for store in (users, *others):
        with pytest.raises(NotAuthenticated):
            store.authenticate(credential, ADDRESS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hit_asks_the_database_nothing(users: Users, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    credential = MAKERS[kind](users)
    users.authenticate(credential, ADDRESS)
    watch = Watch(users, monkeypatch)
    for _ in range(100):
        users.authenticate(credential, ADDRESS)
    assert watch.asked == 0


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_is_confirmed_by_the_database_every_minute(
    users: Users, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    credential = MAKERS[kind](users)
    users.authenticate(credential, ADDRESS)
    watch = Watch(users, monkeypatch)
    clock.advance(59.9)
    users.authenticate(credential, ADDRESS)
    clock.advance(0.2)
    users.authenticate(credential, ADDRESS)
    assert watch.asked == (0 if kind == "global_token" else 1)


def test_a_clock_that_jumps_shortens_and_lengthens_no_entry(
    users: Users, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = MAKERS["api_token"](users)
    users.authenticate(credential, ADDRESS)
    watch = Watch(users, monkeypatch)
    clock.jump(-86_400)
    users.authenticate(credential, ADDRESS)
    assert watch.asked == 0


def test_a_revocation_of_something_else_costs_basic_a_query_and_no_bcrypt(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.authenticate(basic(), ADDRESS)
    users.generation.increment()

    def fail(*_: object) -> bool:
        raise AssertionError("bcrypt ran")

    monkeypatch.setattr("bcrypt.checkpw", fail)
    assert users.authenticate(basic(), ADDRESS).user == NAME


def test_a_wrong_basic_credential_is_checked_each_time(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def checkpw(*_: object) -> bool:
        calls.append(1)
        return False

    monkeypatch.setattr("bcrypt.checkpw", checkpw)
    for _ in range(3):
        with pytest.raises(NotAuthenticated):
            users.authenticate(basic(password="wrong password"), ADDRESS)
    assert len(calls) == 3


def test_many_first_requests_at_once_cost_one_bcrypt(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    import bcrypt

    calls: list[int] = []
    real = bcrypt.checkpw

    def checkpw(password: bytes, hashed: bytes) -> bool:
        calls.append(1)
        return real(password, hashed)

    monkeypatch.setattr("bcrypt.checkpw", checkpw)
    with ThreadPoolExecutor(32) as pool:
        principals = list(pool.map(lambda _: users.authenticate(basic(), ADDRESS), range(64)))
    assert {principal.user for principal in principals} == {NAME}
    assert len(calls) == 1


def test_a_new_token_works_at_once_although_it_was_tried_before(users: Users, open_store: OpenUsers) -> None:
    with pytest.raises(NotAuthenticated):
        users.authenticate(token("pp_unknown"), ADDRESS)
    new = open_store().tokens.create_api_token(NAME, "phone")
    assert users.authenticate(token(new.secret), ADDRESS).user == NAME


def test_a_revocation_between_the_query_and_the_cache_is_not_lost(
    users: Users, open_store: OpenUsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    other = open_store()
    lookup = users._authenticator._lookup
    real = lookup.session

    def slow(value: str) -> object:
        found = real(value)
        other.sessions.revoke(created.token)
        return found

    monkeypatch.setattr(lookup, "session", slow)
    users.authenticate(session(created.token), ADDRESS)
    monkeypatch.setattr(lookup, "session", real)
    with pytest.raises(NotAuthenticated):
        users.authenticate(session(created.token), ADDRESS)


@pytest.mark.parametrize("value", ["", "!!!", "bm9jb2xvbg==", "YWxpY2U6Y29ycmVjdA", "é", "\ud800", "=" * 5])
def test_a_malformed_basic_credential_is_wrong(users: Users, value: str) -> None:
    with pytest.raises(NotAuthenticated):
        users.authenticate(Credential("basic", value, "authorization"), ADDRESS)


def test_a_password_may_have_colons_and_any_letters(users: Users) -> None:
    for password in ("with:colon:s", "ümläute ☕", ":leading"):
        users.accounts.set_password(NAME, password)
        assert users.authenticate(basic(password=password), ADDRESS).user == NAME


def test_basic_in_latin_1_is_understood(users: Users) -> None:
    users.accounts.set_password(NAME, "schlüssel")
    value = base64.b64encode(f"{NAME}:schlüssel".encode("latin-1")).decode()
    assert users.authenticate(Credential("basic", value, "authorization"), ADDRESS).user == NAME


@pytest.mark.parametrize("kind", ["token", "session", "basic"])
@pytest.mark.parametrize("value", ["", "pp_", "x" * 100_000, "é", "\ud800", "a.b.c", "null", "' OR 1=1 --"])
def test_nonsense_is_refused(users: Users, kind: str, value: str) -> None:
    with pytest.raises(NotAuthenticated):
        users.authenticate(Credential(kind, value, "authorization"), ADDRESS)  # type: ignore[arg-type]


def test_an_unknown_scheme_is_refused(users: Users) -> None:
    with pytest.raises(NotAuthenticated, match="Basic or Bearer"):
        users.authenticate(Credential("unknown", "", "authorization"), ADDRESS)


def test_each_kind_is_looked_up_only_as_what_it_was_sent_as(users: Users) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    api = users.tokens.create_api_token(NAME, "phone").secret
    for right in (session(created.token), token(api), token("the global token")):
        users.authenticate(right, ADDRESS)
    for wrong in (
        token(created.token),
        session(api),
        session("the global token"),
        session(users.tokens.issue_jwt(NAME)),
    ):
        with pytest.raises(NotAuthenticated):
            users.authenticate(wrong, ADDRESS)


def test_without_a_configured_global_token_nothing_is_it(open_store: OpenUsers, settings: UserSettings) -> None:
    for configured in (None, ""):
        chosen = UserSettings(url=settings.url, workdir=settings.workdir, global_token=configured, password_cost=4)
        users = open_store(chosen=chosen)
        if not users.accounts.exists():
            users.accounts.create_first(NAME, PASSWORD)
        for value in ("", "None", "the global token"):
            with pytest.raises(NotAuthenticated):
                users.authenticate(token(value), ADDRESS)


def test_a_global_token_may_look_like_any_other(open_store: OpenUsers, settings: UserSettings, users: Users) -> None:
    for configured in ("pp_looks_like_one", users.tokens.issue_jwt(NAME), "schlüssel"):
        chosen = UserSettings(url=settings.url, workdir=settings.workdir, global_token=configured)
        assert open_store(chosen=chosen).authenticate(token(configured), ADDRESS).kind == "global_token"


def test_a_genuine_signature_is_not_enough(users: Users, settings: UserSettings, clock: ManualClock) -> None:
    """Whoever copied the key file still needs an identifier that the database knows, of the same user and password."""
    key = derive_key(load_key(settings.workdir), "jwt")
    genuine = jwt.decode(users.tokens.issue_jwt(NAME), options={"verify_signature": False})
    users.accounts.create("bob", PASSWORD)
    assert users.authenticate(token(jwt.encode(genuine, key, "HS256")), ADDRESS).user == NAME
    for changed in ({"jti": "0" * 32}, {"uid": 2}, {"sub": "bob"}, {"sub": "bob", "uid": 2}, {"pv": "0" * 16}):
        with pytest.raises(NotAuthenticated):
            users.authenticate(token(jwt.encode(genuine | changed, key, "HS256")), ADDRESS)


def test_forged_tokens_are_refused(users: Users) -> None:
    genuine = users.tokens.issue_jwt(NAME)
    payload = jwt.decode(genuine, options={"verify_signature": False})
    head, body, signature = genuine.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    other_body = jwt.encode(payload | {"sub": "root"}, "x" * 32, "HS256").split(".")[1]
    forged = [
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        jwt.encode(payload, "x" * 32, "HS256"),
        jwt.encode(payload, "x" * 64, "HS512"),
        f"{head}.{other_body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        genuine + "A",
    ]
    for text in forged:
        with pytest.raises(NotAuthenticated):
            users.authenticate(token(text), ADDRESS)
    assert users.authenticate(token(genuine), ADDRESS).user == NAME


def test_the_number_of_entries_is_bounded(users: Users) -> None:
    users._authenticator._entries._half = 4
    for number in range(30):
        users.authenticate(token(users.tokens.create_api_token(NAME, f"token {number}").secret), ADDRESS)
    assert len(users._authenticator._entries) <= 8


def test_the_cache_holds_no_secret(users: Users) -> None:
    created = users.sessions.create(NAME, False, ADDRESS, "")
    users.authenticate(session(created.token), ADDRESS)
    held = {**users._authenticator._entries._young, **users._authenticator._entries._old}
    assert created.token not in repr([(key, entry.found) for key, entry in held.items()])


def test_a_database_that_is_away_is_503_and_a_hit_goes_on_until_its_minute_is_over(
    users: Users, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = MAKERS["session"](users)
    users.authenticate(credential, ADDRESS)

    def away(*_: object, **__: object) -> None:
        raise StorageFailed

    with monkeypatch.context() as patched:
        patched.setattr(users._database, "_run", away)
        users.authenticate(credential, ADDRESS)
        clock.advance(61)
        with pytest.raises(StorageFailed):
            users.authenticate(credential, ADDRESS)
    assert users.authenticate(credential, ADDRESS).user == NAME


WORKER = """
import sys
from pathlib import Path
from platypush.errors import PlatypushError
from platypush.user.credentials import Credential
from platypush.user.service import UserSettings, open_users
users = open_users(UserSettings(url=sys.argv[1], workdir=Path(sys.argv[2]), password_cost=4))
for line in sys.stdin:
    kind, value = line.split()
    try:
        print(users.authenticate(Credential(kind, value, "authorization"), "203.0.113.9").user, flush=True)
    except PlatypushError as error:
        print(error.code, flush=True)
"""


def test_a_real_worker_process_refuses_on_its_very_next_request(
    users: Users, settings: UserSettings, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", WORKER, settings.url, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None

        def ask(credential: Credential) -> str:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(f"{credential.kind} {credential.value}\n")
            return worker.stdout.readline().strip()

        for kind in ("session", "api_token", "jwt", "basic"):
            credential = MAKERS[kind](users)
            assert ask(credential) == NAME
            assert ask(credential) == NAME
            revoke_all(users, kind)
            assert ask(credential) == "unauthorized"
        users.accounts.delete(NAME)
        assert ask(basic()) == "registration_required"
        os.kill(worker.pid, signal.SIGTERM)
