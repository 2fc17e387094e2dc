"""What callers may say of a picture, and what ffmpeg is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platypush.errors import BadRequest, ConfigurationError, Forbidden
from platypush.plugins.camera._arguments import VIDEOS, converter, filters, jpegs, photo, recorder
from platypush.plugins.camera._ffmpeg import redacted
from platypush.plugins.camera._output import output_path
from platypush.plugins.camera._parts import BrokenParts, Parts, part
from platypush.plugins.camera._picture import Picture, Wish
from platypush.plugins.camera.ffmpeg._sources import FfmpegSource, make_source


def test_a_query_is_read_as_numbers_and_what_beats_caches_is_left_out() -> None:
    wish = Wish.read({"resolution": "320,240", "fps": "5", "grayscale": "1", "rotate": "-90", "t": "7", "_t": "8"})
    assert wish.picture == Picture(resolution=(320, 240), fps=5, grayscale=True, rotate=-90)
    assert wish.converts
    assert wish.fps == 5


def test_a_lower_rate_alone_needs_no_other_pictures() -> None:
    wish = Wish.read({"fps": 5})
    assert not wish.converts
    assert Wish.read({}).fps is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resolution", "1,1"),
        ("resolution", "5000x100"),
        ("resolution", "640"),
        ("resolution", [640, "480; rm"]),
        ("resolution", 7),
        ("fps", "nan"),
        ("fps", 0),
        ("fps", True),
        ("quality", 1.5),
        ("quality", 101),
        ("rotate", "90,hflip"),
        ("grayscale", "perhaps"),
        ("scale_x", "1e9"),
        ("format", "exe"),
        ("warmup_frames", -1),
        ("device", "/dev/video1"),
        ("ffmpeg_args", "-f"),
        ("anything", "x"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        Wish.read({name: value})
    assert name in str(refused.value)
    assert refused.value.details == {"argument": name}


def test_a_picture_that_would_be_too_large_is_refused() -> None:
    with pytest.raises(BadRequest, match="4096"):
        Wish.read({"resolution": "4000,4000", "scale_y": 2})


@pytest.mark.parametrize(
    ("picture", "chain"),
    [
        (Picture(), ""),
        (Picture(resolution=(320, 240)), "scale=320:240"),
        (Picture(rotate=90), "transpose=cclock"),
        (Picture(rotate=-90), "transpose=clock"),
        (Picture(rotate=180, horizontal_flip=True), "hflip,vflip,hflip"),
        (Picture(rotate=45), "rotate=-45*PI/180:ow=rotw(-45*PI/180):oh=roth(-45*PI/180)"),
        (Picture(grayscale=True, vertical_flip=True), "format=gray,vflip"),
        (Picture(scale_x=0.5), "scale=max(iw*0.5\\,2):max(ih*1\\,2)"),
    ],
)
def test_what_is_wanted_becomes_filters_in_their_order(picture: Picture, chain: str) -> None:
    assert filters(picture) == chain
    assert Picture(fps=3, quality=1).plain
    assert picture.plain == (not chain)


def test_pictures_that_stay_as_they_are_are_copied() -> None:
    assert "-vf" not in jpegs(Picture(resolution=(1, 1)), copy=True)
    assert jpegs(Picture(quality=100))[jpegs(Picture(quality=100)).index("-q:v") + 1] == "2"
    assert jpegs(Picture(quality=1))[jpegs(Picture(quality=1)).index("-q:v") + 1] == "31"
    assert converter(Picture(rotate=90)).count("transpose=cclock") == 1
    assert photo(Picture(), "png")[-4:] == ("-c:v", "png", "-f", "image2pipe", "pipe:1")[-4:]


def test_a_film_is_written_to_a_file_whatever_its_name_looks_like() -> None:
    options = recorder(Picture(), VIDEOS[".mp4"], 10, "/videos/-x http://y.mp4.part")
    assert options[-1] == "file:/videos/-x http://y.mp4.part"
    assert "-vf" not in recorder(Picture(), VIDEOS[".avi"], 10, "/x")


def source(device: str, picture: Picture | None = None, **more: Any) -> FfmpegSource:
    options = {"input_format": None, "input_codec": None, "ffmpeg_args": (), "timeout": 5.0, **more}
    return make_source(device, picture or Picture(resolution=(640, 480), fps=15), **options)


def after(options: tuple[str, ...], name: str) -> str:
    return options[options.index(name) + 1]


def test_a_device_gets_the_size_and_rate_and_its_own_jpeg_is_passed_on() -> None:
    found = source("/dev/video2", ffmpeg_args=("-thread_queue_size", "8"))
    assert found.device == Path("/dev/video2")
    assert (after(found.options, "-f"), after(found.options, "-i")) == ("v4l2", "/dev/video2")
    assert (after(found.options, "-video_size"), after(found.options, "-framerate")) == ("640x480", "15")
    assert after(found.options, "-thread_queue_size") == "8"
    passed_on = source("/dev/video2", input_codec="mjpeg").options
    assert (after(passed_on, "-input_format"), after(passed_on, "-c:v")) == ("mjpeg", "copy")
    turned = source("/dev/video2", Picture(rotate=90), input_codec="mjpeg").options
    assert after(turned, "-c:v") == "mjpeg"


def test_a_test_picture_has_the_wanted_size_unless_it_says_another() -> None:
    assert after(source("testsrc", input_format="lavfi").options, "-i") == "testsrc=size=640x480:rate=15"
    assert after(source("color=c=red", input_format="lavfi").options, "-i") == "color=c=red"
    with pytest.raises(ConfigurationError, match="filters"):
        source("/etc/passwd", input_format="lavfi")


def test_a_file_is_repeated_and_opens_nothing_but_files() -> None:
    options = source("/srv/film.mp4", input_format="mov").options
    assert (after(options, "-i"), after(options, "-protocol_whitelist")) == ("file:/srv/film.mp4", "file")
    assert "-stream_loop" in options


def test_a_network_camera_has_a_time_limit_and_leads_to_no_file() -> None:
    rtsp = source("rtsp://door.lan/stream").options
    assert (after(rtsp, "-timeout"), after(rtsp, "-rtsp_transport")) == ("5000000", "tcp")
    for url in ("rtsp://door.lan/stream", "http://door.lan/video", "https://u:p@door.lan/video", "udp://0.0.0.0:5000"):
        assert "file" not in after(source(url).options, "-protocol_whitelist").split(",")
    assert "hls" not in after(source("http://door.lan/video").options, "-format_whitelist")
    assert "-format_whitelist" not in source("http://door.lan/video", input_format="hls").options
    settled = source("http://door.lan/video", http_options=frozenset({"max_redirects"})).options
    assert after(settled, "-max_redirects") == "0"
    copied = source("http://door.lan/video", Picture(), input_codec="mjpeg", input_format="mpjpeg").options
    assert (after(copied, "-c:v"), after(copied, "-f")) == ("copy", "mpjpeg")


def test_a_password_is_not_in_the_list_of_processes() -> None:
    found = source("rtsp://viewer:se%27cret@door.lan/stream")
    assert not any("cret" in word for word in found.options)
    assert b"file 'rtsp://viewer:se%27cret@door.lan/stream'" in found.given
    assert b"option rtsp_transport tcp" in found.given
    assert redacted("rtsp://viewer:secret@door.lan: 401") == "rtsp://***@door.lan: 401"
    with pytest.raises(ConfigurationError, match="percent-encoded"):
        source("rtsp://viewer:se'cret@door.lan/stream")


@pytest.mark.parametrize("device", ["video0", "ftp://door.lan/x", "file:///etc/passwd", "concat:/a|/b"])
def test_what_is_no_source_is_refused_with_the_mend(device: str) -> None:
    with pytest.raises(ConfigurationError, match="device"):
        source(device)


def test_pictures_are_found_in_what_ffmpeg_writes_however_it_is_cut() -> None:
    data = part(b"one") + part(b"two\r\n\r\nthree")
    for size in (1, 7, 1000):
        parts = Parts()
        found = [parts.feed(data[at : at + size]) for at in range(0, len(data), size)]
        assert [item for item in found if item][-1] == b"two\r\n\r\nthree"


@pytest.mark.parametrize("data", [b"x" * 5000, b"--b\r\n\r\n", b"Content-length: 999999999\r\n\r\n"])
def test_what_is_no_picture_is_not_waited_for(data: bytes) -> None:
    with pytest.raises(BrokenParts):
        Parts().feed(data)


def test_files_are_written_inside_of_the_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert output_path(folder, "a/b.jpg", (".jpg",)) == folder / "a" / "b.jpg"
    assert output_path(folder, str(folder / "c.JPG"), (".jpg",)) == folder / "c.JPG"
    assert output_path(folder, None, (".mp4", ".mkv")).suffix == ".mp4"
    (folder / "link.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    for name in ("../x.jpg", "/etc/x.jpg", "link.jpg"):
        with pytest.raises(Forbidden, match="outside"):
            output_path(folder, name, (".jpg",))
    with pytest.raises(BadRequest, match="ending"):
        output_path(folder, "x.sh", (".jpg",))
