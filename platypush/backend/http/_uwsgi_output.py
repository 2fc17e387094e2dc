"""What uWSGI itself writes goes into the daemon's log by its weight: its chatter is for debugging, trouble is shown."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from platypush._lib.log_stream import LOG_VARIABLE, describe
from platypush.process import Command

__all__ = ["Transcript", "UwsgiOutput", "weight"]

_logger = logging.getLogger("platypush.uwsgi")
_HELD = 200
_LOADED = "WSGI app 0 "
_TROUBLE = re.compile(
    r"DAMN|Traceback|HARAKIRI|^Timeout \(|most recent call first"
    r"|no python application|listen queue.* full|is not a valid|unknown config|unrecognized"
    r"|(?i:\berror|exception\b|\bunable to|\bcannot|\bcan't|\bfail|\bdenied|\binvalid\b)|\b[A-Z]\w+Error\b"
)
_CHATTER = re.compile(
    r"WSGI app \d|\*\*\* |([Rr]es|s)pawned uWSGI|goodbye to |[Gg]racefully killing worker|worker \d+ (killed|buried)"
    r"|\w{3} \w{3} [ \d]\d [\d:]{8} \d{4} - |(SIG(INT|TERM|QUIT)|\.\.\.|running \"|uWSGI running as root)|memory limit"
)

_GONE = re.compile(r"uwsgi_\w+\(\)|SIGPIPE: |OSError: write error")
"""Clients that went away or never spoke: anybody can make as many of these lines as he likes."""


def weight(line: str) -> int:
    """The logging level of a line of a uWSGI that serves already."""
    if _GONE.match(line):
        return logging.DEBUG
    if _TROUBLE.search(line):
        return logging.ERROR
    return logging.DEBUG if _CHATTER.match(line) else logging.INFO


class Transcript:
    """One uWSGI's output from its start to its end. For one thread.

    Until a worker has loaded the application, lines that are no trouble are kept back; they are shown when it
    ends without having come that far, or when trouble begins. Pure but for ``log``.
    """

    def __init__(self, log: Callable[[int, str], None]) -> None:
        self._log = log
        self._held: deque[str] | None = deque(maxlen=_HELD)

    def take(self, line: str) -> None:
        """The next line, without its end."""
        if not line.strip():
            return
        level = weight(line)
        if self._held is None:
            self._log(level, line)
        elif _LOADED in line or level > logging.INFO:
            self._held = None
            self._log(level, line)
        else:
            self._held.append(line)
            self._log(logging.DEBUG, line)

    def end(self, *, wanted: bool) -> None:
        """Its output is over; ``wanted``: because somebody ended it."""
        for line in () if wanted else (self._held or ()):
            self._log(logging.ERROR, line)
        self._held = None


class UwsgiOutput:
    """Gives each new uWSGI a pipe to write to, and reads it in a thread that ends with that uWSGI.

    Args:
        is_wanted: whether the end of the present uWSGI was asked for; called when it ended.
    """

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self._is_wanted = is_wanted
        self._own: list[int] = []

    def attach(self, command: Command) -> Command:
        """``command`` with its output going to a new pipe, and the log of workers past it. Raises OSError.

        ``started`` or the next ``attach`` closes this process's ends.
        """
        self.started()
        read, write = os.pipe()
        self._own.append(write)
        threading.Thread(target=self._read, args=(read,), name="uwsgi-output", daemon=True).start()
        try:
            stream = os.dup(2)
        except OSError:
            return replace(command, output=write)  # a daemon without standard error: workers have none either
        self._own.append(stream)
        return replace(
            command,
            output=write,
            pass_fds=(*command.pass_fds, stream),
            env={**command.env, LOG_VARIABLE: describe(stream)},
        )

    def started(self) -> None:
        """The process has its ends: close ours, so that its last one closing is the end of its output."""
        while self._own:
            os.close(self._own.pop())

    def _read(self, descriptor: int) -> None:
        transcript = Transcript(lambda level, line: _logger.log(level, "%s", line))
        with open(descriptor, encoding="utf-8", errors="backslashreplace") as lines:
            for line in lines:
                transcript.take(line.rstrip())
        transcript.end(wanted=self._is_wanted())
