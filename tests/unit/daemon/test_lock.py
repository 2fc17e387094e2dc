"""One daemon for a workdir."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from platypush.daemon.lock import InstanceLock
from platypush.errors import ConfigurationError


def test_a_second_lock_is_refused_with_the_holders_pid_and_the_mend(tmp_path: Path) -> None:
    first = InstanceLock(tmp_path / "work")
    first.acquire()
    with pytest.raises(ConfigurationError, match=rf"pid {os.getpid()}.*-w"):
        InstanceLock(tmp_path / "work").acquire()
    first.release()
    second = InstanceLock(tmp_path / "work")
    second.acquire()
    second.release()


def test_a_pid_file_is_there_while_the_lock_is_held(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    lock = InstanceLock(tmp_path, pidfile)
    lock.acquire()
    assert pidfile.read_text() == f"{os.getpid()}\n"
    lock.release()
    assert not pidfile.exists()
    lock.release()


def test_folders_are_locked_one_by_one(tmp_path: Path) -> None:
    locks = [InstanceLock(tmp_path / name) for name in ("a", "b")]
    for lock in locks:
        lock.acquire()
    for lock in locks:
        lock.release()
