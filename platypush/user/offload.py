"""Keeps work that blocks in C off gevent's hub, where one call would stop every other request of the process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["offload", "on_gevent"]

T = TypeVar("T")


def on_gevent() -> bool:
    """Whether threads of this process are greenlets: gevent is loaded and has patched ``threading``."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def offload(function: Callable[..., T], *args: Any) -> T:
    """``function(*args)``, its result or its exception.

    Under plain threads the caller runs it. Under gevent a thread of the hub's pool does, while other greenlets go
    on; ``function`` must then not wait for anything that a greenlet holds.
    """
    if not on_gevent():
        return function(*args)
    from gevent import get_hub

    # The pool would print the traceback of an exception, expected ones too: it travels as a value.
    result, error = get_hub().threadpool.apply(_outcome, (function, args))
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
    try:
        return function(*args), None
    except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it again
        return None, error
