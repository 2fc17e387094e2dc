"""What the Redis bus keeps in Redis, as pure functions over bytes: names of keys, sealed requests and answers.

Whoever reaches Redis can write anything there, so both are signed with a key that the daemon and its workers share
(HMAC-SHA256, RFC 2104), together with the id of their call: an answer fits no other call.

A signature says who made a request, and not that it is a new one. So each also names the *epoch* of the daemon that it
is for: a random number that a daemon replaces every half minute. What names none of the last two is sent back unrun,
with the present one; what names one of these runs once, because a daemon remembers the ids of both.
"""

from __future__ import annotations

import hmac
import os
import struct
import threading
import time
from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

__all__ = [
    "ANSWER",
    "LOST",
    "NO_EPOCH",
    "STALE",
    "Admission",
    "Answer",
    "Epochs",
    "Keys",
    "Sealed",
    "Sealer",
    "new_call",
]

ANSWER = b"A"
"""The answer of the handler."""
STALE = b"S"
"""The request names an epoch that is over: it did not run, and may be sent again with the one that comes with this."""
LOST = b"L"
"""The daemon ends before the handler has answered."""

NO_EPOCH = bytes(8)
"""For a client that has not had an answer yet."""

_SIGNATURE = 32
_EPOCH = 8
_TTL = struct.Struct("!I")
_REQUEST_HEAD = _SIGNATURE + _EPOCH + _TTL.size
_ANSWER_HEAD = _SIGNATURE + _EPOCH + 1
_ID = 32
_EPOCH_SECONDS = 30.0


def new_call() -> bytes:
    """An id that nobody can guess, as 32 hexadecimal digits."""
    return os.urandom(_ID // 2).hex().encode()


class Keys:
    """The names of what one hub has in Redis. They follow from the shared key, so that hubs on one Redis never meet."""

    def __init__(self, secret: bytes) -> None:
        name = hmac.digest(secret, b"name", "sha256")[:8].hex()
        self._base = f"platypush/hub/{name}/".encode()
        self.queue = self._base + b"calls"
        """List of the ids of calls that wait for the daemon."""

    def request(self, call: bytes) -> bytes:
        """Text: the sealed request, until the daemon takes it. Whoever deletes it decides: the daemon, that it runs, or
        the client, that it does not."""
        return self._base + b"request/" + call

    def answer(self, call: bytes) -> bytes:
        """List of one: the sealed answer."""
        return self._base + b"answer/" + call

    def life(self, call: bytes) -> bytes:
        """There while the daemon works on the call; only for calls that take longer than a second."""
        return self._base + b"running/" + call

    @staticmethod
    def is_call(value: bytes) -> bool:
        """Whether what was in the queue can be an id."""
        return len(value) == _ID and value.isalnum()


class Sealed(NamedTuple):
    """A request whose signature is right. ``ttl``: seconds that Redis kept it for, when it was sent."""

    epoch: bytes
    ttl: float
    frame: bytes


class Answer(NamedTuple):
    """An answer whose signature is right."""

    kind: bytes
    epoch: bytes
    frame: bytes


class Sealer:
    """Signs and checks with one key."""

    def __init__(self, secret: bytes) -> None:
        self._requests = hmac.digest(secret, b"requests", "sha256")
        self._answers = hmac.digest(secret, b"answers", "sha256")

    def request(self, call: bytes, epoch: bytes, ttl: int, frame: Iterable[bytes]) -> bytes:
        """The request ``frame`` of ``call``, which Redis keeps for ``ttl`` milliseconds."""
        signed = b"".join((epoch, _TTL.pack(ttl), *frame))
        return _sign(self._requests, call, signed) + signed

    def open_request(self, call: bytes, data: bytes) -> Sealed | None:
        """The inverse of ``request``; None when the signature is wrong."""
        signed = memoryview(data)[_SIGNATURE:]
        if len(data) < _REQUEST_HEAD or not hmac.compare_digest(data[:_SIGNATURE], _sign(self._requests, call, signed)):
            return None
        (ttl,) = _TTL.unpack_from(signed, _EPOCH)
        return Sealed(bytes(signed[:_EPOCH]), ttl / 1000, data[_REQUEST_HEAD:])

    def answer(self, call: bytes, kind: bytes, epoch: bytes, frame: Iterable[bytes] = ()) -> bytes:
        """An answer to ``call``."""
        signed = b"".join((epoch, kind, *frame))
        return _sign(self._answers, call, signed) + signed

    def open_answer(self, call: bytes, data: bytes) -> Answer | None:
        """The inverse of ``answer``; None when the signature is wrong."""
        signed = memoryview(data)[_SIGNATURE:]
        if len(data) < _ANSWER_HEAD or not hmac.compare_digest(data[:_SIGNATURE], _sign(self._answers, call, signed)):
            return None
        return Answer(data[_ANSWER_HEAD - 1 : _ANSWER_HEAD], bytes(signed[:_EPOCH]), data[_ANSWER_HEAD:])


class Admission(Enum):
    """What becomes of a request whose signature is right."""

    RUN = "run"
    STALE = "stale"
    SEEN = "seen"


class Epochs:
    """A daemon's epochs with the ids of their calls. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._since = monotonic()
        self._current: tuple[bytes, set[bytes]] = (os.urandom(_EPOCH), set())
        self._previous: tuple[bytes, set[bytes]] = (os.urandom(_EPOCH), set())

    @property
    def current(self) -> bytes:
        """What goes out with each answer."""
        return self._current[0]

    def admit(self, epoch: bytes, call: bytes) -> Admission:
        """Whether the request of ``call`` may run, which it may once."""
        with self._lock:
            now = self._monotonic()
            if now - self._since >= _EPOCH_SECONDS:
                self._since = now
                self._previous, self._current = self._current, (os.urandom(_EPOCH), set())
            for known, calls in (self._current, self._previous):
                if known == epoch:
                    if call in calls:
                        return Admission.SEEN
                    calls.add(call)
                    return Admission.RUN
            return Admission.STALE


def _sign(key: bytes, call: bytes, signed: bytes | memoryview) -> bytes:
    if len(signed) <= 2048:
        return hmac.digest(key, call + signed, "sha256")
    made = hmac.new(key, call, "sha256")
    made.update(signed)
    return made.digest()
