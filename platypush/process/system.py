"""The system calls that supervision needs, as a protocol and as POSIX has them."""

from __future__ import annotations

import errno
import logging
import os
import selectors
import signal
import stat
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

__all__ = ["Command", "PosixSystem", "System", "guarded", "write_fifo"]

logger = logging.getLogger(__name__)

_GUARD = Path(__file__).with_name("_guard.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to start: program and arguments, the whole environment, descriptors to hand over under their own numbers."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    pass_fds: tuple[int, ...] = ()
    output: int | None = None
    """The descriptor for what it writes to standard output and standard error; None for this process's own."""
    cwd: Path | None = None


class System(Protocol):
    """What a supervisor asks of the operating system. Used by its thread alone, ``wake`` excepted."""

    def spawn(self, command: Command) -> int:
        """Start ``command`` as leader of a process group of its own and return its pid.

        The process is killed when the calling thread ends, so that none outlives its supervisor. Raises OSError
        when the program cannot be started.
        """

    def poll(self, pid: int) -> int | None:
        """The exit code of a spawned process as ``subprocess`` counts, or None while it runs.

        An ended process stays a zombie until ``reap``, so that its group cannot be mistaken for another's.
        """

    def reap(self, pid: int) -> None:
        """Forget a process that ``poll`` reported as ended."""

    def kill(self, pid: int, signum: int) -> None:
        """Send a signal to one process. Does nothing when it is gone."""

    def kill_group(self, pid: int, signum: int) -> None:
        """Send a signal to what is left of the group that ``pid`` leads or led. Does nothing when it is empty."""

    def wait(self, pids: Collection[int], timeout: float | None) -> None:
        """Return when one of ``pids`` ended, after ``wake``, or after ``timeout`` seconds (None: no limit)."""

    def wake(self) -> None:
        """End a ``wait`` under way, or the next one. From any thread and from signal handlers."""

    def close(self) -> None:
        """Give back what ``wait`` and ``wake`` hold."""


class PosixSystem:
    """The real thing, on Linux 5.3 or later (pidfd)."""

    def __init__(self) -> None:
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._pidfds: dict[int, int] = {}
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)

    def spawn(self, command: Command) -> int:
        process = subprocess.Popen(
            guarded(command.argv),
            env=dict(command.env),
            pass_fds=command.pass_fds,
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=command.output,
            stderr=command.output,
            start_new_session=True,
        )
        self._processes[process.pid] = process
        try:
            descriptor = os.pidfd_open(process.pid)
        except OSError as error:
            # Without it an end is noticed at the next time-out of wait(), at the latest.
            logger.debug("pidfd_open: %s", error)
        else:
            self._pidfds[process.pid] = descriptor
            self._selector.register(descriptor, selectors.EVENT_READ)
        return process.pid

    def poll(self, pid: int) -> int | None:
        result = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if result is None:
            return None
        return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status

    def reap(self, pid: int) -> None:
        self._processes.pop(pid).wait()
        descriptor = self._pidfds.pop(pid, None)
        if descriptor is not None:
            self._selector.unregister(descriptor)
            os.close(descriptor)

    def kill(self, pid: int, signum: int) -> None:
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            pass

    def kill_group(self, pid: int, signum: int) -> None:
        try:
            os.killpg(pid, signum)
        except ProcessLookupError:
            pass

    def wait(self, pids: Collection[int], timeout: float | None) -> None:
        blind = any(pid not in self._pidfds for pid in pids)
        if blind:
            timeout = 0.1 if timeout is None else min(timeout, 0.1)
        for key, _ in self._selector.select(timeout):
            if key.fd == self._wake_read:
                self._drain()

    def _drain(self) -> None:
        try:
            while os.read(self._wake_read, 512):
                pass
        except BlockingIOError:
            pass

    def wake(self) -> None:
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            pass  # as many wake-ups as fit are under way already

    def close(self) -> None:
        self._selector.close()
        for descriptor in (self._wake_read, self._wake_write, *self._pidfds.values()):
            os.close(descriptor)
        self._pidfds.clear()


def guarded(argv: Sequence[str]) -> tuple[str, ...]:
    """``argv`` behind a small program that becomes it, and has it killed when the thread that starts it ends.

    A program, because code between fork and exec is not safe in a process with threads.
    """
    return (sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()), str(int(signal.SIGKILL)), *argv)


def write_fifo(path: Path, data: bytes) -> bool:
    """Write ``data`` to the FIFO ``path`` without ever blocking; False when nobody reads it or it is no FIFO.

    Raises nothing: whoever asks has other means when this one does not reach.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno not in (errno.ENXIO, errno.ENOENT):
            logger.warning("Cannot open the FIFO %s: %s", path, error)
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return False
        return os.write(descriptor, data) == len(data)
    except OSError as error:
        logger.warning("Cannot write to the FIFO %s: %s", path, error)
        return False
    finally:
        os.close(descriptor)
