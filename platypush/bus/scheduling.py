"""When the threads of a bus run."""

from __future__ import annotations

import os

__all__ = ["let_callers_finish"]


def let_callers_finish() -> None:
    """Have the calling thread wait for a free core instead of taking that of the worker which just woke it.

    A worker under gevent sends several calls in a row; interrupted at each, it served a fifth fewer in a second.
    Threads and processes that an action starts inherit it; none gets less of a core for it, only later by a slice of a
    few milliseconds when all are busy. sched(7)
    """
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError:
        return  # forbidden here, by a filter of system calls perhaps: slower, and no harm
