"""Signatures, epochs and names of the bus over Redis; and that nobody loads its library who does not use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from platypush.bus.redis_wire import ANSWER, LOST, NO_EPOCH, Admission, Epochs, Keys, Sealer, new_call

SECRET = b"s" * 32
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_what_is_sealed_is_opened_with_the_same_key_and_for_the_same_call(size: int) -> None:
    sealer, call, epoch = Sealer(SECRET), new_call(), b"e" * 8
    request = sealer.request(call, epoch, 5500, [b"a" * size, b"b"])
    opened = sealer.open_request(call, request)
    assert opened == (epoch, 5.5, b"a" * size + b"b")
    answer = sealer.answer(call, LOST, epoch, [b"x" * size])
    assert sealer.open_answer(call, answer) == (LOST, epoch, b"x" * size)
    for other, name in ((Sealer(b"t" * 32), call), (sealer, new_call())):
        assert other.open_request(name, request) is None
        assert other.open_answer(name, answer) is None


def test_no_byte_can_be_changed() -> None:
    sealer, call = Sealer(SECRET), new_call()
    request = sealer.request(call, NO_EPOCH, 1, [b"body"])
    answer = sealer.answer(call, ANSWER, NO_EPOCH, [b"body"])
    for position in range(len(request)):
        changed = bytearray(request)
        changed[position] ^= 1
        assert sealer.open_request(call, bytes(changed)) is None
    for position in range(len(answer)):
        changed = bytearray(answer)
        changed[position] ^= 1
        assert sealer.open_answer(call, bytes(changed)) is None


def test_a_request_is_no_answer() -> None:
    sealer, call = Sealer(SECRET), new_call()
    assert sealer.open_answer(call, sealer.request(call, NO_EPOCH, 1, [b"body"])) is None
    assert sealer.open_request(call, sealer.answer(call, ANSWER, NO_EPOCH, [b"body of some length"])) is None


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_call_runs_once_in_its_epoch_and_not_at_all_in_a_later_one() -> None:
    clock = Clock()
    epochs = Epochs(clock)
    first, call = epochs.current, new_call()
    assert epochs.admit(first, call) is Admission.RUN
    assert epochs.admit(first, call) is Admission.SEEN
    clock.now = 31
    assert epochs.admit(first, new_call()) is Admission.RUN  # one that was under way
    assert epochs.admit(first, call) is Admission.SEEN
    assert epochs.current != first
    clock.now = 62
    assert epochs.admit(first, call) is Admission.STALE
    assert epochs.admit(NO_EPOCH, call) is Admission.STALE


def test_the_names_follow_from_the_key_and_tell_nothing_of_it() -> None:
    keys = Keys(SECRET)
    assert keys.queue == Keys(SECRET).queue != Keys(b"t" * 32).queue
    assert keys.queue.startswith(b"platypush/hub/")
    assert len({keys.queue, keys.request(b"1"), keys.answer(b"1"), keys.life(b"1")}) == 4
    assert keys.is_call(new_call())
    assert not any(keys.is_call(value) for value in (b"", b"1", b"x" * 31, b"\xff" * 32, b"/" * 32))


@pytest.mark.parametrize("module", ["platypush.backend.http.app.build", "platypush.daemon.parts", "platypush.cli.bus"])
def test_without_the_redis_bus_its_library_is_not_loaded(module: str) -> None:
    code = f"import {module}, sys; sys.exit('redis' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_without_the_library_the_error_says_which_extra_to_install() -> None:
    code = (
        "import sys; sys.modules['redis'] = None\n"
        "from platypush.bus.redis import open_redis_client\n"
        "open_redis_client('redis://host', b'x')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert "pip install 'platypush[redis]'" in result.stderr
