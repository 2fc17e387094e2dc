"""Bounded threads."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from platypush._lib.threads import WorkerPool, map_in_threads


def test_a_pool_uses_no_more_threads_than_it_may_and_those_only_when_needed() -> None:
    pool, gate, running = WorkerPool("test", 3), threading.Event(), threading.Semaphore(0)

    def job() -> None:
        running.release()
        gate.wait(10)

    before = threading.active_count()
    pool.submit(job)
    assert running.acquire(timeout=10)
    assert threading.active_count() == before + 1
    for _ in range(20):
        pool.submit(job)
    assert all(running.acquire(timeout=10) for _ in range(2))
    assert threading.active_count() == before + 3
    assert pool.waiting() == 18
    gate.set()
    assert pool.stop(10)
    assert not pool.submit(job)


def test_a_job_that_fails_is_logged_and_its_thread_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    pool, ran = WorkerPool("test", 1), threading.Event()

    def broken() -> None:
        raise KeyboardInterrupt

    pool.submit(broken)
    pool.submit(ran.set)
    assert ran.wait(10)
    assert pool.stop(10)
    assert "A job of test failed" in caplog.text


def test_a_stop_does_not_wait_longer_than_its_grace_and_drops_what_waits() -> None:
    pool, gate, ran = WorkerPool("test", 1), threading.Event(), threading.Event()
    pool.submit(lambda: gate.wait(10))
    pool.submit(ran.set)
    assert not pool.stop(0.01)
    gate.set()
    assert pool.stop(10)
    assert not ran.is_set()


def test_results_come_in_the_order_of_the_items_and_threads_see_the_callers_context() -> None:
    variable: ContextVar[int] = ContextVar("variable")
    variable.set(10)
    assert map_in_threads(lambda x: x + variable.get(), [1, 2, 3], workers=2, name="t") == [11, 12, 13]
    assert map_in_threads(str, [], workers=2, name="t") == []


def test_the_first_failing_item_is_raised_after_all_have_ended() -> None:
    ended = []

    def work(item: int) -> None:
        ended.append(item)
        if item:
            raise ValueError(item)

    with pytest.raises(ValueError, match="1"):
        map_in_threads(work, [0, 1, 2], workers=3, name="t")
    assert sorted(ended) == [0, 1, 2]
