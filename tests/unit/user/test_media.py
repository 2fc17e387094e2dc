"""Media that players fetch, as all processes know them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from platypush.user.media import MediaRegistry, Medium
from platypush.user.service import Users
from tests.unit.user.conftest import OpenUsers
from tests.unit.user.doubles import ManualClock

_DAY = 86400


def medium(number: int = 1, **changes: str) -> Medium:
    values = {"source": f"/films/{number}.mp4", "location": f"/films/{number}.mp4", "mime_type": "video/mp4"}
    return Medium(**{"id": f"{number:040}", "name": f"{number}.mp4", **values, **changes})


def test_what_one_process_adds_another_one_knows_and_a_restart_keeps(open_store: OpenUsers) -> None:
    first, second = open_store(), open_store()
    first.media.add(medium(subtitles="/films/1.srt"))
    assert second.media.get(medium().id) == medium(subtitles="/films/1.srt")
    first.close()
    second.close()
    assert open_store().media.list() == [medium(subtitles="/films/1.srt")]


def test_adding_again_renews_and_keeps_the_subtitles(empty: Users, clock: ManualClock) -> None:
    empty.media.add(medium(subtitles="/films/1.srt"))
    clock.advance(29 * _DAY)
    assert empty.media.add(medium(mime_type="video/webm")) == medium(mime_type="video/webm", subtitles="/films/1.srt")
    clock.advance(29 * _DAY)
    assert empty.media.get(medium().id) is not None
    assert empty.media.add(medium(subtitles="/films/2.vtt")).subtitles == "/films/2.vtt"


def test_a_medium_is_forgotten_after_a_month(empty: Users, clock: ManualClock) -> None:
    empty.media.add(medium())
    clock.advance(30 * _DAY)
    assert empty.media.get(medium().id) is None
    assert empty.media.list() == []
    empty.media.add(medium(2))
    assert not empty.media.remove(medium().id)


def test_the_oldest_make_room(empty: Users, clock: ManualClock) -> None:
    registry = MediaRegistry(empty.database, clock, most=3)
    for number in range(5):
        registry.add(medium(number))
        clock.advance(1)
    assert [item.name for item in registry.list()] == ["4.mp4", "3.mp4", "2.mp4"]
    registry.add(medium(2))
    assert [item.name for item in registry.list()] == ["2.mp4", "4.mp4", "3.mp4"]


def test_subtitles_come_and_go(empty: Users) -> None:
    empty.media.add(medium())
    assert empty.media.set_subtitles(medium().id, "/films/1.srt")
    assert empty.media.get(medium().id) == medium(subtitles="/films/1.srt")
    assert empty.media.set_subtitles(medium().id, None)
    assert empty.media.get(medium().id) == medium()
    assert not empty.media.set_subtitles("0" * 40, "/films/1.srt")


def test_a_medium_is_removed_once(empty: Users) -> None:
    empty.media.add(medium())
    assert empty.media.remove(medium().id)
    assert not empty.media.remove(medium().id)
    assert empty.media.get(medium().id) is None


def test_many_may_add_the_same_at_once(empty: Users) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: empty.media.add(medium()), range(40))) == {medium()}
    assert empty.media.list() == [medium()]
