"""Webhooks on disk, for hooks that must not lose a call when the daemon dies before they ran."""

from __future__ import annotations

import base64
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from platypush._lib.files import private_dir, write_private
from platypush.errors import PlatypushError, StorageFailed
from platypush.message import decode, encode
from platypush.message.event.http.hook import WebhookEvent

__all__ = ["MAX_ATTEMPTS", "DurableWebhooks"]

MAX_ATTEMPTS = 3
"""How often the daemon may die while a webhook's hooks run before that webhook is put aside."""
_SUFFIX = ".json"
_logger = logging.getLogger(__name__)


class DurableWebhooks:
    """One file of mode 0600 for each webhook that is not done, in a folder of its own.

    At least once: a webhook whose hooks ran when the daemon died runs again. A hook that raises counts as done; the
    log has why. A webhook that was begun ``MAX_ATTEMPTS`` times without coming to an end, because the daemon died
    each time, is moved to the folder ``failed`` beside the others. Safe for many threads of one process.
    """

    def __init__(self, folder: Path, *, limit: int = 10_000) -> None:
        """``limit`` is how many may wait: anybody on the network can make one."""
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting = 0
        self._counted = False

    def add(self, event: WebhookEvent) -> str:
        """Store ``event`` so that a power cut does not lose it, and return its key. Raises StorageFailed."""
        key = f"{time.time_ns():020d}-{event.id}"
        try:
            with self._lock:
                self._count()
                if self._waiting >= self._limit:
                    raise StorageFailed(
                        f"{self._limit} webhooks wait already: this one was not taken. Send it again later."
                    )
                self._waiting += 1
            self._write(key, 0, event)
        except OSError as error:
            with self._lock:
                self._counted = False
            _logger.exception("A webhook cannot be stored in %s", self._folder)
            raise StorageFailed("The webhook cannot be stored now. Send it again later.") from error
        return key

    def begin(self, key: str) -> bool:
        """Note an attempt to run it; False when it had too many (then it is put aside) or is gone."""
        path = self._path(key)
        try:
            record = decode(path.read_bytes())
            attempts = int(record["attempts"]) + 1
            if attempts > MAX_ATTEMPTS:
                self._put_aside(path)
                return False
            write_private(path, encode({**record, "attempts": attempts}))
        except (OSError, PlatypushError, KeyError, TypeError, ValueError):
            _logger.exception("The stored webhook %s cannot be read", path)
            return False
        return True

    def done(self, key: str) -> None:
        """Forget it: its hooks ran."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError:
            _logger.exception("The stored webhook %s cannot be deleted: it will run again", key)
            return
        with self._lock:
            self._waiting = max(0, self._waiting - 1)

    def pending(self) -> Iterator[tuple[str, WebhookEvent]]:
        """What was stored and not done when the daemon ended, oldest first."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else ():
            try:
                yield path.name.removesuffix(_SUFFIX), _read(decode(path.read_bytes()))
            except (OSError, PlatypushError, KeyError, TypeError, ValueError):
                _logger.exception("The stored webhook %s cannot be read", path)

    def _count(self) -> None:
        if not self._counted:
            private_dir(self._folder)
            self._waiting = sum(1 for _ in self._folder.glob(f"*{_SUFFIX}"))
            self._counted = True

    def _write(self, key: str, attempts: int, event: WebhookEvent) -> None:
        write_private(self._path(key), encode({"attempts": attempts, **_record(event)}))
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _put_aside(self, path: Path) -> None:
        aside = private_dir(self._folder / "failed")
        path.replace(aside / path.name)
        with self._lock:
            self._waiting = max(0, self._waiting - 1)
        _logger.error(
            "The daemon died %d times while it ran a webhook: it is now in %s", MAX_ATTEMPTS, aside / path.name
        )

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_SUFFIX}"


def _record(event: WebhookEvent) -> dict[str, Any]:
    data = event.args["data"]
    is_bytes = isinstance(data, (bytes, bytearray))
    return {
        "id": event.id,
        "timestamp": event.timestamp,
        "hook": event.args["hook"],
        "method": event.args["method"],
        "args": event.args["args"],
        "headers": dict(event.args["headers"].items()),
        "bytes": is_bytes,
        "data": base64.b64encode(data).decode() if is_bytes else data,
    }


def _read(record: dict[str, Any]) -> WebhookEvent:
    data = base64.b64decode(record["data"]) if record["bytes"] else record["data"]
    return WebhookEvent(
        hook=record["hook"],
        method=record["method"],
        args=record["args"],
        data=data,
        headers=record["headers"],
        id=record["id"],
        timestamp=record["timestamp"],
        origin="http",
    )
