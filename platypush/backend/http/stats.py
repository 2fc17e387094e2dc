"""uWSGI's stats socket: JSON about its workers, to the end of the connection."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any

from platypush.backend.http.addresses import TcpAddress, UnixAddress

__all__ = ["WorkerState", "parse_stats", "read_stats", "workers_of"]


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One worker, as the master sees it."""

    id: int
    pid: int
    accepting: bool
    status: str
    requests: int
    exceptions: int
    respawns: int
    rss: int
    """Bytes, when uWSGI reports memory, else 0."""


def read_stats(address: TcpAddress | UnixAddress, timeout: float) -> dict[str, Any] | None:
    """Ask the stats server; None when it does not answer with JSON in time. Asking also wakes the master's loop."""
    target: Any = address.raw if isinstance(address, UnixAddress) else (address.host or "127.0.0.1", address.port)
    family = socket.AF_UNIX if isinstance(address, UnixAddress) else socket.AF_INET
    data = bytearray()
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(target)
            while received := connection.recv(65_536):
                data += received
    except OSError:
        return None
    return parse_stats(bytes(data))


def parse_stats(data: bytes) -> dict[str, Any] | None:
    """The JSON object in ``data``, None for anything else."""
    try:
        stats = json.loads(data)
    except ValueError:
        return None
    return stats if isinstance(stats, dict) else None


def workers_of(stats: dict[str, Any] | None) -> tuple[WorkerState, ...]:
    """The workers that exist; those that are away or switched off (cheaper) are left out."""
    return tuple(
        WorkerState(
            id=worker["id"],
            pid=worker["pid"],
            accepting=bool(worker.get("accepting")),
            status=str(worker.get("status", "")),
            requests=worker.get("requests", 0),
            exceptions=worker.get("exceptions", 0),
            respawns=worker.get("respawn_count", 0),
            rss=worker.get("rss", 0),
        )
        for worker in (stats or {}).get("workers", [])
        if worker.get("pid", 0) > 0 and worker.get("status") != "cheap"
    )
