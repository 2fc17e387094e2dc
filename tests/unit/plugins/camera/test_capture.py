"""One capture for all viewers, with ffmpeg's test picture or none at all."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from platypush._lib.calls import in_call
from platypush.errors import ActionFailed, BadRequest, Busy, Conflict, PlatypushError, TimeLimit, Unavailable
from platypush.plugins.camera import CameraPlugin
from platypush.plugins.camera._capture import Pictures
from platypush.plugins.camera._ffmpeg import Ffmpeg, convert
from platypush.plugins.camera.ffmpeg import CameraFfmpegPlugin
from platypush.streams import EndOfStream, Source, StreamRequest
from tests.running.pictures import jpeg_size
from tests.running.waiting import until
from tests.unit.plugins.camera.conftest import Events, Offers

Make = Callable[..., CameraFfmpegPlugin]
NAME = "camera.ffmpeg"


def watch(offers: Offers, *, single: bool = False, **args: Any) -> Source:
    return offers.openers[NAME](StreamRequest(stream=NAME, args=args, single=single))


def next_picture(source: Source) -> bytes:
    picture = None
    for _ in range(40):
        picture = source.next(0.5)
        if picture is not None:
            break
    assert picture is not None
    return picture


def ffmpeg_of(plugin: CameraPlugin) -> int:
    pictures = plugin._capture._pictures
    assert isinstance(pictures, Ffmpeg)
    return pictures.pid


def test_a_camera_is_open_only_while_somebody_watches(make_camera: Make, offers: Offers) -> None:
    plugin = make_camera()
    assert not plugin._capture.active
    viewers = [watch(offers) for _ in range(3)]
    assert {jpeg_size(next_picture(viewer)) for viewer in viewers} == {(64, 48)}
    state = plugin.status("testsrc").output
    assert (state["viewers"], state["active"], state["streaming"], state["capturing"]) == (3, True, True, False)
    for viewer in viewers:
        viewer.close()
    until(lambda: not plugin._capture.active)
    with pytest.raises(BadRequest, match="another"):
        plugin.status("another")
    assert list(plugin.status().output) == ["testsrc"]


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSTOP])
def test_a_capture_that_dies_or_hangs_is_back_with_one_line_each_way(
    make_camera: Make, offers: Offers, caplog: pytest.LogCaptureFixture, signum: signal.Signals
) -> None:
    caplog.set_level(logging.INFO)
    plugin = make_camera()
    viewer = watch(offers)
    next_picture(viewer)
    old = ffmpeg_of(plugin)
    os.kill(old, signum)
    until(lambda: plugin.presence.reason)
    until(lambda: plugin._capture.active and ffmpeg_of(plugin) != old)
    assert next_picture(viewer)
    until(lambda: plugin.presence.reason is None)
    assert (caplog.text.count("is away"), caplog.text.count("is back after")) == (1, 1)
    viewer.close()


def test_a_camera_that_is_away_says_so_to_everybody_and_again_to_who_comes_later(
    make_camera: Make, offers: Offers, tmp_path: Path
) -> None:
    plugin = make_camera(device=str(tmp_path / "video9"))
    for _ in range(2):
        with pytest.raises(Unavailable, match="video9 is not there"):
            plugin.capture_image()
    assert "not there" in plugin.status(plugin.label).output["away"]
    viewer = watch(offers, resolution="32,32")
    with pytest.raises(Unavailable):
        next_picture(viewer)
    viewer.close()


def test_ffmpegs_own_words_are_the_reason(make_camera: Make, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film" * 1000)
    with pytest.raises(Unavailable, match="Invalid data"):
        make_camera(device=str(broken)).capture_image()


def test_a_machine_without_ffmpeg_is_told_how_to_get_it(make_camera: Make) -> None:
    with pytest.raises(Unavailable, match="apt install ffmpeg"):
        make_camera(ffmpeg_bin="ffmpeg-of-nobody").capture_image()
    with pytest.raises(Unavailable, match="apt install ffmpeg"):
        convert("ffmpeg-of-nobody", (), b"")


def test_viewers_of_the_same_size_share_a_converter_that_ends_with_them(make_camera: Make, offers: Offers) -> None:
    plugin = make_camera(max_variants=1)
    first, second = watch(offers, resolution="32,16"), watch(offers, resolution="32x16")
    assert jpeg_size(next_picture(first)) == jpeg_size(next_picture(second)) == (32, 16)
    with pytest.raises(Busy):
        watch(offers, resolution="16,16")
    assert plugin.status("testsrc").output["viewers"] == 3
    first.close()
    second.close()
    until(lambda: plugin.status("testsrc").output["viewers"] == 0)
    third = watch(offers, resolution="16,16")
    assert jpeg_size(next_picture(third)) == (16, 16)
    third.close()


def test_converted_pictures_come_again_after_the_capture_died(make_camera: Make, offers: Offers) -> None:
    plugin = make_camera()
    viewer = watch(offers, resolution="32,32", fps="10")
    next_picture(viewer)
    os.kill(ffmpeg_of(plugin), signal.SIGKILL)
    until(lambda: plugin.presence.reason)
    until(lambda: plugin.presence.reason is None)
    assert jpeg_size(next_picture(viewer)) == (32, 32)
    viewer.close()


def test_a_photo_leaves_out_the_pictures_of_a_camera_that_adapts_to_the_light(
    make_camera: Make, offers: Offers
) -> None:
    make_camera(warmup_frames=3)
    photo = watch(offers, single=True, format="png", warmup_frames="6")
    assert photo.content_type == "image/png"
    assert next_picture(photo).startswith(b"\x89PNG")
    photo.close()
    with pytest.raises(BadRequest, match="format"):
        watch(offers, format="png")


def test_there_is_a_limit_to_viewers(make_camera: Make, offers: Offers) -> None:
    make_camera(max_viewers=1)
    viewer = watch(offers)
    with pytest.raises(Busy):
        watch(offers)
    viewer.close()


def test_a_stop_sends_viewers_away_and_takes_no_time(make_camera: Make, offers: Offers) -> None:
    plugin = make_camera()
    viewer, other = watch(offers), watch(offers, grayscale="1")
    next_picture(viewer)
    next_picture(other)
    pid = ffmpeg_of(plugin)
    os.kill(pid, signal.SIGSTOP)
    plugin.stop()
    for source in (viewer, other):
        with pytest.raises(EndOfStream):
            source.next(0)
    assert not Path(f"/proc/{pid}").exists()
    assert NAME not in offers.openers


def test_a_film_is_recorded_for_a_time(make_camera: Make, events: Events) -> None:
    plugin = make_camera()
    path = plugin.capture_video(duration=0.5, video_file="a.mp4").output
    assert Path(path).read_bytes()[4:8] == b"ftyp"
    until(lambda: events.names() == ["RecordingStarted", "RecordingStopped", "VideoRendered"])
    assert {event.filename for event in events.posted} == {path}
    assert os.listdir(Path(path).parent) == ["a.mp4"]


def test_a_film_is_recorded_until_it_is_stopped(make_camera: Make) -> None:
    plugin = make_camera()
    assert plugin.stop_capture().output is None
    state = plugin.capture_video(video_file="a.avi").output
    assert state["capturing"]
    with pytest.raises(Conflict, match="stop_capture"):
        plugin.capture_video()
    until(lambda: plugin._capture.active)
    threading.Event().wait(0.3)
    path = plugin.stop_capture().output
    assert Path(path).read_bytes().startswith(b"RIFF")
    assert not plugin.status("testsrc").output["capturing"]


def test_a_recording_survives_the_end_of_the_hub_as_far_as_it_came(make_camera: Make) -> None:
    plugin = make_camera()
    path = Path(plugin.capture_video(video_file="a.mkv").output["recording"])
    until(lambda: plugin._capture.active)
    threading.Event().wait(0.5)
    plugin.stop()
    until(path.exists)


def test_a_film_that_cannot_be_made_says_why(make_camera: Make, events: Events, tmp_path: Path) -> None:
    away = make_camera(device=str(tmp_path / "video9"))
    with pytest.raises(Unavailable, match="not there"):
        away.capture_video(duration=1)
    plugin = make_camera(output_dir=tmp_path / "out")
    (tmp_path / "out" / "folder.mp4").mkdir(parents=True)
    with pytest.raises(ActionFailed, match="cannot be written"):
        plugin.capture_video(duration=0.2, video_file="folder.mp4")
    assert "VideoRendered" not in events.names()


@pytest.mark.parametrize(
    ("args", "part"),
    [
        ({"duration": -1}, "duration"),
        ({"video_file": "a.exe"}, "ending"),
        ({"video_file": "a.avi", "rotate": 90}, ".avi"),
        ({"duration": 100}, "wait=false"),
    ],
)
def test_a_film_that_cannot_be_is_refused(make_camera: Make, args: dict[str, Any], part: str) -> None:
    with in_call("id", 60), pytest.raises(BadRequest, match=part):
        make_camera().capture_video(**args)


def test_a_picture_is_written_whole_and_told(make_camera: Make, events: Events) -> None:
    plugin = make_camera()
    path = plugin.take_picture("door.png", resolution=[32, 16]).output
    assert Path(path).read_bytes().startswith(b"\x89PNG")
    assert events.names() == ["PictureTaken"]
    assert jpeg_size(Path(plugin.capture_image().output).read_bytes()) == (64, 48)


def test_a_picture_that_cannot_be_converted_says_why() -> None:
    with pytest.raises(ActionFailed, match="convert"):
        convert(
            "ffmpeg", ("-loglevel", "error", "-f", "jpeg_pipe", "-i", "pipe:0", "-f", "image2pipe", "-"), b"rubbish"
        )


def test_a_camera_that_gives_nothing_is_no_endless_wait(make_camera: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platypush.plugins.camera._PHOTO_SECONDS", 0.2)
    plugin = make_camera(warmup_frames=100)
    with pytest.raises(TimeLimit, match="no picture"):
        plugin.capture_image()


def test_one_section_has_several_cameras_each_with_its_own_address(
    make_camera: Make, offers: Offers, events: Events, tmp_path: Path
) -> None:
    garden = {"device": "smptebars", "input_format": "lavfi", "resolution": [32, 16], "fps": 20}
    gone = {"device": str(tmp_path / "video9")}
    plugin = make_camera(cameras={"garden": garden, "gone": gone})
    assert sorted(offers.openers) == [NAME, f"{NAME}.garden", f"{NAME}.gone"]
    viewer = offers.openers[f"{NAME}.garden"](StreamRequest(stream=f"{NAME}.garden"))
    assert jpeg_size(next_picture(viewer)) == (32, 16)
    path = Path(plugin.capture_image("a.jpg", device="garden").output)
    assert (path.parent.name, jpeg_size(path.read_bytes())) == (f"{NAME}.garden", (32, 16))
    assert plugin.capture_video(0.3, "a.mkv", device="garden").output == str(path.parent / "a.mkv")
    assert plugin.stop_capture(device="garden").output is None
    assert events.posted[0].device == "smptebars"
    state = plugin.status().output
    assert list(state) == ["testsrc", "garden", "gone"]
    assert (state["garden"]["active"], state["testsrc"]["active"]) == (True, False)
    assert plugin.failure is None
    with pytest.raises(Unavailable):
        plugin.capture_image(device="gone")
    assert "not there" in str(plugin.failure)
    viewer.close()


@pytest.mark.parametrize(
    ("cameras", "part"),
    [
        ({"the garden": {"device": "/dev/video1"}}, "the garden"),
        ({"garden": {"cameras": {}}}, "garden"),
        ({"garden": {"devise": "/dev/video1"}}, "devise"),
        ({"garden": {"device": "video1"}}, "neither"),
    ],
)
def test_a_wrong_further_camera_is_refused_by_its_name(cameras: dict[str, Any], part: str) -> None:
    with pytest.raises(PlatypushError, match=part):
        CameraFfmpegPlugin(cameras=cameras)


def test_a_camera_of_ones_own_needs_to_be_opened_only() -> None:
    class Album:
        def next(self, seconds: float) -> bytes | None:
            return b"picture"

        def kill(self) -> None:
            """Nothing runs."""

        def close(self) -> None:
            """Nothing is held."""

    class Own(CameraPlugin):
        def open_camera(self) -> Pictures:
            return Album()

    with pytest.raises(NotImplementedError):
        CameraPlugin().open_camera()
    plugin = Own(stop_capture_after=0)
    thread = threading.Thread(target=plugin.main)
    thread.start()
    viewer = plugin._open_stream(StreamRequest(stream="camera.own"))
    assert next_picture(viewer) == b"picture"
    viewer.close()
    plugin._capture.stop()
    thread.join(10)
    assert not thread.is_alive()
