"""What systemd wants to know: ready, reloading, stopping, alive (sd_notify(3)). Without systemd nothing happens."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

__all__ = ["Notifier"]


class Notifier:
    """Sends states to the socket named in ``NOTIFY_SOCKET``. Safe for many threads.

    Nothing it does ever fails the service: a message that cannot be sent is dropped.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, pid: int | None = None) -> None:
        environ = os.environ if environ is None else environ
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        own = pid if pid is not None else os.getpid()
        usec, for_pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(own))
        self._watchdog = int(usec) / 1_000_000 if usec.isdecimal() and for_pid == str(own) else None

    @property
    def listening(self) -> bool:
        """Whether anybody wants to know."""
        return bool(self._address)

    @property
    def watchdog_seconds(self) -> float | None:
        """How often at least ``alive`` has to be sent, or None when systemd does not watch. Send it twice as often."""
        return self._watchdog or None

    def ready(self, status: str = "") -> None:
        """The service is up (or a reload is over)."""
        self._send("READY=1", status)

    def reloading(self, status: str = "") -> None:
        """A reload begins; ``ready`` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}", status)

    def stopping(self, status: str = "") -> None:
        """The service is going down."""
        self._send("STOPPING=1", status)

    def alive(self) -> None:
        """The watchdog's sign of life."""
        self._send("WATCHDOG=1", "")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._send("", text)

    def extend_timeout(self, seconds: float) -> None:
        """A start or stop takes this much longer."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1_000_000)}", "")

    def _send(self, state: str, status: str) -> None:
        if not self._address:
            return
        lines = [line for line in (state, f"STATUS={status.splitlines()[0]}" if status else "") if line]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier:
                notifier.settimeout(1.0)
                notifier.sendto("\n".join(lines).encode(), self._address)
        except OSError:
            pass  # systemd's own restart: the unit's time-out is the judge then
