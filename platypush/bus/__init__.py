"""The bus: the only link between the daemon and the processes that answer HTTP.

``platypush.bus.unix`` is the embedded default, ``platypush.bus.redis`` spans machines. Every implementation keeps this
contract:

* a call runs at most once; it is never sent again by itself;
* the time left travels with it, and a call that nobody waits for any more does not run;
* the answer's bytes are handed on as the daemon encoded them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from platypush.message.envelope import Envelope, Reply

__all__ = ["BusClient", "BusServer", "Handler"]

Handler = Callable[[Envelope], Reply]
"""Runs one envelope in the daemon. Called by many threads at once; never raises."""


class BusClient(Protocol):
    """The side of a worker or a command line. Safe for many threads or greenlets at once."""

    def call(self, envelope: Envelope) -> Reply:
        """Send ``envelope`` and wait for its reply.

        Waits up to the configured time for a daemon that is away. Raises BusUnavailable (not sent), AnswerLost
        (sent, no answer: it may have run), TimeLimit (``time_left`` is over), TooLarge.
        """

    def close(self) -> None:
        """Close idle connections. Calls under way end by themselves."""


class BusServer(Protocol):
    """The daemon's side."""

    @property
    def calls(self) -> int:
        """Calls that run now."""

    @property
    def connections(self) -> int:
        """Connections that are open now."""

    @property
    def reason(self) -> str | None:
        """Why no call can arrive now; None when they can."""

    def start(self, handler: Handler) -> None:
        """Listen and serve in threads of its own. Raises OSError when it cannot listen."""

    def stop(self, grace: float) -> None:
        """Take no new calls, let those under way finish for ``grace`` seconds, then close."""
