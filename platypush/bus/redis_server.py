"""The Redis bus's side of the daemon.

Threads with a connection each wait for the queue, together; the one that gets an id takes the request, runs the
handler itself and sends the answer. There are always some that wait, up to the limit of calls; those left over from a
burst end. An id out of the queue is worth nothing by itself: a call runs for whoever deletes its request, so a
connection may be closed at any time.

Without Redis all threads end that have no call, but one, which looks for it again and again.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import NamedTuple

from platypush._lib.presence import Presence
from platypush.bus import Handler
from platypush.bus.framing import MAX_FRAME, FrameError, decode_request, encode_reply, read_frame
from platypush.bus.redis_link import BLOCK_SECONDS, Link, LinkBroken
from platypush.bus.redis_wire import ANSWER, LOST, STALE, Admission, Epochs, Keys, Sealed, Sealer
from platypush.bus.replies import error_reply
from platypush.bus.scheduling import let_callers_finish
from platypush.errors import ActionFailed, Busy, PlatypushError, TimeLimit, TooLarge
from platypush.message.envelope import Envelope, Reply
from platypush.outgoing.redis import RedisServer

__all__ = ["RedisBusServer"]

_STACK_LOCK = threading.Lock()
_STACK = 1024 * 1024
_SPARE = 4
_MOST_SPARE = 16
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
_STEADY = 1.0
_BEAT = 1.0
_ENDING = 1.0
_LIFE = 4000
_ANSWER_KEPT = 30_000
_OVERHEAD = 4096
_WARN_EVERY = 60.0


class _Done(NamedTuple):
    """A call with its sealed answer."""

    call: bytes
    data: bytes


class RedisBusServer:
    """Serves the calls that lie in Redis; implements ``BusServer``.

    Args:
        server: where Redis is.
        secret: the key that the daemon and its workers share.
        max_calls: calls at once; one more is answered 503 ``busy`` without running.
        max_frame: bytes of a message, in either direction.
        logger: where Redis's absence and forged messages are reported.
    """

    def __init__(
        self,
        server: RedisServer,
        secret: bytes,
        *,
        max_calls: int = 1024,
        max_frame: int = MAX_FRAME,
        logger: logging.Logger | None = None,
    ) -> None:
        self._server = server
        self._keys = Keys(secret)
        self._sealer = Sealer(secret)
        self._max_calls = max_calls
        self._max_frame = max_frame
        self._logger = logger or logging.getLogger(__name__)
        self._presence = Presence(self._logger, f"The bus's {server.name}")
        self._epochs = Epochs()
        self._changed = threading.Condition()
        self._threads = 0
        self._waiting: set[Link] = set()
        self._coming = 0
        """Threads that were started and do not wait yet."""
        self._running: dict[bytes, float] = {}
        """Calls under way, with the monotonic time at which they were taken."""
        self._stop = threading.Event()
        self._warned = -_WARN_EVERY

    @property
    def calls(self) -> int:
        """Calls that run now."""
        return len(self._running)

    @property
    def connections(self) -> int:
        """Threads with a connection."""
        return self._threads

    @property
    def reason(self) -> str | None:
        """Why no call can arrive now; None when Redis is there."""
        return self._presence.reason

    def start(self, handler: Handler) -> None:
        """Serve in threads of its own, as soon as Redis is there. Returns at once."""
        self._stop.clear()
        threading.Thread(target=self._show_life, name="bus-redis-life", daemon=True).start()
        with self._changed:
            self._add_thread(handler)

    def stop(self, grace: float) -> None:
        """Take no new calls, let those under way finish for ``grace`` seconds, then tell their callers that the answer
        is lost. From any thread, once."""
        if self._stop.is_set():
            return
        self._stop.set()
        with self._changed:
            for link in self._waiting:
                link.close()
            ended = self._changed.wait_for(lambda: not self._running, grace)
            left = list(self._running)
            self._running.clear()
            self._changed.wait_for(lambda: self._threads <= len(left), _ENDING)
        if not ended:
            self._logger.warning("%d calls did not finish within %.0f s and are abandoned", len(left), grace)
            self._give_up(left)

    def _add_thread(self, handler: Handler) -> None:
        """Under the lock."""
        thread = threading.Thread(target=self._serve, args=(handler,), name="bus-redis", daemon=True)
        try:
            with _STACK_LOCK:
                previous = threading.stack_size(_STACK)
                try:
                    thread.start()
                finally:
                    threading.stack_size(previous)
        except RuntimeError as error:
            self._logger.error("The bus cannot start a thread: %s", error)
            return
        self._threads += 1
        self._coming += 1

    def _serve(self, handler: Handler) -> None:
        """The life of a thread."""
        let_callers_finish()
        pause = _FIRST_PAUSE
        coming = True
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                link = Link(self._server)
                with self._changed:
                    self._coming -= coming
                    coming = False
                self._serve_link(link, handler)
                break
            except LinkBroken as error:
                if self._stop.is_set():
                    break
                if time.monotonic() - began > _STEADY and not error.refused:
                    pause = _FIRST_PAUSE
                    continue  # perhaps only this connection broke
                self._presence.lost(str(error))
            with self._changed:
                if self._threads - len(self._running) > 1:
                    break
            self._stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        with self._changed:
            self._coming -= coming
            self._threads -= 1
            self._changed.notify_all()

    def _serve_link(self, link: Link, handler: Handler) -> None:
        """Serve calls until there are enough other threads, or the bus stops. Raises LinkBroken."""
        # At first only a moment: when that works Redis is there, and lets us do what we need.
        block = "0.01"
        done: _Done | None = None
        try:
            while self._goes_on():
                # The answer to one call and the wait for the next are one step: each costs two changes of threads.
                self._send(link, done, (b"BLPOP", self._keys.queue, block))
                try:
                    if not self._begin_waiting(link):
                        return
                    popped = link.receive()
                    if self._presence.reason is not None:
                        self._presence.found()
                except Exception:  # boundary: the library, whose connection was taken away
                    if self._stop.is_set():  # ``stop`` closed the connection: whatever the library makes of that
                        return
                    raise
                finally:
                    with self._changed:
                        self._waiting.discard(link)
                        self._top_up(handler)
                block = f"{BLOCK_SECONDS:g}"
                done = None
                if popped is not None and Keys.is_call(popped[1]):
                    done = self._take(link, popped[1], handler)
            self._send(link, done)
        finally:
            link.close()

    def _goes_on(self) -> bool:
        return not self._stop.is_set() and len(self._waiting) < _MOST_SPARE

    def _begin_waiting(self, link: Link) -> bool:
        """Whether ``stop`` may close the connection from now on; False when the bus has stopped."""
        with self._changed:
            if not self._stop.is_set():
                self._waiting.add(link)
            return not self._stop.is_set()

    def _top_up(self, handler: Handler) -> None:
        """Have enough threads that wait, up to the limit. Under the lock."""
        missing = min(_SPARE - len(self._waiting) - self._coming, self._max_calls + _SPARE - self._threads)
        if missing > 0 and not self._stop.is_set() and self._presence.reason is None:
            for _ in range(missing):
                self._add_thread(handler)

    def _take(self, link: Link, call: bytes, handler: Handler) -> _Done | None:
        """Run a call out of the queue, unless it is not to run. Its answer; None when there is none."""
        key = self._keys.request(call)
        left, data, deleted = link.ask(
            (b"PTTL", key), (b"GETRANGE", key, 0, self._max_frame + _OVERHEAD), (b"DEL", key)
        )
        since = time.monotonic()
        if deleted != 1:
            return None  # taken back, too old, or taken by another thread
        sealed = self._sealer.open_request(call, data)
        if sealed is None:
            self._warn("a request whose signature is wrong")
            return None
        admission = self._epochs.admit(sealed.epoch, call)
        if admission is Admission.SEEN:
            self._warn("a request that has run before")
            return None
        if admission is Admission.STALE:
            return _Done(call, self._sealer.answer(call, STALE, self._epochs.current))
        self._running[call] = since
        try:
            reply, request_id = self._reply(sealed, left / 1000, since, handler)
            return _Done(call, self._sealed_reply(call, reply, request_id))
        except BaseException:  # undone, and raised again
            self._end(call)
            raise

    def _end(self, call: bytes) -> None:
        with self._changed:
            self._running.pop(call, None)
            if self._stop.is_set():
                self._changed.notify_all()

    def _reply(self, sealed: Sealed, left: float, since: float, handler: Handler) -> tuple[Reply, str | None]:
        try:
            header, body = read_frame(sealed.frame, lambda _: b"", self._max_frame)
            if len(header) + len(body) > self._max_frame:
                raise TooLarge(f"A message has {len(body)} bytes, and limits.bus_frame is {self._max_frame}.")
            envelope = decode_request(header, body, max(0.0, sealed.ttl - left) + time.monotonic() - since)
        except FrameError as error:
            self._warn(f"a request that cannot be read: {error}")
            return error_reply(PlatypushError()), None
        except TooLarge as error:
            return error_reply(error), None
        if len(self._running) > self._max_calls:
            return error_reply(Busy(retry_after=1), envelope.request_id), envelope.request_id
        if envelope.time_left <= 0:
            return error_reply(_NEVER_LATE, envelope.request_id), envelope.request_id
        return self._run(handler, envelope), envelope.request_id

    def _run(self, handler: Handler, envelope: Envelope) -> Reply:
        try:
            return handler(envelope)
        except Exception:  # The last resort of a call's thread: a broken call gets an answer all the same.
            self._logger.exception("The handler of the bus failed on request %s", envelope.request_id)
            return error_reply(PlatypushError(), envelope.request_id)

    def _sealed_reply(self, call: bytes, reply: Reply, request_id: str | None) -> bytes:
        try:
            buffers = encode_reply(reply, self._max_frame)
        except TooLarge as error:
            failure = ActionFailed(f"The request ran, but its answer is too large: {error}")
            buffers = encode_reply(error_reply(failure, request_id), self._max_frame)
        return self._sealer.answer(call, ANSWER, self._epochs.current, buffers)

    def _send(self, link: Link, done: _Done | None, *commands: tuple[object, ...]) -> None:
        """Send the answer to a call, over another connection when this one broke while the call ran, and ``commands``,
        whose replies are still to be received. Raises LinkBroken."""
        if done is None:
            if commands:
                link.send(*commands)
            return
        try:
            if self._stop.is_set() and done.call not in self._running:
                return  # given up: its caller was told
            answer = self._sending(done.call, done.data)
            try:
                link.send(*answer, *commands)
                for _ in answer:
                    link.receive()
            except LinkBroken:
                another = Link(self._server)
                try:
                    another.ask(*answer)
                finally:
                    another.close()
                raise
        finally:
            self._end(done.call)

    def _sending(self, call: bytes, data: bytes) -> tuple[tuple[object, ...], tuple[object, ...]]:
        key = self._keys.answer(call)
        return (b"RPUSH", key, data), (b"PEXPIRE", key, _ANSWER_KEPT)

    def _give_up(self, calls: list[bytes]) -> None:
        try:
            link = Link(self._server)
            try:
                for call in calls:
                    link.ask(*self._sending(call, self._sealer.answer(call, LOST, self._epochs.current)))
            finally:
                link.close()
        except LinkBroken as error:
            self._logger.warning("Their callers cannot be told: %s", error)

    def _show_life(self) -> None:
        """The life of the thread that shows clients that their calls are still worked on."""
        link: Link | None = None
        while not self._stop.wait(_BEAT):
            now = time.monotonic()
            calls = [call for call, since in tuple(self._running.items()) if now - since >= _BEAT]
            if not calls:
                continue
            try:
                link = link or Link(self._server)
                link.ask(*((b"SET", self._keys.life(call), b"1", b"PX", _LIFE) for call in calls))
            except LinkBroken:
                link = None  # the threads of the calls say it
        if link is not None:
            link.close()

    def _warn(self, what: str) -> None:
        now = time.monotonic()
        if now - self._warned >= _WARN_EVERY:
            self._warned = now
            self._logger.warning(
                "Dropped %s, from %s. Somebody else writes there, or a worker has another key. (Further ones within a "
                "minute are not logged.)",
                what,
                self._server.name,
            )


_NEVER_LATE = TimeLimit("The time limit was over before the request could start. It did not run.")
