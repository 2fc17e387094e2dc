"""Becomes another program that dies with its supervisor: ``_guard.py PARENT_PID SIGNAL PROGRAM ARGUMENT…``.

Runs as a script in ``python -I -S`` between fork and exec (prctl(2), PR_SET_PDEATHSIG). The setting survives the
exec. The signal is sent when the *thread* that forked ends.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_COMMAND_NOT_FOUND = 127


def main(argv: list[str]) -> int:
    """Never returns when the program can be started; else 127, or 1 when the supervisor is gone already."""
    parent, signum, program = int(argv[1]), int(argv[2]), argv[3:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0) != 0:
        sys.stderr.write(f"prctl: {os.strerror(ctypes.get_errno())}: this process may outlive its supervisor\n")
    if os.getppid() != parent:
        return 1
    try:
        os.execvp(program[0], program)  # noqa: S606 - an argument list of the supervisor, no shell
    except OSError as error:
        sys.stderr.write(f"Cannot start {program[0]}: {error.strerror}\n")
        return _COMMAND_NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(sys.argv))
