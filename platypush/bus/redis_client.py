"""The Redis bus's side of a worker, under threads and under gevent alike.

A call is three commands on one connection: the request is stored under its id, the id goes to the daemon's queue, and
the client waits for the answer. Whether a call ran is never guessed. Until the daemon takes the request it lies in
Redis, and deleting it is the proof that it did not and will not run. Once it is taken there is an answer, or a sign of
life every second; without either, and also when the connection breaks, it is ``AnswerLost``.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import Any

from platypush.bus.framing import MAX_FRAME, FrameError, decode_reply, encode_request, read_frame
from platypush.bus.redis_link import BLOCK_SECONDS, Link, LinkBroken
from platypush.bus.redis_wire import LOST, NO_EPOCH, STALE, Answer, Keys, Sealer, new_call
from platypush.errors import AnswerLost, BusUnavailable, TimeLimit
from platypush.message.envelope import Envelope, Reply
from platypush.outgoing.redis import RedisServer

__all__ = ["RedisBusClient"]

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.5
_FIRST_BLOCK = 0.5
_SHORTEST_BLOCK = 0.001
_RETRY_AFTER = 5.0
_KEPT_LONGER = 2.0
"""Seconds that Redis keeps a request beyond the time at which its client takes it back: for clients that died."""
_NEXT_SIGN = 3.0
"""Seconds within which a request that was taken shows another sign of life, also when Redis's clock was set."""


class RedisBusClient:
    """Calls the daemon that serves the same Redis with the same key; implements ``BusClient``.

    Safe for many threads or greenlets at once, and after a fork (the child opens connections of its own).

    Args:
        server: where Redis is.
        secret: the key that the daemon and its workers share.
        wait: seconds to wait for a daemon, or a Redis, that is away.
        max_frame: bytes of a message, in either direction.
        margin: seconds granted beyond ``time_left``, so that the daemon's own answer about the time wins.
        idle: seconds after which an unused connection is closed, at the next call.
        max_idle: connections kept for later calls.
    """

    def __init__(
        self,
        server: RedisServer,
        secret: bytes,
        *,
        wait: float = 5.0,
        max_frame: int = MAX_FRAME,
        margin: float = 0.25,
        idle: float = 10.0,
        max_idle: int = 1024,
    ) -> None:
        self._server = server
        self._keys = Keys(secret)
        self._sealer = Sealer(secret)
        self._wait = wait
        self._max_frame = max_frame
        self._margin = margin
        self._idle_seconds = idle
        self._max_idle = max_idle
        self._epoch = NO_EPOCH
        self._pid = os.getpid()
        # append, pop and popleft of a deque are atomic: no lock is taken for a call.
        self._idle: deque[Link] = deque()

    def call(self, envelope: Envelope) -> Reply:
        """Send ``envelope`` and wait for its reply; see ``BusClient.call``."""
        if envelope.time_left <= 0:
            raise TimeLimit("The time limit was over before the request could be sent. It did not run.")
        encode_request(envelope, envelope.time_left, self._max_frame)
        if os.getpid() != self._pid:
            self._leave_to_parent()
        started = time.monotonic()
        give_up = started + min(self._wait, envelope.time_left)
        while True:
            link = self._link(give_up)
            call = _Call(self._keys, link, new_call(), give_up, started + envelope.time_left + self._margin)
            answer = self._exchange(call, envelope, started)
            self._keep(link)
            self._epoch = answer.epoch
            if answer.kind == LOST:
                raise AnswerLost
            if answer.kind != STALE:
                return _reply(answer.frame, self._max_frame)
            if time.monotonic() >= give_up:
                raise self._unavailable(f"more than one daemon takes requests at {self._server.name}")

    def close(self) -> None:
        """Close idle connections. Calls under way end by themselves."""
        while self._idle:
            try:
                link = self._idle.pop()
            except IndexError:
                return
            link.close()

    def _exchange(self, call: _Call, envelope: Envelope, started: float) -> Answer:
        now = time.monotonic()
        ttl = int((max(call.give_up - now, 0.0) + _KEPT_LONGER) * 1000)
        frame = encode_request(envelope, envelope.time_left - (now - started), self._max_frame)
        try:
            data = call.run(self._sealer.request(call.id, self._epoch, ttl, frame), ttl)
        except LinkBroken as error:
            if error.refused:
                raise self._unavailable(str(error)) from error
            raise AnswerLost(f"{AnswerLost.default_message} ({error})") from error
        except _NotTakenError:
            self._keep(call.link)
            if envelope.time_left <= self._wait:
                raise TimeLimit("The daemon did not take the request within the time limit. It did not run.") from None
            raise self._unavailable(
                f"nobody takes requests at {self._server.name}: the daemon is away, or has another key"
            ) from None
        except TimeLimit:
            self._keep(call.link)
            raise
        except BaseException:  # undone, and raised again
            # A greenlet that was killed: the connection waits for an answer.
            call.link.close()
            raise
        answer = self._sealer.open_answer(call.id, data)
        if answer is None:
            call.link.close()
            raise AnswerLost(
                f"{AnswerLost.default_message} (An answer at {self._server.name} had a wrong signature: somebody else "
                "writes there.)"
            )
        return answer

    def _leave_to_parent(self) -> None:
        # Not closed: the library would shut the parent's connection down.
        self._pid = os.getpid()
        self._idle.clear()

    def _link(self, give_up: float) -> Link:
        while True:
            try:
                link = self._idle.pop()
            except IndexError:
                return self._connect(give_up)
            if link.usable():
                return link
            link.close()

    def _connect(self, give_up: float) -> Link:
        pause = _FIRST_PAUSE
        while True:
            try:
                return Link(self._server)
            except LinkBroken as error:
                if time.monotonic() + pause >= give_up:
                    raise self._unavailable(str(error)) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _unavailable(self, reason: str) -> BusUnavailable:
        return BusUnavailable(f"{BusUnavailable.default_message} ({reason})", retry_after=_RETRY_AFTER)

    def _keep(self, link: Link) -> None:
        idle = self._idle
        now = link.idle_since = time.monotonic()
        if len(idle) < self._max_idle:
            idle.append(link)
        else:
            link.close()
        try:
            # What is left over from a burst lies at the bottom; one for each call is soon all of it.
            oldest = idle.popleft()
        except IndexError:  # others took what there was
            return
        if now - oldest.idle_since > self._idle_seconds:
            oldest.close()
        else:
            idle.appendleft(oldest)


