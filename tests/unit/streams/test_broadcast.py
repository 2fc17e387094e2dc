"""One source, many viewers."""

from __future__ import annotations

import threading

import pytest

from platypush.errors import Busy, Unavailable
from platypush.streams import EndOfStream
from platypush.streams.broadcast import Broadcast
from tests.running.waiting import until


def test_each_viewer_gets_the_newest_item_once() -> None:
    broadcast = Broadcast()
    early, late = broadcast.viewer(), broadcast.viewer()
    broadcast.publish(b"one")
    assert early.next(1) == b"one"
    assert early.next(0) is None
    broadcast.publish(b"two")
    broadcast.publish(b"three")
    assert early.next(1) == b"three"
    assert late.next(1) == b"three"


def test_a_viewer_gets_nothing_from_before_his_time_nor_from_the_start_when_he_skips_it() -> None:
    broadcast = Broadcast()
    broadcast.publish(b"old")
    viewer, choosy = broadcast.viewer(), broadcast.viewer(skip=2)
    assert viewer.next(0) is None
    for item in (b"one", b"two"):
        broadcast.publish(item)
    assert viewer.next(0) == b"two"
    assert choosy.next(0) is None
    broadcast.publish(b"three")
    assert choosy.next(0) == b"three"


def test_a_viewer_who_waits_is_woken() -> None:
    broadcast = Broadcast()
    viewer = broadcast.viewer()
    got: list[bytes | None] = []
    thread = threading.Thread(target=lambda: got.append(viewer.next(20)))
    thread.start()
    broadcast.publish(b"item")
    thread.join(10)
    assert got == [b"item"]


def test_a_slower_viewer_gets_an_item_that_waits_for_him_as_soon_as_he_may() -> None:
    broadcast = Broadcast()
    viewer = broadcast.viewer(interval=0.2)
    broadcast.publish(b"one")
    assert viewer.next(1) == b"one"
    broadcast.publish(b"two")
    assert viewer.next(0) is None
    assert viewer.next(5) == b"two"


def test_a_failure_reaches_those_who_came_before_it_and_have_had_nothing() -> None:
    broadcast = Broadcast()
    watching, waiting = broadcast.viewer(), broadcast.viewer()
    broadcast.publish(b"item")
    assert watching.next(0) == b"item"
    new = broadcast.viewer()
    broadcast.fail(Unavailable("It is away."))
    later = broadcast.viewer()
    assert watching.next(0) is None
    assert waiting.next(0) == b"item"
    with pytest.raises(Unavailable, match="away"):
        new.next(0)
    assert later.next(0) is None
    broadcast.publish(b"back")
    assert new.next(0) == b"back"


def test_there_is_a_limit_to_viewers_and_places_become_free() -> None:
    changes: list[int] = []
    broadcast = Broadcast(max_viewers=1, on_change=lambda: changes.append(broadcast.viewers))
    viewer = broadcast.viewer()
    with pytest.raises(Busy):
        broadcast.viewer()
    viewer.close()
    viewer.close()
    broadcast.viewer()
    assert changes == [1, 0, 1]


def test_a_viewer_who_is_sent_away_learns_it_while_he_waits() -> None:
    broadcast = Broadcast()
    viewer = broadcast.viewer()
    ended = threading.Event()

    def watch() -> None:
        with pytest.raises(EndOfStream):
            viewer.next(20)
        ended.set()

    threading.Thread(target=watch).start()
    broadcast.end()
    until(ended.is_set)
