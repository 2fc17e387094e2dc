"""A network camera that is unplugged, plugged in again, hung, and that wants a password."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from platypush.errors import Unavailable
from platypush.plugins.camera.ffmpeg import CameraFfmpegPlugin
from platypush.plugins.services import PluginServices
from platypush.streams.broadcast import Viewer
from tests.running.network_camera import running_camera
from tests.running.pictures import jpeg_size
from tests.running.processes import free_port, tree
from tests.running.waiting import open_descriptors, until

pytestmark = pytest.mark.live
SECRET = "se-cret"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture(params=["", "mjpeg"], ids=["made anew", "passed on"])
def camera(request: pytest.FixtureRequest, port: int, tmp_path: Path) -> Iterator[CameraFfmpegPlugin]:
    threads, descriptors = threading.active_count(), len(open_descriptors())
    device = f"http://viewer:{SECRET}@127.0.0.1:{port}/video"
    made = CameraFfmpegPlugin(device=device, input_codec=request.param or None, fps=10, stop_capture_after=0.2)
    made.bind(PluginServices(config=SimpleNamespace(workdir=tmp_path)))  # type: ignore[arg-type]
    made.start()
    yield made
    made.stop()
    until(lambda: threading.active_count() <= threads)
    until(lambda: len(open_descriptors()) <= descriptors)


def watch(camera: CameraFfmpegPlugin) -> Viewer:
    return camera._capture.watch()


def shown(viewer: Viewer) -> bytes:
    for _ in range(100):
        if (picture := viewer.next(0.2)) is not None:
            return picture
    raise AssertionError("nothing is shown")


def processes() -> str:
    """The arguments of this process's children, as everybody on the machine can read them."""
    return " ".join(
        Path(f"/proc/{pid}/cmdline").read_text() for pid in tree(threading.main_thread().native_id or 0)[1:]
    )


def test_it_is_unplugged_and_back_with_one_line_each_way(
    camera: CameraFfmpegPlugin, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with running_camera(port):
        viewer = watch(camera)
        assert jpeg_size(shown(viewer)) == (64, 48)
        assert SECRET not in processes()
        assert "ffmpeg" in processes()
    until(lambda: camera.presence.reason)
    # Nobody who comes now waits for long.
    newcomer = watch(camera)
    with pytest.raises(Unavailable, match=str(port)) as refused:
        shown(newcomer)
    newcomer.close()
    with running_camera(port):
        until(lambda: viewer.next(0.2), 10)
        assert camera.presence.reason is None
        viewer.close()
        until(lambda: not camera._capture.active)
    assert (caplog.text.count("is away"), caplog.text.count("is back after")) == (1, 1)
    assert SECRET not in caplog.text + str(refused.value) + str(camera.status().output) + repr(camera.label)


def test_one_that_keeps_its_connection_and_sends_nothing_is_noticed(camera: CameraFfmpegPlugin, port: int) -> None:
    with running_camera(port) as device:
        viewer = watch(camera)
        shown(viewer)
        device.hang.set()
        until(lambda: camera.presence.reason, 15)
        device.hang.clear()
        until(lambda: viewer.next(0.2), 10)
    viewer.close()


def test_one_that_was_taken_over_leads_nowhere_else(camera: CameraFfmpegPlugin, port: int) -> None:
    with running_camera(free_port(), password=SECRET) as other:
        with running_camera(port) as device:
            device.redirect = f"http://viewer:{SECRET}@127.0.0.1:{other.server.server_port}/"
            viewer = watch(camera)
            with pytest.raises(Unavailable):
                shown(viewer)
            viewer.close()
        assert other.requests == 0


def test_a_wrong_password_is_said_and_not_shown(camera: CameraFfmpegPlugin, port: int) -> None:
    with running_camera(port, password="another"):
        viewer = watch(camera)
        with pytest.raises(Unavailable, match=r"401|authoriz") as refused:
            shown(viewer)
        viewer.close()
    assert SECRET not in str(refused.value)
