"""The daemon's side of streams: a unix socket, and a thread for each viewer."""

from __future__ import annotations

import logging
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from platypush._lib.calls import in_call
from platypush.bus.listening import listen, peer_user, remove_socket
from platypush.bus.replies import error_reply
from platypush.errors import Busy, Forbidden, NotFound, PlatypushError, TimeLimit
from platypush.message.envelope import Principal
from platypush.streams import EndOfStream, Opener, Source, StreamRequest, permission_of
from platypush.streams.protocol import HEARTBEAT, MAX_LINE, decode_request, encode_item, encode_ok, encode_refusal

__all__ = ["StreamServer"]

_GREETING_SECONDS = 5.0
_TICK = 0.5
"""Seconds after which each viewer's thread looks whether it is still wanted."""
_SEND_BUFFER = 64 * 1024
"""Bytes that wait in the kernel for a worker: what is in there is old when a slow viewer gets it."""
_LONGEST_WAIT = 60.0
_LOOK_AFTER = struct.pack("@ll", 0, 500_000)
"""As ``SO_RCVTIMEO`` takes it: how often somebody looks whether the socket's file is still there."""


class _Connection:
    """A viewer's connection, and what serves him."""

    __slots__ = ("_source", "ended", "endless", "name", "socket")

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.name = ""
        self.endless = False
        self.ended = threading.Event()
        self._source: Source | None = None

    def serve_from(self, request: StreamRequest, source: Source) -> None:
        """Note where the items come from, so that ``end`` reaches it."""
        self.name, self.endless, self._source = request.stream, not request.single, source
        if self.ended.is_set():
            source.close()

    def end(self) -> None:
        """Have the thread that serves this connection return. From any thread."""
        self.ended.set()
        if self._source is not None:
            self._source.close()
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # gone already


