"""A few costly computations at a time, for the whole machine."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platypush._lib.clock import SystemClock
from platypush.errors import Busy, StorageFailed
from platypush.user.slots import Slots, default_slots

HOLD = """
import sys
from pathlib import Path
from platypush._lib.clock import SystemClock
from platypush.user.slots import Slots
with Slots(Path(sys.argv[1]), count=1, wait=5, clock=SystemClock()).taken():
    print("held", flush=True)
    sys.stdin.read()
"""


def make(folder: Path, *, count: int = 1, wait: float = 0.05) -> Slots:
    return Slots(folder, count=count, wait=wait, clock=SystemClock())


def test_the_machine_keeps_a_processor_for_other_things() -> None:
    assert default_slots() >= 1


def test_a_slot_is_free_again_after_use_and_after_a_failure(tmp_path: Path) -> None:
    slots = make(tmp_path)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), slots.taken():
            raise ZeroDivisionError
    with slots.taken():
        pass


def test_beyond_the_count_a_caller_waits_and_is_told(tmp_path: Path) -> None:
    slots = make(tmp_path)
    with slots.taken(), pytest.raises(Busy) as caught, slots.taken():
        pass
    assert caught.value.retry_after


def test_two_of_one_process_count_together_with_those_of_another(tmp_path: Path) -> None:
    one, other = make(tmp_path, count=2), make(tmp_path, count=2)
    with one.taken(), other.taken(), pytest.raises(Busy), other.taken():
        pass


def test_never_more_than_the_count_run_at_once(tmp_path: Path) -> None:
    slots = make(tmp_path, count=2, wait=30)
    lock = threading.Lock()
    running: list[int] = []
    most: list[int] = []
    gate = threading.Barrier(2)

    def work(_: int) -> None:
        with slots.taken():
            with lock:
                running.append(1)
                most.append(len(running))
            gate.wait(30)
            with lock:
                running.pop()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, range(10)))
    assert max(most) == 2


def test_a_process_that_is_killed_gives_its_slot_back(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(Busy), make(tmp_path).taken():
            pass
        child.kill()
        child.wait(10)
    with make(tmp_path, wait=10).taken():
        pass


def test_a_folder_that_is_gone_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="missing"), make(tmp_path / "missing").taken():
        pass
