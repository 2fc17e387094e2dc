"""Several buses as one."""

from __future__ import annotations

import threading

from platypush.bus import BusServer, Handler

__all__ = ["SeveralBuses"]


class SeveralBuses:
    """Serves the calls of several buses with one handler; implements ``BusServer``."""

    def __init__(self, *servers: BusServer) -> None:
        self._servers = servers

    @property
    def calls(self) -> int:
        """Calls that run now."""
        return sum(server.calls for server in self._servers)

    @property
    def connections(self) -> int:
        """Connections that are open now."""
        return sum(server.connections for server in self._servers)

    @property
    def reason(self) -> str | None:
        """Why no call can arrive by one of them now; None when they can by all."""
        return next((server.reason for server in self._servers if server.reason), None)

    def start(self, handler: Handler) -> None:
        """Start them in their order. Raises what the first one raises that cannot be started; none runs then."""
        for number, server in enumerate(self._servers):
            try:
                server.start(handler)
            except BaseException:  # undone, and raised again
                for started in self._servers[:number]:
                    started.stop(0)
                raise

    def stop(self, grace: float) -> None:
        """Stop them at the same time."""
        threads = [threading.Thread(target=server.stop, args=(grace,), daemon=True) for server in self._servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
