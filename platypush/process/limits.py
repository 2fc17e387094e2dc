"""Resource limits of this process and of the children it will start."""

from __future__ import annotations

import resource

__all__ = ["raise_open_files"]


def raise_open_files(ceiling: int = 65_536) -> int:
    """Raise the soft limit on open files to the hard one, at most to ``ceiling``, and return what holds now.

    Each connection, call on the bus and websocket is a descriptor, and the usual soft limit of 1024 is soon met. The
    ceiling is there because some systems have a hard limit of a thousand million, and programs that close or
    tabulate every possible descriptor would take minutes. A limit already above it is left alone.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return ceiling
    wanted = ceiling if hard == resource.RLIM_INFINITY else min(hard, ceiling)
    if wanted <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft  # a sandbox forbids it: the hub runs with what it has
    return wanted
