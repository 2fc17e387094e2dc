"""Counters of all workers together, through prometheus_client's files that every worker maps."""

from __future__ import annotations

import fcntl
import logging
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from platypush._lib.files import private_dir
from platypush.backend.http.app.metrics_files import ReservedFile

__all__ = ["Metrics"]

_logger = logging.getLogger(__name__)
_BUCKETS = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_ARCHIVE = "archive"


class Metrics:
    """What this worker counts, and the text for all workers. Safe for many threads, greenlets and processes.

    Each process has files of its own in ``directory``; those of processes that are gone are added up into one
    file, so that nothing is lost when a worker is replaced and the folder does not grow. While the disk is full,
    counters that are new are left out: a request never fails for its count. Raises OSError when the folder cannot be
    made.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = private_dir(directory)
        # Both are read when a metric is made; this is how prometheus_client is told its mode after its import.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
        # A forked process builds an application of its own, so nothing has to look for a fork at each count.
        process = os.getpid()
        self._values: Any = values.MultiProcessValue(lambda: process)  # type: ignore[no-untyped-call]
        vars(values).update(ValueClass=self._values, MmapedDict=ReservedFile)
        registry = CollectorRegistry()
        # Histograms count by themselves (``_count``): a counter beside each would make every request write twice.
        self._requests = Histogram(
            "platypush_http_request_seconds",
            "HTTP requests answered, and the time to the start of the answer.",
            ("route", "method", "status"),
            registry=registry,
            buckets=_BUCKETS,
        )
        # Calls that went through are not counted here: the routes that make them, and the daemon, count those.
        self._failures = Counter(
            "platypush_http_bus_failures", "Calls over the bus without an answer.", ("kind", "code"), registry=registry
        )
        self._sign_ins = Counter(
            "platypush_sign_ins", "Sign-ins with name and password.", ("outcome",), registry=registry
        )
        self._refusals = Counter(
            "platypush_http_refused", "Requests without a valid credential.", ("reason",), registry=registry
        )
        self._untrusted = Counter(
            "platypush_http_untrusted_proxy",
            "Requests with forwarding headers from a peer that is no trusted proxy.",
            registry=registry,
        )

        self._warned = False
        # Looking a series up by its labels costs as much as counting: each request passes here, so they are kept.
        self._answered: dict[tuple[str, str, int], Histogram] = {}

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an HTTP request; ``route`` is the rule, not the path."""
        series = self._answered.get((route, method, status))
        if series is None:
            known = method if method in _METHODS else "other"
            with self._while_there_is_room():
                series = self._requests.labels(route, known, str(status))
                if known == method:
                    self._answered[route, method, status] = series
        if series is not None:
            series.observe(seconds)

    def bus_failed(self, kind: str, code: str) -> None:
        """Count a call over the bus that got no answer, by the error's code."""
        with self._while_there_is_room():
            self._failures.labels(kind, code).inc()

    def signed_in(self, outcome: str) -> None:
        """Count an attempt with name and password: ``ok`` or the error's code."""
        with self._while_there_is_room():
            self._sign_ins.labels(outcome).inc()

    def refused(self, reason: str) -> None:
        """Count a request whose credential did not pass, by the error's code."""
        with self._while_there_is_room():
            self._refusals.labels(reason).inc()

    def came_by_untrusted_proxy(self) -> None:
        """Count a request with a proxy's marks that are not believed: a proxy that the configuration does not name, or
        a client that pretends."""
        with self._while_there_is_room():
            self._untrusted.inc()

    @contextmanager
    def _while_there_is_room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self._warned:
                _logger.warning("No room for more metrics in %s: %s", self._directory, error.strerror)
            self._warned = True

    def close(self) -> None:
        """Unmap this process's files. Nothing is counted afterwards."""
        self._values.close_all_files()

    def text(self) -> bytes:
        """The counters of all workers, dead ones included, in Prometheus's text format."""
        registry = CollectorRegistry()
        with _locked(self._directory):
            _collect_dead(self._directory)
            MultiProcessCollector(registry, path=str(self._directory))  # type: ignore[no-untyped-call]
            return generate_latest(registry)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _collect_dead(directory: Path) -> None:
    for path in directory.glob("*_*.db"):
        kind, _, owner = path.stem.rpartition("_")
        if owner == _ARCHIVE or not owner.isdigit() or _alive(int(owner)):
            continue
        try:
            _add(path, directory / f"{kind}_{_ARCHIVE}.db")
        except (ValueError, struct.error, RuntimeError, OSError) as error:
            # A process that was killed while it wrote, or a full disk: its counts are lost, the page is not.
            _logger.warning("Dropped the metrics of process %s: %s", owner, error)
        path.unlink(missing_ok=True)


def _add(source: Path, archive: Path) -> None:
    total: Any = ReservedFile(str(archive))
    try:
        for key, value, _, _ in ReservedFile.read_all_values_from_file(str(source)):  # type: ignore[no-untyped-call]
            total.write_value(key, total.read_value(key)[0] + value, 0.0)
    finally:
        total.close()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
