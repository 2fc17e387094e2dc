"""Reading from folders that may be on another machine, without holding up whoever does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from platypush.errors import Unavailable
from platypush.user.offload import on_gevent

__all__ = ["SECONDS", "THREADS", "from_disk"]

T = TypeVar("T")

THREADS = 16
"""For each worker, apart from the threads that the database has: a disk that is away must not keep people from signing
in."""
SECONDS = 20.0

_POOL = "platypush_media_threads"


def from_disk(function: Callable[..., T], *args: Any) -> T:
    """``function(*args)``, its result or its exception.

    Under plain threads the caller runs it, however long that takes. Under gevent a thread does, while other greenlets
    go on. ``function`` must not wait for anything that a greenlet holds, and what it returns has to be released by
    itself when nobody takes it. Raises Unavailable when it is not done after ``SECONDS``.
    """
    if not on_gevent():
        return function(*args)
    from gevent import Timeout, get_hub
    from gevent.threadpool import ThreadPool

    hub = get_hub()
    pool = getattr(hub, _POOL, None)
    if pool is None:
        pool = ThreadPool(THREADS, hub=hub)
        setattr(hub, _POOL, pool)
    late = Timeout(SECONDS)
    try:
        with late:
            # The pool would print the traceback of an exception, expected ones too: it travels as a value.
            result, error = pool.apply(_outcome, (function, args))
    except Timeout as over:
        if over is not late:
            raise
        text = f"The disk did not answer within {SECONDS:g} s. Is a folder of media on a machine that is away?"
        raise Unavailable(text) from over
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
    try:
        return function(*args), None
    except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it again
        return None, error
