"""The daemon's side of the unix-socket bus.

One thread accepts; each connection has a thread that reads a call, runs the handler itself and writes the answer,
with no queue in between. Workers keep a pool of connections, so there are as many threads as calls at once. An idle
connection is closed after a while in a way that loses nothing: the reading side is shut first, so that whatever was
sent before is read and run, and whatever is sent later is refused by the kernel and sent elsewhere by the client.

Never late: a client hangs up when its time is over, so before a call runs its connection is looked at. That look
costs a switch of threads, a fifth of the throughput, and is needed only where a call can have waited: its thread is
always there before the client sends, so that is when the whole process stood still (stopped, swapped out, the
interpreter held by foreign code). The accepting thread ticks to know.
"""

from __future__ import annotations

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from platypush.bus import Handler
from platypush.bus.framing import (
    BUSY,
    FIRST_READ,
    HELLO,
    MAX_FRAME,
    REFUSED,
    FrameError,
    decode_request,
    encode_reply,
    read_frame,
)
from platypush.bus.listening import listen, peer_user, remove_socket
from platypush.bus.replies import error_reply
from platypush.bus.scheduling import let_callers_finish
from platypush.errors import ActionFailed, Busy, PlatypushError, TimeLimit, TooLarge
from platypush.message.envelope import Envelope, Reply

__all__ = ["UnixBusServer"]

_STACK = 1024 * 1024
_STACK_LOCK = threading.Lock()
_PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT
_TIMEVAL = struct.Struct("@ll")
_TICK = _TIMEVAL.pack(0, 250_000)
_SEND_LIMIT = _TIMEVAL.pack(30, 0)
_SPARE_CONNECTIONS = 64
_ACCEPT_PAUSE = 0.1
_STALL = 0.6
_DOUBT = 5.0


