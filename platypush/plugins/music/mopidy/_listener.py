"""Mopidy's events: a websocket."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from platypush.errors import BadRequest, Unavailable
from platypush.message import decode
from platypush.outgoing.connect import connect as connect_socket
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.music._player import Listener, Snapshot, Status, Track
from platypush.plugins.music._values import with_stream_title

__all__ = ["MopidyListener"]

_PROOF = 10.0
"""Seconds between pings, and after which ``wait`` returns."""
_PATIENCE = 20.0
"""Seconds for the answer to a ping: while Mopidy asks a slow service for something it answers nobody."""
_MORE = 0.02
"""Seconds in which further events belong to the same change: Mopidy sends several for most."""
_LARGEST = 16 * 1024 * 1024
_EVENTS = frozenset(
    {
        "track_playback_paused",
        "track_playback_resumed",
        "track_playback_started",
        "track_playback_ended",
        "playback_state_changed",
        "tracklist_changed",
        "options_changed",
        "volume_changed",
        "mute_changed",
        "seeked",
        "stream_title_changed",
    }
)


class MopidyListener(Listener):
    """Tells when to look again. What there is to see comes from ``look``, over HTTP."""

    def __init__(self, url: str, timeout: float, look: Callable[[], tuple[Status, Track]], *, owner: str) -> None:
        """Connect. Raises Unavailable."""
        self._what = f"Mopidy at {url}"
        self._look = look
        self._seeked = False
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        try:
            raw = connect_socket(
                parts.hostname or "",
                parts.port or (443 if secure else 80),
                AllowedHosts((), urls=[url]),
                owner=owner,
                timeout=timeout,
            )
        except OSError as error:
            raise Unavailable(f"{self._what} cannot be reached: {error.strerror or error}") from error
        # A descriptor of its own for interrupt: TLS takes the first one over.
        self._socket = raw.dup()
        with contextlib.ExitStack() as stack:
            stack.callback(raw.close)
            stack.callback(self._socket.close)
            try:
                self._connection: ClientConnection = stack.enter_context(
                    connect(
                        f"{'wss' if secure else 'ws'}://{parts.netloc}/mopidy/ws",
                        sock=raw,
                        ssl=ssl.create_default_context() if secure else None,
                        proxy=None,
                        open_timeout=timeout,
                        close_timeout=1,
                        ping_interval=_PROOF,
                        ping_timeout=_PATIENCE,
                        max_size=_LARGEST,
                    )
                )
            except (OSError, WebSocketException) as error:
                raise Unavailable(f"{self._what} has no websocket: {error or type(error).__name__}") from error
            self._stack = stack.pop_all()

    def snapshot(self) -> Snapshot:
        seeked, self._seeked = self._seeked, False
        status, track = self._look()
        return Snapshot(status, with_stream_title(track), time.monotonic(), seeked)

    def wait(self) -> bool:
        seen = self._event(_PROOF)
        if seen:
            while self._event(_MORE) is not None:
                continue
        return bool(seen)

    def interrupt(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        # Nothing is said any more: a peer that does not answer would hold it up.
        self.interrupt()
        self._stack.close()

    def _event(self, seconds: float) -> bool | None:
        """Whether the next message says that something changed; None when there is none in time."""
        try:
            message = self._connection.recv(timeout=seconds)
        except TimeoutError:
            return None
        except (OSError, WebSocketException) as error:
            raise Unavailable(f"{self._what} ended the connection: {error or type(error).__name__}") from error
        name = _name(message)
        self._seeked = self._seeked or name == "seeked"
        return name in _EVENTS


def _name(message: Any) -> str:
    try:
        event = decode(message)
    except BadRequest:
        return ""
    return str(event.get("event", "")) if isinstance(event, dict) else ""
