"""The access log: one JSON line for a request, on the logger ``platypush.access``.

A line costs a tenth of what a whole ``/execute`` does, so only failures of the hub leave one unless all are asked for.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, TextIO

from platypush._lib.logs import redact_query
from platypush.message import encode

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from platypush.backend.http.app.exchange import Exchange

__all__ = ["LOGGER", "configure", "write"]

_LONGEST_PATH = 1000

LOGGER = logging.getLogger("platypush.access")


def configure(*, all_requests: bool, stream: TextIO | None = None) -> None:
    """Send the access log to ``stream`` or standard error, as it is: ``all_requests``, or those answered with 500 and
    above."""
    handler = logging.StreamHandler(stream or sys.stderr)
    for old in list(LOGGER.handlers):
        LOGGER.removeHandler(old)
    LOGGER.addHandler(handler)
    LOGGER.propagate = False
    LOGGER.setLevel(logging.INFO if all_requests else logging.ERROR)


def write(environ: WSGIEnvironment, exchange: Exchange, seconds: float) -> None:
    """Log an answered request: failures of the hub as errors, all others at INFO. Secrets in the query are masked."""
    level = logging.ERROR if exchange.status >= 500 else logging.INFO
    if not LOGGER.isEnabledFor(level):
        return
    principal = exchange.principal
    query = environ.get("QUERY_STRING")
    path = environ.get("PATH_INFO", "")
    if query:
        path = f"{path}?{redact_query(query)}"
    line = {
        "time": time.time(),
        "request_id": exchange.request_id,
        "client": exchange.client.address,
        "method": environ["REQUEST_METHOD"],
        # A stranger may send 32 kB of address; nobody reads that.
        "path": path[:_LONGEST_PATH],
        "status": exchange.status,
        "seconds": round(seconds, 6),
        "user": principal.user if principal else None,
        "by": principal.kind if principal else None,
    }
    # Handed over as a finished record: finding the caller's line, as logger.log does, costs more than the rest.
    LOGGER.handle(logging.LogRecord(LOGGER.name, level, "", 0, encode(line).decode(), None, None))
