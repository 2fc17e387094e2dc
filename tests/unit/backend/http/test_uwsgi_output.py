"""Which of uWSGI's own lines are shown, and where a worker's log goes."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import pytest

from platypush._lib.log_stream import LOG_VARIABLE, describe, log_stream
from platypush.backend.http._uwsgi_output import Transcript, UwsgiOutput, weight
from platypush.process import Command

BOOT = (
    "*** Starting uWSGI 2.0.31 (64bit) on [Mon Nov 23 09:04:31 2026] ***",
    "lock engine: pthread robust mutexes",
    "",
    "your mercy for graceful operations on workers is 10 seconds",
)
LOADED = "WSGI app 0 (mountpoint='') ready in 1 seconds on interpreter 0x7f01 pid: 7007 (default app)"


class Log:
    """What was logged from INFO on."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []

    def __call__(self, level: int, line: str) -> None:
        if level >= logging.INFO:
            self.lines.append((level, line))


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("DAMN ! worker 1 (pid: 5) died, killed by signal 9 :( trying respawn ...", logging.ERROR),
        ("Traceback (most recent call last):", logging.ERROR),
        ("ModuleNotFoundError: No module named 'x'", logging.ERROR),
        ("--- no python application found, check your startup logs for errors ---", logging.ERROR),
        ('*** uWSGI listen queue of socket ":8008" (fd: 3) full !!! (101/100) ***', logging.ERROR),
        ("Timeout (0:01:30)!", logging.ERROR),
        ("Thread 0x00007f0 (most recent call first):", logging.ERROR),
        ("printed by a route", logging.INFO),
        ("Respawned uWSGI worker 1 (new pid: 6)", logging.DEBUG),
        ("*** running gevent loop engine [addr:0x564fae9b6360] ***", logging.DEBUG),
        ("Mon Nov 23 09:32:01 2026 - chain reload starting...", logging.DEBUG),
        ("goodbye to uWSGI.", logging.DEBUG),
        ("uwsgi_proto_http_parser() -> client closed connection", logging.DEBUG),
        ("uwsgi_response_write_body_do(): Broken pipe [core/writer.c line 429] during GET /x (::1)", logging.DEBUG),
        ("SIGPIPE: writing to a closed pipe/socket/fd (probably the client disconnected) on request /", logging.DEBUG),
        ("OSError: write error", logging.DEBUG),
        (LOADED, logging.DEBUG),
    ],
)
def test_a_line_has_its_weight(line: str, level: int) -> None:
    assert weight(line) == level


def test_a_start_that_succeeds_shows_nothing_and_what_comes_later_by_its_weight() -> None:
    log = Log()
    transcript = Transcript(log)
    for line in (*BOOT, LOADED, "hello", *BOOT[:1]):
        transcript.take(line)
    transcript.end(wanted=False)
    assert log.lines == [(logging.INFO, "hello")]


def test_a_start_that_ends_early_shows_all_that_was_said_unless_it_was_ended() -> None:
    log = Log()
    for wanted in (True, False):
        transcript = Transcript(log)
        for line in BOOT:
            transcript.take(line)
        transcript.end(wanted=wanted)
    assert log.lines == [(logging.ERROR, line) for line in BOOT if line]


def test_after_a_first_sign_of_trouble_nothing_is_kept_back() -> None:
    log = Log()
    transcript = Transcript(log)
    for line in (*BOOT, "Traceback (most recent call last):", '  File "x.py", line 1', "    import y"):
        transcript.take(line)
    assert [line for _, line in log.lines] == [
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        "    import y",
    ]


def test_a_command_gets_a_pipe_of_its_own_and_a_way_past_it_for_the_log() -> None:
    output = UwsgiOutput(lambda: True)
    command = output.attach(Command(argv=("uwsgi",), env={"A": "b"}, pass_fds=(0,)))
    assert command.output is not None
    number = int(command.env[LOG_VARIABLE].partition(":")[0])
    assert command.pass_fds == (0, number)
    assert os.path.sameopenfile(number, 2)
    assert not os.get_inheritable(command.output)
    output.started()
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(number)


def test_the_log_goes_to_the_named_stream_only_while_that_is_what_it_was(tmp_path: Path) -> None:
    with open(tmp_path / "log", "wb") as file, open(tmp_path / "other", "wb") as other:
        environ = {LOG_VARIABLE: describe(file.fileno())}
        with log_stream(environ) as stream:
            stream.write("héllo\n")
            assert (tmp_path / "log").read_text(encoding="utf-8") == "héllo\n"
        os.dup2(other.fileno(), file.fileno())
        assert log_stream(environ) is sys.stderr
    assert log_stream(environ) is sys.stderr
    assert log_stream({}) is sys.stderr
    assert log_stream({LOG_VARIABLE: "nonsense"}) is sys.stderr
