"""The bounded map behind authentication."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from platypush.user.cache import TwoAgeCache


def test_it_gives_back_what_was_put() -> None:
    cache: TwoAgeCache[str, int] = TwoAgeCache(10)
    cache.put("a", 1)
    cache.put("a", 2)
    assert cache.get("a") == 2
    assert cache.get("b") is None


def test_it_never_holds_more_than_its_capacity() -> None:
    cache: TwoAgeCache[int, int] = TwoAgeCache(10)
    for number in range(1000):
        cache.put(number, number)
        assert len(cache) <= 10


def test_what_is_asked_for_survives_a_flood() -> None:
    cache: TwoAgeCache[int, int] = TwoAgeCache(10)
    cache.put(-1, -1)
    for number in range(1000):
        cache.put(number, number)
        assert cache.get(-1) == -1


def test_what_nobody_asks_for_is_forgotten() -> None:
    cache: TwoAgeCache[int, int] = TwoAgeCache(10)
    for number in range(11):
        cache.put(number, number)
    assert cache.get(0) is None
    assert cache.get(10) == 10


def test_what_is_removed_is_gone_whatever_its_age() -> None:
    cache: TwoAgeCache[int, int] = TwoAgeCache(4)
    for number in range(4):
        cache.put(number, number)
    cache.remove(0)
    cache.remove(3)
    cache.remove(99)
    assert cache.get(0) is None
    assert cache.get(3) is None


def test_many_threads_at_once_break_nothing() -> None:
    cache: TwoAgeCache[int, int] = TwoAgeCache(50)

    def work(start: int) -> None:
        for number in range(start, start + 2000):
            cache.put(number % 120, number)
            cache.get((number + 60) % 120)
            cache.remove((number + 30) % 120)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(cache) <= 50
