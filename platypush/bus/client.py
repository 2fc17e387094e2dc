"""The side of a worker or a command line, under threads and under gevent alike.

Connections are kept in a stack: the one used last is used next, and those left over from a burst grow idle and are
closed. Whether a call ran is never guessed: while its last byte has not been accepted by the kernel it has not run
and may go out again on another connection; from then on a broken connection is ``AnswerLost``.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from pathlib import Path

from platypush.bus.connection import Connection
from platypush.bus.framing import BUSY, GREETING_LENGTH, HELLO, MAX_FRAME, REFUSED, encode_request
from platypush.bus.replies import error_reply
from platypush.errors import BusUnavailable, Busy, TimeLimit
from platypush.message.envelope import Envelope, Reply

__all__ = ["UnixBusClient"]

_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.25
_RETRY_AFTER = 5.0


class _AwayError(Exception):
    """No connection now; worth another try."""


class UnixBusClient:
    """Calls the daemon that listens at ``path``; implements ``BusClient``.

    Safe for many threads or greenlets at once, and after a fork (the child opens connections of its own).

    Args:
        path: the daemon's socket.
        wait: seconds to wait for a daemon that is away.
        max_frame: bytes of a message, in either direction.
        margin: seconds granted beyond ``time_left``, so that the daemon's own answer about the time wins.
        idle: seconds after which an unused connection is closed, at the next call.
        max_idle: connections kept for later calls.
    """

    def __init__(
        self,
        path: Path,
        *,
        wait: float = 5.0,
        max_frame: int = MAX_FRAME,
        margin: float = 0.25,
        idle: float = 10.0,
        max_idle: int = 1024,
    ) -> None:
        self._path = os.fspath(path)
        self._wait = wait
        self._max_frame = max_frame
        self._margin = margin
        self._idle_seconds = idle
        self._max_idle = max_idle
        self._pid = os.getpid()
        # append, pop and popleft of a deque are atomic: no lock is taken for a call.
        self._idle: deque[Connection] = deque()

    def call(self, envelope: Envelope) -> Reply:
        """Send ``envelope`` and wait for its reply; see ``BusClient.call``.

        A daemon at its limit gives a reply 503 ``busy``, whether it refuses the call or the connection.
        """
        if envelope.time_left <= 0:
            raise TimeLimit("The time limit was over before the request could be sent. It did not run.")
        buffers = encode_request(envelope, envelope.time_left, self._max_frame)
        if os.getpid() != self._pid:
            self._leave_to_parent()
        limit = envelope.time_left + self._margin
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._call_anew(envelope)
            if connection.send(buffers, limit):
                return self._receive(connection)

    def close(self) -> None:
        """Close idle connections. Calls under way end by themselves."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                return
            connection.close()

    def _leave_to_parent(self) -> None:
        # Closing our copy of a descriptor does not touch the parent's connection.
        self._pid = os.getpid()
        self.close()

    def _call_anew(self, envelope: Envelope) -> Reply:
        started = time.monotonic()
        give_up = started + min(self._wait, envelope.time_left)
        pause = _FIRST_PAUSE
        while True:
            try:
                connection = self._connect(give_up)
                if connection is None:
                    return error_reply(Busy(retry_after=1), envelope.request_id)
                time_left = envelope.time_left - (time.monotonic() - started)
                buffers = encode_request(envelope, time_left, self._max_frame)
                if connection.send(buffers, time_left + self._margin):
                    return self._receive(connection)
                reason = "it closed the connection before the request was sent"
            except _AwayError as error:
                reason = str(error)
            if time.monotonic() + pause >= give_up:
                raise BusUnavailable(
                    f"{BusUnavailable.default_message} ({self._path}: {reason})", retry_after=_RETRY_AFTER
                )
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _connect(self, give_up: float) -> Connection | None:
        """A greeted connection, or None when the daemon takes no more of them."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(max(give_up - time.monotonic(), _FIRST_PAUSE))
            connection.connect(self._path)
            greeting = connection.recv(GREETING_LENGTH)
            while greeting and len(greeting) < GREETING_LENGTH:
                greeting += connection.recv(GREETING_LENGTH - len(greeting)) or b"\0" * GREETING_LENGTH
        except PermissionError as error:
            connection.close()
            raise BusUnavailable(
                f"The socket {self._path} of the Platypush daemon may not be used by user id {os.geteuid()}. Run as "
                "the daemon's user."
            ) from error
        except OSError as error:
            connection.close()
            raise _AwayError(error.strerror or str(error)) from error
        except BaseException:  # undone, and raised again
            connection.close()
            raise
        if greeting == HELLO:
            return Connection(connection)
        connection.close()
        if greeting == BUSY:
            return None
        if greeting == REFUSED:
            raise BusUnavailable(f"The Platypush daemon at {self._path} does not serve user id {os.geteuid()}.")
        if greeting:
            raise BusUnavailable(f"What listens at {self._path} does not speak this version of the bus.")
        raise _AwayError("it closed the connection")

    def _receive(self, connection: Connection) -> Reply:
        reply = connection.receive(self._max_frame)
        self._keep(connection)
        return reply

    def _keep(self, connection: Connection) -> None:
        idle = self._idle
        now = connection.idle_since = time.monotonic()
        try:
            oldest = idle[0].idle_since
        except IndexError:  # others took what there was
            oldest = now
        if len(idle) < self._max_idle:
            idle.append(connection)
        else:
            connection.close()
        if now - oldest > self._idle_seconds:
            self._trim(now)

    def _trim(self, now: float) -> None:
        """Close what has been idle for long: at the stack's bottom, a few at a time so that no call pays for all."""
        for _ in range(8):
            try:
                connection = self._idle.popleft()
            except IndexError:
                return
            if now - connection.idle_since <= self._idle_seconds:
                self._idle.appendleft(connection)
                return
            connection.close()
