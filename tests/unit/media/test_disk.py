"""A disk that does not answer holds up those who wait for it, and nobody else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from platypush.media.disk import from_disk
from tests.unit.user.test_offload import run

PRELUDE = """
import os
from platypush.errors import Unavailable
from platypush.media import disk
from platypush.media.disk import THREADS, from_disk

def blocked():
    # A pipe without a writer, as a disk without a machine.
    reader, writer = os.pipe()
    pipes.append(writer)
    return lambda: os.read(reader, 1)

pipes = []
"""


def test_under_plain_threads_the_caller_reads() -> None:
    assert from_disk(threading.get_ident) == threading.get_ident()
    with pytest.raises(ValueError, match="invalid literal"):
        from_disk(int, "x")


def test_under_gevent_results_and_errors_come_from_another_thread(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        PRELUDE
        + """
native = monkey.get_original("threading", "get_ident")
print(from_disk(native) != native(), from_disk(int, "7"))
try:
    from_disk(int, "x")
except ValueError:
    print("ValueError")
""",
    )
    assert output.split() == ["True", "7", "ValueError"]


def test_a_disk_that_is_away_is_given_up_and_the_database_goes_on(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        PRELUDE
        + """
disk.SECONDS = 0.5
outcomes = []
def wait():
    try:
        from_disk(blocked())
    except Unavailable as error:
        outcomes.append(str(error))
waiting = [gevent.spawn(wait) for _ in range(THREADS + 4)]
gevent.sleep(0.1)
print(offload(int, "7"), len(outcomes))
gevent.joinall(waiting, timeout=20)
print(len(outcomes), "did not answer" in outcomes[0], "did not answer" in outcomes[-1])
for pipe in pipes:
    os.write(pipe, b"x")
# What was given up is done at last, and there is room again.
disk.SECONDS = 20
print(from_disk(int, "8"))
""",
    )
    assert output.split("\n") == ["7 0", "20 True True", "8", ""]
