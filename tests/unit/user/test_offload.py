"""Under gevent, what blocks in C stays off the hub. Each case runs in a patched process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from platypush.user.offload import offload, on_gevent
from platypush.user.service import UserSettings

PRELUDE = """
from gevent import monkey
monkey.patch_all()
import base64, sys, threading, time
from pathlib import Path
import gevent
from platypush.errors import NotAuthenticated, PlatypushError, StorageFailed
from platypush.user.credentials import Credential
from platypush.user.offload import offload, on_gevent
from platypush.user.service import UserSettings, open_users

def basic(name, password):
    return Credential("basic", base64.b64encode(f"{name}:{password}".encode()).decode(), "authorization")
"""


def run(tmp_path: Path, code: str) -> str:
    """The output of ``code`` in a process patched by gevent; warnings are errors there too."""
    program = tmp_path / "program.py"
    program.write_text(PRELUDE + code)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_without_gevent_the_caller_runs_it() -> None:
    import threading

    assert not on_gevent()
    assert offload(threading.get_ident) == threading.get_ident()
    assert offload(int, "7") == 7
    with pytest.raises(ValueError, match="invalid literal"):
        offload(int, "x")


def test_under_gevent_a_real_thread_runs_it_and_errors_come_back_silently(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        """
import _thread
native = monkey.get_original("threading", "get_ident")
assert on_gevent()
print(offload(native) != native(), offload(int, "7"))
try:
    offload(int, "x")
except ValueError:
    print("ValueError")
print(offload(lambda: offload(int, "8")))
""",
    )
    assert output.split() == ["True", "7", "ValueError", "8"]


def test_the_hub_goes_on_while_passwords_are_checked(tmp_path: Path) -> None:
    """A greenlet that only sleeps is never held up for as long as one bcrypt takes."""
    output = run(
        tmp_path,
        """
users = open_users(UserSettings(url="sqlite:///main.db", workdir=Path(sys.argv[1]), password_cost=12), migrate=True)
users.accounts.create_first("alice", "correct horse")
beats, done = [], threading.Event()

def beat():
    while not done.is_set():
        beats.append(time.monotonic())
        time.sleep(0.001)

heart = gevent.spawn(beat)
def attempt(number):
    try:
        return users.sign_in("alice", "correct horse" if number % 2 else "wrong horse", f"203.0.113.{number}").user
    except NotAuthenticated:
        return "wrong"

started = time.monotonic()
jobs = [gevent.spawn(attempt, number) for number in range(6)]
gevent.joinall(jobs, raise_error=True)
took = time.monotonic() - started
done.set()
heart.join()
print(sorted(job.value for job in jobs) == ["alice"] * 3 + ["wrong"] * 3)
# Six bcrypts in a row would leave one beat for each; an idle hub gives one in a millisecond or two.
print(len(beats) > 60)
users.close()
""",
    )
    assert output.split() == ["True", "True"]


def test_hundreds_of_greenlets_share_the_store(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        """
settings = UserSettings(url="sqlite:///main.db", workdir=Path(sys.argv[1]), password_cost=4, global_token="global")
users = open_users(settings, migrate=True)
users.accounts.create_first("alice", "correct horse")

def work(number):
    session = users.sessions.create("alice", False, "203.0.113.9", "greenlet")
    credential = Credential("session", session.token, "cookie")
    jwt = Credential("token", users.tokens.issue_jwt("alice", 1), "x-token")
    for one in (credential, jwt, basic("alice", "correct horse"), Credential("token", "global", "x-token")):
        users.authenticate(one, "203.0.113.9")
    users.sessions.revoke(session.token)
    try:
        users.authenticate(credential, "203.0.113.9")
    except NotAuthenticated:
        return "refused"

jobs = [gevent.spawn(work, number) for number in range(200)]
gevent.joinall(jobs, raise_error=True)
print({job.value for job in jobs})
users.housekeeper.step()
print(len(users.tokens.list("alice")), all(token.last_used_at for token in users.tokens.list("alice")))
print(users.housekeeper._thread.is_alive())
users.close()
print(users.housekeeper._thread.is_alive())
""",
    )
    assert output.splitlines() == ["{'refused'}", "200 True", "True", "False"]


def test_many_first_requests_of_one_client_cost_one_bcrypt(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        """
import bcrypt
users = open_users(UserSettings(url="sqlite:///main.db", workdir=Path(sys.argv[1]), password_cost=8), migrate=True)
users.accounts.create_first("alice", "correct horse")
calls, real = [], bcrypt.checkpw
def checkpw(*arguments):
    calls.append(1)
    return real(*arguments)
bcrypt.checkpw = checkpw
jobs = [gevent.spawn(users.authenticate, basic("alice", "correct horse"), "203.0.113.9") for _ in range(100)]
gevent.joinall(jobs, raise_error=True)
print(len(calls), {job.value.user for job in jobs})
users.close()
""",
    )
    assert output.strip() == "1 {'alice'}"


def test_a_database_that_another_process_locks_holds_up_no_other_greenlet(
    tmp_path: Path, settings: UserSettings
) -> None:
    output = run(
        tmp_path,
        """
import sqlite3
users = open_users(UserSettings(url="sqlite:///main.db", workdir=Path(sys.argv[1]), password_cost=4), migrate=True)
users.accounts.create_first("alice", "correct horse")
credential = Credential("token", users.tokens.issue_jwt("alice"), "x-token")
users.authenticate(credential, "203.0.113.9")
other = sqlite3.connect(Path(sys.argv[1]) / "main.db", isolation_level=None, check_same_thread=False)
other.execute("BEGIN IMMEDIATE")
writer = gevent.spawn(users.sessions.create, "alice", False, "203.0.113.9", "")
for _ in range(100):
    users.authenticate(credential, "203.0.113.9")
    time.sleep(0.001)
print(writer.dead, users.accounts.exists())
other.execute("ROLLBACK")
print(writer.get(timeout=30).id)
other.close()
users.close()
""",
    )
    assert output.splitlines() == ["False True", "1"]
