"""The socket file: private, replaced when stale, never taken from a living daemon."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from platypush.bus.listening import listen, peer_user, remove_socket


def test_the_socket_and_its_folder_are_private(tmp_path: Path) -> None:
    path = tmp_path / "run" / "bus"
    previous = os.umask(0)
    try:
        with listen(path, 8):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(previous)


def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    listen(path, 8).close()
    with listen(path, 8), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_living_daemon_is_not_displaced(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    with listen(path, 8):
        with pytest.raises(OSError, match="Another daemon") as caught:
            listen(path, 8)
        assert caught.value.errno == errno.EADDRINUSE
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_a_daemon_with_a_full_backlog_counts_as_living(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    with listen(path, 0), socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(str(path))
        with pytest.raises(OSError, match="Another daemon"):
            listen(path, 0)


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="no socket"):
        listen(path, 8)
    assert path.read_text() == "precious"


def test_a_path_too_long_for_a_socket_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="107"):
        listen(tmp_path / ("x" * 120), 8)


def test_only_ones_own_socket_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    with listen(path, 8):
        inode = path.stat().st_ino
        remove_socket(path, inode + 1)
        assert path.exists()
        remove_socket(path, inode)
        remove_socket(path, inode)
        assert not path.exists()


def test_the_kernel_tells_the_peers_user(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    with listen(path, 8) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        with listener.accept()[0] as connection:
            assert peer_user(connection) == os.geteuid()
