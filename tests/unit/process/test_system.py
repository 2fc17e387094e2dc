"""The POSIX calls: FIFOs, limits and signals."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush.process import Exit, SignalQueue, raise_open_files
from platypush.process.system import write_fifo


def test_a_fifo_without_a_reader_neither_blocks_nor_takes_the_message(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert write_fifo(fifo, b"q") is False


def test_a_fifo_with_a_reader_takes_the_message(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert write_fifo(fifo, b"q") is True
        assert os.read(reader, 10) == b"q"
    finally:
        os.close(reader)


def test_a_missing_fifo_takes_nothing(tmp_path: Path) -> None:
    assert write_fifo(tmp_path / "fifo", b"q") is False


def test_a_file_in_the_place_of_a_fifo_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "fifo"
    file.write_bytes(b"old")
    assert write_fifo(file, b"q") is False
    assert file.read_bytes() == b"old"


def test_the_soft_limit_on_open_files_is_raised() -> None:
    code = (
        "import resource; from platypush.process import raise_open_files; "
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)); "
        "got = raise_open_files(1000); print(got == resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, 1000))"
    )
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_a_limit_above_the_ceiling_is_left_alone() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert raise_open_files(1) == soft


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    os.set_blocking(write, False)
    yield read, write
    os.close(read)
    os.close(write)


def test_a_signal_is_queued_and_wakes_the_loop(pipe: tuple[int, int]) -> None:
    woken: list[bool] = []
    queue = SignalQueue(lambda: woken.append(True), pipe[1])
    before = signal.getsignal(signal.SIGUSR1)
    queue.install([signal.SIGUSR1])
    try:
        signal.raise_signal(signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
    finally:
        queue.restore()
    assert queue.take() == [signal.SIGUSR1, signal.SIGUSR1]
    assert (queue.take(), len(woken)) == ([], 2)
    assert signal.getsignal(signal.SIGUSR1) is before


def test_a_signal_that_no_handler_saw_before_the_main_thread_slept_wakes_it_too(pipe: tuple[int, int]) -> None:
    """Sent to another thread, it does not interrupt the main one: as if it had come just before the sleep."""
    queue = SignalQueue(lambda: None, pipe[1])
    queue.install([signal.SIGUSR1])
    asleep = threading.Event()

    def send() -> None:
        asleep.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        asleep.set()
        assert select.select([pipe[0]], [], [], 10)[0]
    finally:
        sender.join()
        queue.restore()
    assert queue.take() == [signal.SIGUSR1]


@pytest.mark.parametrize(
    ("code", "text"),
    [(0, "exit code 0"), (22, "exit code 22"), (-9, "killed by SIGKILL"), (-99, "killed by signal 99")],
)
def test_an_end_is_named(code: int, text: str) -> None:
    assert str(Exit(code)) == text
