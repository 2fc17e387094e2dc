"""Where a process writes its log when its standard error is somebody else's: a descriptor named in the environment.

The daemon reads what uWSGI itself writes; the application's own log, a line for each request perhaps, goes past it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

__all__ = ["LOG_VARIABLE", "describe", "log_stream"]

LOG_VARIABLE = "PLATYPUSH_LOG_STREAM"


def describe(descriptor: int) -> str:
    """The value of ``LOG_VARIABLE`` for an inherited descriptor: its number, and what it leads to. Raises OSError."""
    status = os.fstat(descriptor)
    return f"{descriptor}:{status.st_dev}:{status.st_ino}"


def log_stream(environ: Mapping[str, str]) -> TextIO:
    """The stream to log to: the one that the environment names, if it still is what it was, else standard error.

    A uWSGI that replaces itself closes what it does not know, and the number may then lead anywhere.
    """
    named = environ.get(LOG_VARIABLE, "")
    number = named.partition(":")[0]
    if not number.isdecimal():
        return sys.stderr
    try:
        if describe(int(number)) != named:
            return sys.stderr
        return open(os.dup(int(number)), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return sys.stderr
