"""Streams: what cannot be a request and its reply, from the daemon to a worker and so to a viewer.

The named exception to the bus. A plugin offers a stream by name (``camera.ffmpeg``); a worker that has authorised
somebody opens a connection for each viewer and gets items (pictures), for as long as both sides want.

* A viewer who is slow misses items: the newest one counts. He slows nobody down, and nothing queues up for him.
* A viewer who is gone, or takes nothing any more, is noticed within seconds.
* The daemon applies the authorisation policy itself, as for every message.

``protocol`` describes the bytes, ``server`` is the daemon's side, ``client`` the worker's, ``broadcast`` what a plugin
offers from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from platypush._lib.ids import new_id
from platypush.message.envelope import Principal

__all__ = ["EndOfStream", "Opener", "Source", "StreamOffers", "StreamRequest", "permission_of", "socket_beside"]

_SOCKET = "streams.sock"


class EndOfStream(Exception):
    """There will be no more items: the source was closed, or the other side went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRequest:
    """Who wants which stream. ``args`` come from outside: whoever offers the stream checks them."""

    stream: str
    args: Mapping[str, Any] = field(default_factory=dict)
    single: bool = False
    """Only one item is wanted, as it is now: a photo."""
    principal: Principal | None = None
    time_left: float = 10.0
    """Seconds until the first item has to be there."""
    request_id: str = field(default_factory=new_id)


class Source(Protocol):
    """The items for one viewer. ``next`` is called by one thread, ``close`` by any."""

    content_type: str
    """Of each item, such as ``image/jpeg``."""

    def next(self, seconds: float) -> bytes | None:
        """The newest item that this viewer has not had; None when there was none for ``seconds``.

        Raises EndOfStream, or a PlatypushError when nothing can be expected now.
        """

    def close(self) -> None:
        """Give everything back that was taken for this viewer; ``next`` raises EndOfStream from then on."""


Opener = Callable[[StreamRequest], Source]
"""Makes the source for a viewer, without waiting for its first item. Raises PlatypushError."""


class StreamOffers(Protocol):
    """Where plugins offer streams. Any thread."""

    def offer(self, name: str, opener: Opener) -> None:
        """Have viewers of ``name`` served by ``opener``. Those of an earlier offer of that name are sent away."""

    def withdraw(self, name: str) -> None:
        """Take the offer back and end the streams of its viewers, who may come again. Nothing happens without one."""


def permission_of(stream: str) -> str:
    """What a principal needs to watch ``stream``: ``camera:ir.mlx90640`` for ``camera.ir.mlx90640``."""
    return stream.replace(".", ":", 1)


def socket_beside(bus: Path) -> Path:
    """Where streams are served: beside the bus, so that whoever reaches one reaches the other."""
    return bus.with_name(_SOCKET)
