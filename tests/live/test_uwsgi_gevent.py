"""uwsgi.ini's gevent workers: many slow requests at once, long streams, and one that never yields."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platypush.config.model import Limits
from tests.live.serving import ask, eventually, serving

pytestmark = pytest.mark.live

APPLICATION = "tests.fakes.wsgi_gevent"
INI = ("--ini", "uwsgi.ini")


def test_hundreds_of_slow_requests_wait_side_by_side_and_quick_ones_do_not_wait(tmp_path: Path) -> None:
    with (
        serving(tmp_path, *INI, application=APPLICATION) as web,
        ThreadPoolExecutor(200) as pool,
    ):
        begin = time.monotonic()
        slow = [pool.submit(ask, web.port, "/sleep/2") for _ in range(200)]
        ask(web.port)
        quick = time.monotonic() - begin
        assert all(one.result(20) for one in slow)
        assert quick < 2
        # One after the other they would take 200 s on two workers.
        assert time.monotonic() - begin < 20


def test_a_stream_may_take_longer_than_the_time_after_which_a_stuck_worker_is_ended(tmp_path: Path) -> None:
    with serving(tmp_path, *INI, application=APPLICATION, limits=Limits(harakiri=2)) as web:
        assert len(ask(web.port, "/stream/40").split()) == 40


def test_a_worker_whose_loop_stands_still_is_ended_and_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with serving(tmp_path, *INI, application=APPLICATION, limits=Limits(harakiri=2)) as web:
        stuck = web.ask()["pid"]
        before = web.workers()
        with pytest.raises((OSError, ValueError)):
            ask(web.port, "/spin/60")
        assert eventually(lambda: len(web.workers()) == 2 and web.workers() != before)
        assert web.ask()["device"] == "test"
    assert "tests/fakes/wsgi.py" in caplog.text, f"the stack of worker {stuck} or its neighbour is in the log"