class StreamServer:
    """Serves streams at the socket ``path``, and is where plugins offer them (``StreamOffers``).

    Args:
        path: where to listen; the file has mode 0600.
        authorise: raises what the policy says against a principal's wish.
        missing: called with the name of a stream that nobody offers; raises the reason, when there is one.
        max_viewers: connections at once; one more is answered 503 ``busy``.
        send_timeout: seconds in which a viewer has to take an item.
        heartbeat: seconds without an item after which a sign of life is sent.
        allowed_uids: user ids served beside the daemon's own and root.
    """

    def __init__(
        self,
        path: Path,
        *,
        authorise: Callable[[Principal | None, str], None],
        missing: Callable[[str], object] = lambda _: None,
        max_viewers: int = 256,
        send_timeout: float = 10.0,
        heartbeat: float = 2.0,
        allowed_uids: Iterable[int] = (),
        logger: logging.Logger | None = None,
    ) -> None:
        self._path = path
        self._authorise = authorise
        self._missing = missing
        self._max_viewers = max_viewers
        self._send_timeout = send_timeout
        self._heartbeat = heartbeat
        self._allowed = frozenset({os.geteuid(), 0, *allowed_uids})
        self._logger = logger or logging.getLogger(__name__)
        self._lock = threading.Lock()
        self._offers: dict[str, Opener] = {}
        self._connections: set[_Connection] = set()
        self._empty = threading.Condition(self._lock)
        self._listener: socket.socket | None = None
        self._inode = 0
        self._accepting: threading.Thread | None = None
        self._stopping = False

    @property
    def viewers(self) -> int:
        """Connections that are open now."""
        return len(self._connections)

    def offer(self, name: str, opener: Opener) -> None:
        """See ``StreamOffers.offer``."""
        with self._lock:
            self._offers[name] = opener
        self._end(name)

    def withdraw(self, name: str) -> None:
        """See ``StreamOffers.withdraw``."""
        with self._lock:
            self._offers.pop(name, None)
        self._end(name)

    @contextmanager
    def sending_away(self) -> Iterator[None]:
        """For the time of the block send away, again and again, whoever watches: the workers that serve them shall end.

        Single items are still given.
        """
        over = threading.Event()

        def send_away() -> None:
            while not over.is_set():
                for connection in self._snapshot():
                    if connection.endless:
                        connection.end()
                over.wait(_TICK)

        thread = threading.Thread(target=send_away, name="streams-sending-away", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def start(self) -> None:
        """Listen and serve in threads of its own. Raises OSError or ValueError when it cannot listen."""
        self._listener = listen(self._path, self._max_viewers)
        self._inode = self._path.stat().st_ino
        self._stopping = False
        self._accepting = threading.Thread(target=self._accept, name="streams-accept", daemon=True)
        self._accepting.start()

    def stop(self, grace: float = 2.0) -> None:
        """Take no more viewers, send away those who are there, and wait up to ``grace`` seconds for their threads."""
        with self._lock:
            listener, self._listener = self._listener, None
            self._stopping = True
        if listener is None:
            return
        remove_socket(self._path, self._inode)
        listener.shutdown(socket.SHUT_RDWR)
        if self._accepting is not None:
            self._accepting.join()
        listener.close()
        self._end(None)
        deadline = time.monotonic() + grace
        with self._empty:
            while self._connections and (left := deadline - time.monotonic()) > 0:
                self._empty.wait(left)
            if self._connections:
                self._logger.warning("%d streams did not end within %.0f s", len(self._connections), grace)

    def _end(self, name: str | None) -> None:
        for connection in [one for one in self._snapshot() if name in (None, one.name)]:
            connection.end()

    def _snapshot(self) -> list[_Connection]:
        with self._lock:
            return list(self._connections)

    def _accept(self) -> None:
        # The socket is shut to end this thread, so no lock is needed to read it.
        while (listener := self._listener) is not None:
            # Not settimeout(): a non-blocking accept does not notice that the socket was shut.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _LOOK_AFTER)
            try:
                connected, _ = listener.accept()
            except BlockingIOError:
                self._find_again(listener)
                continue
            except OSError as error:
                if self._stopping:
                    return
                self._logger.error("A viewer's connection cannot be accepted: %s", error)
                time.sleep(_TICK)
                continue
            self._admit(connected)

    def _find_again(self, listener: socket.socket) -> None:
        """Listen anew when somebody removed the socket's file, and no worker could find the daemon any more."""
        if self._path.exists():
            return
        with self._lock:
            if self._stopping:
                return
            try:
                self._listener = listen(self._path, self._max_viewers)
                self._inode = self._path.stat().st_ino
            except (OSError, ValueError) as error:
                self._logger.debug("The socket for streams cannot be made again: %s", error)
                return
        listener.close()
        self._logger.warning("Somebody removed the socket for streams %s; it is there again", self._path)

    def _admit(self, connected: socket.socket) -> None:
        connected.settimeout(_GREETING_SECONDS)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        user = peer_user(connected)
        if user not in self._allowed:
            self._logger.warning("Refused a process of user id %d at the socket for streams", user)
            _refuse(connected, Forbidden(f"Streams are not served to user id {user}."))
            return
        connection = _Connection(connected)
        with self._lock:
            full = len(self._connections) >= self._max_viewers
            if not full:
                self._connections.add(connection)
        if full:
            _refuse(connected, Busy(f"{self._max_viewers} streams are watched, which is the limit. Try again later."))
            return
        thread = threading.Thread(target=self._serve, args=(connection,), name="stream", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._logger.error("No thread can be started for a viewer: %s", error)
            self._forget(connection)
            _refuse(connected, Busy())

    def _forget(self, connection: _Connection) -> None:
        with self._empty:
            self._connections.discard(connection)
            self._empty.notify_all()

    def _serve(self, connection: _Connection) -> None:
        try:
            with connection.socket as connected:
                self._serve_request(connection, connected)
        except (OSError, EndOfStream, PlatypushError) as error:
            self._logger.debug("A stream ended: %r", error)
        except Exception:  # boundary: top of a thread that runs a plugin's own code
            self._logger.exception("The stream %s failed", connection.name)
        finally:
            self._forget(connection)

    def _serve_request(self, connection: _Connection, connected: socket.socket) -> None:
        line = _read_line(connected)
        if not line:
            return
        request_id = None
        with ExitStack() as taken:
            try:
                request = decode_request(line)
                request_id = request.request_id
                with in_call(request.request_id, request.time_left):
                    self._authorise(request.principal, permission_of(request.stream))
                    source = self._opener(request.stream)(request)
                taken.callback(source.close)
                connection.serve_from(request, source)
                first = self._first(connection, request, source)
            except PlatypushError as error:
                connected.sendall(encode_refusal(error_reply(error, request_id)))
            except (EndOfStream, OSError):
                raise
            except Exception:  # boundary: a plugin's own code; the viewer gets an answer all the same
                self._logger.exception("A stream cannot be opened")
                connected.sendall(encode_refusal(error_reply(PlatypushError(), request_id)))
            else:
                self._serve_items(connection, request, source, first)

    def _opener(self, name: str) -> Opener:
        opener = self._offers.get(name)
        if opener is None:
            self._missing(name)
            raise NotFound(f"{name} offers no stream.")
        return opener

    def _serve_items(self, connection: _Connection, request: StreamRequest, source: Source, first: bytes) -> None:
        connected = connection.socket
        # Whoever does not take an item in this time is gone, or as good as gone.
        connected.settimeout(self._send_timeout)
        connected.sendall(encode_ok(source.content_type))
        item: bytes | None = first
        last = time.monotonic()
        while not connection.ended.is_set():
            if item is not None:
                for buffer in encode_item(item):
                    connected.sendall(buffer)
                last = time.monotonic()
                if request.single:
                    return
            elif _hung_up(connected):
                return
            elif time.monotonic() - last >= self._heartbeat:
                connected.sendall(HEARTBEAT)
                last = time.monotonic()
            item = source.next(_TICK)

    @staticmethod
    def _first(connection: _Connection, request: StreamRequest, source: Source) -> bytes:
        deadline = time.monotonic() + min(request.time_left, _LONGEST_WAIT)
        while (left := deadline - time.monotonic()) > 0:
            item = source.next(min(left, _TICK))
            if item is not None:
                return item
            if connection.ended.is_set() or _hung_up(connection.socket):
                raise EndOfStream
        raise TimeLimit(f"{request.stream} gave nothing within {request.time_left:.0f} s.")


def _read_line(connected: socket.socket) -> bytes:
    """The first line, without its end; empty when the other side sent none. Raises OSError."""
    data = bytearray()
    while not data.endswith(b"\n"):
        chunk = connected.recv(MAX_LINE)
        if not chunk or len(data) + len(chunk) > MAX_LINE:
            return b""
        data += chunk
    return bytes(data[:-1])


def _hung_up(connected: socket.socket) -> bool:
    """Whether the worker closed its end: it sends nothing behind its request, so whatever there is to read is that."""
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


def _refuse(connected: socket.socket, error: PlatypushError) -> None:
    with connected:
        try:
            connected.sendall(encode_refusal(error_reply(error)))
        except OSError:
            return  # gone already
