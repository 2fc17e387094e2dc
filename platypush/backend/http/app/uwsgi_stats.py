"""uWSGI's own figures, from its stats socket, in Prometheus's text format."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["read_stats", "stats_text"]

_logger = logging.getLogger(__name__)
_SECONDS = 1.0
_LIMIT = 4 * 1024 * 1024

_WORKER = (
    ("requests", "platypush_uwsgi_worker_requests_total", "counter", "Requests of a worker since it started."),
    ("exceptions", "platypush_uwsgi_worker_exceptions_total", "counter", "Exceptions of a worker."),
    ("harakiri_count", "platypush_uwsgi_worker_harakiri_total", "counter", "Times a worker was killed for its time."),
    ("respawn_count", "platypush_uwsgi_worker_respawns_total", "counter", "Times a worker was started."),
    ("rss", "platypush_uwsgi_worker_rss_bytes", "gauge", "Resident memory of a worker."),
    ("running_time", "platypush_uwsgi_worker_busy_microseconds_total", "counter", "Time spent on requests."),
)
_INSTANCE = (
    ("listen_queue", "platypush_uwsgi_listen_queue", "gauge", "Connections that wait to be accepted."),
    ("listen_queue_errors", "platypush_uwsgi_listen_queue_errors_total", "counter", "Connections refused."),
    ("load", "platypush_uwsgi_load", "gauge", "Connections that wait, over all sockets."),
)


def read_stats(path: Path) -> dict[str, Any] | None:
    """The JSON that uWSGI writes to whoever connects to its stats socket; None when there is none."""
    data = bytearray()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(str(path))
            while len(data) < _LIMIT and (part := connection.recv(65536)):
                data += part
        stats = json.loads(data)
    except (OSError, ValueError) as error:
        _logger.debug("No figures from uWSGI at %s: %s", path, error)
        return None
    return stats if isinstance(stats, dict) else None


def stats_text(stats: Mapping[str, Any]) -> str:
    """The figures as text."""
    return "".join(f"{line}\n" for line in _lines(stats))


def _lines(stats: Mapping[str, Any]) -> Iterator[str]:
    workers = [worker for worker in stats.get("workers") or () if isinstance(worker, dict)]
    for key, name, kind, text in _INSTANCE:
        if isinstance(stats.get(key), (int, float)):
            yield from _head(name, kind, text)
            yield f"{name} {stats[key]}"
    for key, name, kind, text in _WORKER:
        yield from _head(name, kind, text)
        for worker in workers:
            if isinstance(worker.get(key), (int, float)):
                yield f'{name}{{worker="{worker.get("id", 0)}"}} {worker[key]}'
    name = "platypush_uwsgi_workers"
    yield from _head(name, "gauge", "Workers by what they do.")
    states = [_label(worker.get("status", "unknown")) for worker in workers]
    for state in sorted(set(states)):
        yield f'{name}{{status="{state}"}} {states.count(state)}'


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _label(text: object) -> str:
    # A busy thread's status may hold the request's address: only its first word is a state.
    word = str(text).split(" ", 1)[0]
    return "".join(char for char in word if char.isalnum() or char in "-_") or "unknown"
