"""Prepares a uWSGI worker that runs the gevent loop, before the application is loaded."""

from __future__ import annotations

import faulthandler
import importlib
import os
from collections.abc import Mapping
from typing import Any

__all__ = ["HARAKIRI_VARIABLE", "prepare", "runs_gevent", "watch_hub"]

HARAKIRI_VARIABLE = "PLATYPUSH_HARAKIRI"
_DEFAULT_HARAKIRI = 90
_BEATS = 6
"""How often in that time the hub has to show that it runs."""


def runs_gevent(options: Mapping[Any, Any]) -> bool:
    """Whether uWSGI's options (``uwsgi.opt``) ask for its gevent loop. Pure."""
    return "gevent" in options or options.get("loop") in (b"gevent", "gevent")


def prepare() -> None:
    """Patch the standard library where this process is uWSGI with the gevent loop; anywhere else do nothing."""
    try:
        uwsgi: Any = importlib.import_module("uwsgi")
    except ImportError:
        return  # the module exists inside uWSGI only
    if not runs_gevent(uwsgi.opt):
        return
    from gevent import monkey

    if not monkey.is_module_patched("threading"):
        monkey.patch_all()
    if uwsgi.worker_id() > 0:  # without lazy-apps this is the master, which has no hub
        from gevent import sleep, spawn

        text = os.environ.get(HARAKIRI_VARIABLE, "")
        spawn(watch_hub, int(text) if text.isdecimal() else _DEFAULT_HARAKIRI, sleep)


def watch_hub(seconds: int, sleep: Any) -> None:
    """Keep putting off the moment at which this process writes all stacks to its log and ends: ``seconds`` from now.

    One greenlet that never yields stops a whole worker. uWSGI's harakiri does not fit gevent: a worker's clock starts
    with the last request that came and stops with the first that ends, so it kills a worker that only streams for
    long, and misses a stuck one. Runs as a greenlet, with gevent's ``sleep``.
    """
    while True:
        faulthandler.dump_traceback_later(seconds, exit=True)
        sleep(seconds / _BEATS)
