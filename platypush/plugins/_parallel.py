"""Doing the same with several plugins, none of which may hold up the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

__all__ = ["run_all"]


def run_all(tasks: Sequence[tuple[str, Callable[[], None]]], limit: float, patience: float = 0.0) -> tuple[str, ...]:
    """Run each task in a thread of its own and return the names of those not done after ``limit`` seconds.

    A task begins when the one before it is done, or after waiting ``patience`` seconds for that. Tasks that are not
    done go on in the background.
    """
    deadline = time.monotonic() + limit
    threads: list[threading.Thread] = []
    for name, task in tasks:
        thread = threading.Thread(target=task, name=name, daemon=True)
        threads.append(thread)
        thread.start()
        if patience:
            thread.join(max(0.0, min(patience, deadline - time.monotonic())))
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return tuple(thread.name for thread in threads if thread.is_alive())