class UnixBusServer:
    """Serves the calls that arrive at the socket ``path``; implements ``BusServer``.

    Args:
        path: where to listen; the file has mode 0600.
        max_calls: calls at once; one more is answered 503 ``busy`` without running.
        max_frame: bytes of a message, in either direction.
        backlog: connections that wait to be accepted; the kernel refuses at once beyond it.
        allowed_uids: user ids served beside the daemon's own and root.
        idle: seconds after which a connection that carries nothing is closed.
        logger: where refusals and broken frames are reported.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_calls: int = 1024,
        max_frame: int = MAX_FRAME,
        backlog: int = 1024,
        allowed_uids: Iterable[int] = (),
        idle: float = 15,
        logger: logging.Logger | None = None,
    ) -> None:
        self._path = path
        self._max_calls = max_calls
        # Idle connections of one worker must not keep another one out.
        self._max_connections = 2 * max_calls + _SPARE_CONNECTIONS
        self._max_frame = max_frame
        self._backlog = backlog
        self._allowed = frozenset({os.geteuid(), 0, *allowed_uids})
        self._idle = _TIMEVAL.pack(int(idle), int(idle % 1 * 1_000_000))
        self._logger = logger or logging.getLogger(__name__)
        self._listener: socket.socket | None = None
        self._inode = 0
        self._socket_lost = False
        self._changing = threading.Lock()
        self._accepting: threading.Thread | None = None
        self._stopping = False
        self._prompt_until = 0.0
        self._empty = threading.Event()
        # Sets of sockets, whose add, discard and len are atomic: no lock is taken for a call.
        self._connections: set[socket.socket] = set()
        self._running: set[socket.socket] = set()

    @property
    def calls(self) -> int:
        """Calls that run now."""
        return len(self._running)

    @property
    def connections(self) -> int:
        """Connections that are open now."""
        return len(self._connections)

    @property
    def reason(self) -> None:
        """Nothing keeps calls from arriving, as long as the daemon runs."""
        return None

    def start(self, handler: Handler) -> None:
        """Listen and serve in threads of its own. Raises OSError or ValueError when it cannot listen."""
        self._listener = listen(self._path, self._backlog)
        self._inode = self._path.stat().st_ino
        self._stopping = False
        self._empty.clear()
        self._accepting = threading.Thread(
            target=self._accept, args=(self._listener, handler), name="bus-accept", daemon=True
        )
        self._accepting.start()

    def stop(self, grace: float) -> None:
        """Take no new calls, let those under way finish for ``grace`` seconds, then close. From any thread, once."""
        with self._changing:
            listener, self._listener = self._listener, None
            self._stopping = True
        if listener is None:
            return
        remove_socket(self._path, self._inode)
        listener.shutdown(socket.SHUT_RDWR)
        if self._accepting is not None:
            self._accepting.join()
        listener.close()
        for connection in tuple(self._connections):
            _shut(connection, socket.SHUT_RD)
        if self._connections and not self._empty.wait(grace):
            self._logger.warning("%d calls did not finish within %.0f s and are abandoned", len(self._running), grace)
            for connection in tuple(self._connections):
                _shut(connection, socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket, handler: Handler) -> None:
        # Not settimeout(): a non-blocking accept does not notice that the socket was shut.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TICK)
        ticked = time.monotonic()
        doubt_until = 0.0
        while True:
            now = time.monotonic()
            if now - ticked > _STALL:
                doubt_until = now + _DOUBT
            ticked = now
            self._prompt_until = now + _STALL if now >= doubt_until else 0.0
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                listener = self._found_again(listener)
                continue
            except OSError as error:
                if self._stopping:
                    return
                self._logger.error("The bus cannot accept a connection: %s", error)
                time.sleep(_ACCEPT_PAUSE)
                continue
            self._admit(connection, handler)

    def _found_again(self, listener: socket.socket) -> socket.socket:
        """``listener``, or another one when somebody removed its file and no worker could find the daemon any more."""
        if self._path.exists():
            return listener
        with self._changing:
            if self._stopping:
                return listener
            try:
                fresh = listen(self._path, self._backlog)
            except (OSError, ValueError) as error:
                if not self._socket_lost:
                    self._logger.error("The bus's socket was removed and cannot be made again: %s", error)
                self._socket_lost = True
                return listener
            fresh.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TICK)
            self._listener, self._inode, self._socket_lost = fresh, self._path.stat().st_ino, False
        listener.close()
        self._logger.warning("Somebody removed the bus's socket %s; it is there again", self._path)
        return fresh

    def _admit(self, connection: socket.socket, handler: Handler) -> None:
        user = peer_user(connection)
        if user not in self._allowed:
            self._logger.warning("Refused a process of user id %d at the bus", user)
            _turn_away(connection, REFUSED)
            return
        if len(self._connections) >= self._max_connections:
            _turn_away(connection, BUSY)
            return
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self._idle)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_LIMIT)
        self._connections.add(connection)
        thread = threading.Thread(target=self._serve, args=(connection, handler), name="bus-call", daemon=True)
        try:
            with _STACK_LOCK:
                previous = threading.stack_size(_STACK)
                try:
                    thread.start()
                finally:
                    threading.stack_size(previous)
        except RuntimeError as error:
            self._logger.error("The bus cannot start a thread for a connection: %s", error)
            self._connections.discard(connection)
            _turn_away(connection, BUSY)

    def _serve(self, connection: socket.socket, handler: Handler) -> None:
        try:
            with connection:
                let_callers_finish()
                connection.sendall(HELLO, socket.MSG_NOSIGNAL)
                self._serve_calls(connection, handler)
        except FrameError as error:
            self._logger.warning("Closed a connection of the bus: %s", error)
        except OSError as error:
            self._logger.debug("A connection of the bus ended: %s", error)
        finally:
            self._connections.discard(connection)
            if self._stopping and not self._connections:
                self._empty.set()

    def _serve_calls(self, connection: socket.socket, handler: Handler) -> None:
        recv = connection.recv
        running = self._running
        while True:
            try:
                data = recv(FIRST_READ)
            except BlockingIOError:
                _shut(connection, socket.SHUT_RD)
                continue
            if not data:
                return
            since = time.monotonic()
            try:
                header, body = read_frame(data, recv, self._max_frame)
            except TooLarge as error:
                self._send(connection, error_reply(error))
                return
            envelope = decode_request(header, body, time.monotonic() - since)
            running.add(connection)
            try:
                if len(running) > self._max_calls:
                    reply = error_reply(Busy(retry_after=1), envelope.request_id)
                elif since > self._prompt_until and _hung_up(connection):
                    self._logger.info("Request %s did not run: its caller is gone", envelope.request_id)
                    return
                elif envelope.time_left <= 0:
                    reply = error_reply(_NEVER_LATE, envelope.request_id)
                else:
                    reply = self._run(handler, envelope)
            finally:
                running.discard(connection)
            self._send(connection, reply, envelope.request_id)

    def _run(self, handler: Handler, envelope: Envelope) -> Reply:
        try:
            return handler(envelope)
        except Exception:  # The last resort of a call's thread: a broken call gets an answer all the same.
            self._logger.exception("The handler of the bus failed on request %s", envelope.request_id)
            return error_reply(PlatypushError(), envelope.request_id)

    def _send(self, connection: socket.socket, reply: Reply, request_id: str | None = None) -> None:
        try:
            buffers = encode_reply(reply, self._max_frame)
        except TooLarge as error:
            failure = ActionFailed(f"The request ran, but its answer is too large: {error}")
            buffers = encode_reply(error_reply(failure, request_id), self._max_frame)
        for buffer in buffers:
            connection.sendall(buffer, socket.MSG_NOSIGNAL)


_NEVER_LATE = TimeLimit("The time limit was over before the request could start. It did not run.")


def _hung_up(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, _PEEK)
    except BlockingIOError:
        return False


def _turn_away(connection: socket.socket, greeting: bytes) -> None:
    with connection:
        try:
            connection.sendall(greeting, socket.MSG_NOSIGNAL)
        except OSError:
            return  # gone already


def _shut(connection: socket.socket, how: int) -> None:
    try:
        connection.shutdown(how)
    except OSError:
        return  # gone already
