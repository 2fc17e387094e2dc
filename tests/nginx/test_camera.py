"""Cameras through nginx: pictures as they come, and nobody is kept who does not take them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running.hub import Hub
from tests.running.nginx import HOST, Front, running_front
from tests.running.pictures import Viewer, jpeg_size
from tests.running.waiting import until

pytestmark = pytest.mark.live

# Small and slow: what is held back until a buffer is full would not come within a test's patience.
CONFIG = """
camera.ffmpeg:
  device: testsrc
  input_format: lavfi
  resolution: [64, 48]
  fps: 4
  stop_capture_after: 1
"""


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Front]]:
    with running_front(tmp_path_factory.mktemp("camera"), config=CONFIG) as made:
        yield made


def watch(hub: Hub, front: Front, path: str = "/camera/ffmpeg/video") -> Viewer:
    return Viewer(front.connect(), path, {"Host": f"{HOST}:{front.port}", **hub.token})


def viewers(hub: Hub) -> int:
    status = hub.execute("camera.ffmpeg.status", device="testsrc").json()["response"]["output"]
    return int(status["viewers"])


def test_each_picture_comes_when_it_is_there(camera: tuple[Hub, Front]) -> None:
    hub, front = camera
    viewer = watch(hub, front)
    assert viewer.headers["content-type"].startswith("multipart/x-mixed-replace")
    pictures = [viewer.next() for _ in range(4)]
    assert sum(map(len, pictures)) < 32_768
    assert {jpeg_size(picture) for picture in pictures} == {(64, 48)}
    viewer.close()
    until(lambda: viewers(hub) == 0)


def test_who_takes_nothing_behind_nginx_loses_his_place(camera: tuple[Hub, Front]) -> None:
    hub, front = camera
    viewer = watch(hub, front, "/camera/ffmpeg/video?resolution=2000,2000&quality=100")
    assert viewers(hub) > 0
    until(lambda: viewers(hub) == 0, 60)
    viewer.close()


def test_a_photo_and_a_refusal_come_as_they_do_directly(camera: tuple[Hub, Front]) -> None:
    hub, front = camera
    answer = front.request("GET", "/camera/ffmpeg/photo", headers=hub.token)
    assert jpeg_size(answer.body) == (64, 48)
    assert front.request("GET", "/camera/ffmpeg/photo").status == 401
    refusal = front.request("GET", "/camera/ffmpeg/photo?fps=x", headers=hub.token)
    assert (refusal.status, refusal.json()["error"]["code"]) == (400, "bad_request")
