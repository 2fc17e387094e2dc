"""The counter that all processes see."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platypush.user.generation import Generation

INCREMENT = """
import sys
from pathlib import Path
from platypush.user.generation import Generation
generation = Generation(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    generation.increment()
"""


def test_it_begins_at_zero_for_the_owner_alone_and_survives(tmp_path: Path) -> None:
    path = tmp_path / "generation"
    first = Generation(path)
    assert first.value == 0
    assert first.increment() == 1
    first.close()
    assert Generation(path).value == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_map_of_the_file_sees_an_increment_at_once(tmp_path: Path) -> None:
    one, other = Generation(tmp_path / "generation"), Generation(tmp_path / "generation")
    one.increment()
    assert other.value == one.value == 1


def test_no_increment_is_lost_among_threads(tmp_path: Path) -> None:
    generation = Generation(tmp_path / "generation")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: generation.increment(), range(400)))
    assert generation.value == 400


def test_no_increment_is_lost_among_processes(tmp_path: Path) -> None:
    path = tmp_path / "generation"
    here = Generation(path)
    command = [sys.executable, "-c", INCREMENT, str(path), "300"]
    children = [subprocess.Popen(command) for _ in range(3)]
    for _ in range(300):
        here.increment()
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert here.value == 1200


def test_it_wraps_around_rather_than_fail(tmp_path: Path) -> None:
    path = tmp_path / "generation"
    path.write_bytes(b"\xff" * 8)
    assert Generation(path).increment() == 0


def test_a_short_file_is_made_whole(tmp_path: Path) -> None:
    (tmp_path / "generation").write_bytes(b"abc")
    Generation(tmp_path / "generation").increment()


def test_a_file_that_was_removed_is_an_error_rather_than_silence(tmp_path: Path) -> None:
    generation = Generation(tmp_path / "generation")
    (tmp_path / "generation").unlink()
    with pytest.raises(FileNotFoundError):
        generation.increment()


def test_the_number_is_read_only_once_nobody_else_can_change_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other = Generation(tmp_path / "generation"), Generation(tmp_path / "generation")
    real = fcntl.flock

    def flock(handle: int, operation: int) -> None:
        """The lock is free only after another process has increased the number."""
        if operation == fcntl.LOCK_EX:
            other._words[0] += 1
        real(handle, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    assert here.increment() == 2
