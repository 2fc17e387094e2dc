"""One daemon for a workdir, and its process id for those who ask for it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from platypush._lib.files import private_dir
from platypush.errors import ConfigurationError

__all__ = ["InstanceLock"]


class InstanceLock:
    """Holds ``<workdir>/platypush.lock`` for the life of the process. The kernel lets go of it however that ends."""

    def __init__(self, workdir: Path, pidfile: Path | None = None) -> None:
        self._path = workdir / "platypush.lock"
        self._pidfile = pidfile
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock and write the pid file.

        Raises ConfigurationError when another daemon has it, or when one of the files cannot be written.
        """
        private_dir(self._path.parent)
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"{self._path} cannot be written: {error.strerror}. The hub needs a workdir that belongs to its user."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise ConfigurationError(
                f"Another Platypush{f' (pid {holder})' if holder else ''} already runs on {self._path.parent}. "
                "Stop it first, or give this one a workdir of its own with -w."
            ) from None
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        if self._pidfile is not None:
            self._write_pid(self._pidfile)

    def release(self) -> None:
        """Let go, and remove the pid file. The lock file stays: removing it would let two daemons hold two of them."""
        if self._descriptor is None:
            return
        os.close(self._descriptor)
        self._descriptor = None
        if self._pidfile is not None:
            self._pidfile.unlink(missing_ok=True)

    def _write_pid(self, path: Path) -> None:
        try:
            path.write_text(f"{os.getpid()}\n")
        except OSError as error:
            self._pidfile = None
            self.release()
            raise ConfigurationError(
                f"The pid file {path} cannot be written: {error.strerror}. Give -P a file in a folder that is there "
                "and belongs to this user."
            ) from error
