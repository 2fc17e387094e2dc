"""Steady load in threads, which notes every outcome: what a client saw, when, and for how long it waited."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

__all__ = ["SteadyLoad"]


@dataclass
class SteadyLoad:
    """Callers that POST ``body`` to ``/execute`` one after the other, each request on a connection of its own.

    ``outcomes`` counts statuses and the names of network errors; ``refused`` among them is ``ConnectionRefusedError``.
    """

    port: int
    body: str
    headers: Mapping[str, str]
    callers: int = 8
    timeout: float = 20
    outcomes: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, daemon=True) for _ in range(self.callers)]

    def __enter__(self) -> SteadyLoad:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(self.timeout + 5)

    @property
    def good(self) -> int:
        """Requests answered with 200."""
        return self.outcomes["200"]

    @property
    def failed(self) -> dict[str, int]:
        """Everything else, by what it was."""
        return {name: count for name, count in self.outcomes.items() if name != "200"}

    def wait_for_more(self, count: int, seconds: float = 30) -> bool:
        """Wait until ``count`` more requests were answered with 200; False when they were not in time."""
        wanted, deadline = self.good + count, time.monotonic() + seconds
        while self.good < wanted:
            if time.monotonic() > deadline:
                return False
            self._stop.wait(0.005)
        return True

    def _call(self) -> None:
        while not self._stop.is_set():
            started = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            try:
                connection.request("POST", "/execute", self.body, dict(self.headers))
                answer = connection.getresponse()
                answer.read()
                outcome = str(answer.status)
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
            finally:
                connection.close()
            self.outcomes[outcome] += 1
            self.longest = max(self.longest, time.monotonic() - started)
            if outcome == "ConnectionRefusedError":
                self._stop.wait(0.01)