class _NotTakenError(Exception):
    """The daemon did not take the request, and now it never will."""


class _Call:
    """One request on its way, over a link of its own until it ends."""

    __slots__ = ("_block", "_deadline", "_keys", "_sign_by", "_taken", "give_up", "id", "link")

    def __init__(self, keys: Keys, link: Link, call: bytes, give_up: float, deadline: float) -> None:
        """``give_up`` and ``deadline`` are monotonic times: for being taken, and for the answer."""
        self._keys = keys
        self.link = link
        self.id = call
        self.give_up = give_up
        self._deadline = deadline
        self._block = _FIRST_BLOCK
        self._taken = False
        self._sign_by = 0.0

    def run(self, request: bytes, ttl: int) -> bytes:
        """The sealed answer. Raises LinkBroken (``refused``: the request is not in Redis), AnswerLost, and with a link
        that can be used again _NotTakenError and TimeLimit."""
        link, keys, call = self.link, self._keys, self.id
        answer = keys.answer(call)
        link.send(
            (b"SET", keys.request(call), request, b"PX", ttl), (b"RPUSH", keys.queue, call), self._wait_for(answer)
        )
        link.receive()
        link.receive()
        while True:
            popped = link.receive()
            if popped is not None:
                data: bytes = popped[1]
                return data
            left = self._look()
            if left is not None:
                return left
            link.send(self._wait_for(answer))

    def _wait_for(self, answer: bytes) -> tuple[bytes, bytes, str]:
        until = self._deadline if self._taken else min(self.give_up, self._deadline)
        block = max(min(until - time.monotonic(), self._block), _SHORTEST_BLOCK)
        self._block = BLOCK_SECONDS
        return b"BLPOP", answer, f"{block:.3f}"

    def _look(self) -> bytes | None:
        """What became of the request, when there was no answer for a while; the answer, when it came just now."""
        if not self._taken:
            self._look_whether_taken()
            return None
        now = time.monotonic()
        if self._ask(b"EXISTS", self._keys.life(self.id)):
            self._sign_by = now + _NEXT_SIGN
        elif now > self._sign_by:
            left: bytes | None = self._ask(b"LPOP", self._keys.answer(self.id))
            if left is None:
                raise AnswerLost
            return left
        if now >= self._deadline:
            raise TimeLimit
        return None

    def _look_whether_taken(self) -> None:
        request, queue = self._keys.request(self.id), self._keys.queue
        now = time.monotonic()
        if now < self.give_up:
            # Once more: a daemon that ended may have taken the id, and with it nothing else, out of the queue.
            there, _ = self._ask_all((b"EXISTS", request), (b"RPUSH", queue, self.id))
            waits = there == 1
        else:
            deleted, _ = self._ask_all((b"DEL", request), (b"LREM", queue, 0, self.id))
            if deleted == 1:
                raise _NotTakenError
            waits = False
        if not waits:
            self._taken = True
            self._sign_by = now + _NEXT_SIGN
            if now >= self._deadline:
                raise TimeLimit

    def _ask(self, *command: object) -> Any:
        return self._ask_all(command)[0]

    def _ask_all(self, *commands: tuple[object, ...]) -> list[Any]:
        try:
            return self.link.ask(*commands)
        except LinkBroken as error:
            # Refused or not, the request lies in Redis.
            raise LinkBroken(str(error)) from error


def _reply(frame: bytes, max_frame: int) -> Reply:
    try:
        header, body = read_frame(frame, lambda _: b"", max_frame)
        return decode_reply(header, body)
    except FrameError as error:
        raise AnswerLost from error
