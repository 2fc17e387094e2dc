"""A small application for live tests of servers.

With the device id ``broken`` in its settings it cannot be imported; otherwise it remembers that id, so that answers
tell which settings they come from.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from platypush._lib.ids import new_id

_settings = os.environ.get("PLATYPUSH_WEB_SETTINGS")
DEVICE = json.loads(Path(_settings).read_bytes())["device_id"] if _settings else ""
if DEVICE == "broken":
    raise RuntimeError("these settings break the application")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """``/sleep/SECONDS`` waits, ``/spin/SECONDS`` keeps the CPU, ``/stream/COUNT`` yields once in 0.1 s, ``/env`` tells
    the environment; all else answers with the pid and the device id."""
    path = str(environ["PATH_INFO"])
    kind, _, argument = path.strip("/").partition("/")
    if kind == "sleep":
        if _settings:
            # So that a test knows that the request has come this far.
            Path(_settings).with_name(f"asleep-{new_id()}").touch()
        time.sleep(float(argument))
    if kind == "spin":
        end = time.monotonic() + float(argument)
        while time.monotonic() < end:
            pass
    if kind == "stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _stream(int(argument))
    answer = dict(os.environ) if kind == "env" else {"pid": os.getpid(), "device": DEVICE, "scheme": scheme(environ)}
    body = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def scheme(environ: dict[str, Any]) -> str:
    """What the server says it speaks."""
    return str(environ.get("wsgi.url_scheme", ""))


def _stream(count: int) -> Iterable[bytes]:
    for number in range(count):
        time.sleep(0.1)
        yield f"{number}\n".encode()
