"""Logging for the daemon and the workers: one line for one thing, with the request's id, without secrets."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO
from urllib.parse import unquote_plus

from platypush._lib.calls import current_call

__all__ = ["JournalFormatter", "JsonFormatter", "RequestFilter", "configure", "is_journal", "redact", "redact_query"]

_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s%(request_suffix)s"
_JOURNAL_TEXT = "%(levelname)-7s %(name)s: %(message)s%(request_suffix)s"
"""The journal notes the time itself."""
_PRIORITIES = (
    (logging.CRITICAL, "<2>"),
    (logging.ERROR, "<3>"),
    (logging.WARNING, "<4>"),
    (logging.INFO, "<6>"),
    (0, "<7>"),
)
_SECRET_NAMES = (
    "token",
    "session_token",
    "access_token",
    "password",
    "signature",
    "code",
    "appid",
    "apikey",
    "api_key",
    "pair",
)
_SECRETS = re.compile(rf"(?i)\b({'|'.join(_SECRET_NAMES)})=[^&\s\"'#;]+")


def redact(text: str) -> str:
    """``text`` with the values of credentials in URLs and forms replaced by ``***``."""
    return _SECRETS.sub(lambda match: f"{match[1]}=***", text)


def redact_query(query: str) -> str:
    """A raw query string with the values of credentials replaced by ``***``, read as a server reads it: names may be
    percent-encoded, and a value ends at ``&`` only."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(
        f"{name}=***" if equals and unquote_plus(name).strip().lower() in _SECRET_NAMES else f"{name}{equals}{value}"
        for name, equals, value in pairs
    )


class RequestFilter(logging.Filter):
    """Adds the request id of the present call to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        call = current_call()
        record.request_id = call.request_id if call else None
        record.request_suffix = f" [{call.request_id}]" if call else ""
        return True


class TextFormatter(logging.Formatter):
    """For people: time, level, logger, message, request id."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """For collectors: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        request_id = getattr(record, "request_id", None)
        if request_id:
            line["request_id"] = request_id
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


class JournalFormatter(logging.Formatter):
    """Around another formatter, for systemd's journal: each line begins with its priority (sd-daemon(3)), so that
    ``journalctl -p warning`` shows warnings."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        prefix = next(text for level, text in _PRIORITIES if record.levelno >= level)
        return "\n".join(f"{prefix}{line}" for line in self._inner.format(record).splitlines())


def is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether ``stream`` leads to systemd's journal: to the very socket that ``JOURNAL_STREAM`` names
    (systemd.exec(5))."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def configure(
    level: str = "INFO", filename: Path | None = None, style: str = "text", *, stream: TextIO | None = None
) -> None:
    """Send the process's log to ``filename`` (followed when it is rotated), to ``stream`` or to standard error.

    ``style`` is ``text``, ``json`` or a format string of the ``logging`` module. Where the stream is systemd's
    journal, lines carry their priority, and ``text`` has no time. Replaces earlier handlers, so a reload can call it
    again. Raises OSError when the file cannot be opened.
    """
    handler: logging.Handler
    journal = False
    if filename is None:
        stream = stream or sys.stderr
        journal = is_journal(stream, os.environ)
        handler = logging.StreamHandler(stream)
    else:
        filename.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.WatchedFileHandler(filename)
    text = _JOURNAL_TEXT if journal else _TEXT
    formatter: logging.Formatter = (
        JsonFormatter() if style == "json" else TextFormatter(text if style == "text" else style)
    )
    handler.setFormatter(JournalFormatter(formatter) if journal else formatter)
    handler.addFilter(RequestFilter())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    # A line for every frame and every connection of these libraries drowns the log.
    for noisy in ("websockets", "asyncio", "urllib3", "werkzeug", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger(noisy).level))
