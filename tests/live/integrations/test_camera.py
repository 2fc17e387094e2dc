"""Cameras in a whole hub, with ffmpeg's test picture: watched, left, killed under their viewers, reloaded."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.reference import configuration
from tests.running.hub import Hub, running_hub
from tests.running.pictures import Viewer, jpeg_size
from tests.running.processes import tree
from tests.running.waiting import until

pytestmark = pytest.mark.live
VIDEO, PHOTO = "/camera/ffmpeg/video", "/camera/ffmpeg/photo"
THREADS = ("--http-socket", "127.0.0.1:{port}", "--master", "--processes", "2", "--threads", "8")
SOON = 20.0


def configured(*more: str) -> str:
    """The documented configuration, with a test picture in place of the device."""
    lines = ["device: testsrc", "input_format: lavfi", "stop_capture_after: 1", *more]
    return configuration("camera", {"device: /dev/video0": "\n  ".join(lines)})


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    garden = (
        "cameras:\n    garden: {device: smptebars, input_format: lavfi, resolution: [32, 16], stop_capture_after: 1}"
    )
    with running_hub(tmp_path_factory.mktemp("camera"), config=configured(garden)) as made:
        yield made


@pytest.fixture(autouse=True)
def _released(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does, nothing of it is left some seconds later."""
    yield
    if "hub" in request.fixturenames:
        hub = request.getfixturevalue("hub")
        until(lambda: not captures(hub), SOON)
        until(lambda: streams_open(hub) == 0, SOON)


def captures(hub: Hub) -> list[int]:
    """The processes of ffmpeg that the hub has now."""
    found = []
    for pid in tree(hub.pid):
        try:
            if Path(f"/proc/{pid}/comm").read_text().strip() == "ffmpeg":
                found.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def streams_open(hub: Hub) -> int:
    """Connections between workers and the daemon that carry streams (proc(5): ``/proc/net/unix``)."""
    path = f"{hub.workdir}/run/streams.sock"
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    return sum(row[-1] == path and row[5] == "03" for row in rows)


def status(hub: Hub) -> dict[str, Any]:
    found: dict[str, Any] = hub.execute("camera.ffmpeg.status", device="testsrc").json()["response"]["output"]
    return found


def watch(hub: Hub, path: str = VIDEO) -> Viewer:
    viewer = Viewer.open(hub.port, path, hub.token)
    assert viewer.status == 200
    return viewer


def away_lines(hub: Hub) -> tuple[int, int]:
    log = hub.log.read_text()
    return log.count("camera.ffmpeg is away"), log.count("camera.ffmpeg is back")


@pytest.mark.parametrize(
    ("query", "size"),
    [("", (640, 480)), ("?resolution=320,240", (320, 240)), ("?resolution=320x240&rotate=90&t=1", (240, 320))],
)
def test_a_photo_is_a_jpeg_of_the_wanted_size(hub: Hub, query: str, size: tuple[int, int]) -> None:
    answer = hub.request("GET", PHOTO + query, headers=hub.token)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"
    assert jpeg_size(answer.body) == size


@pytest.mark.parametrize(("ext", "start"), [("png", b"\x89PNG"), ("bmp", b"BM"), ("jpg", b"\xff\xd8")])
def test_a_photo_comes_in_the_kind_that_its_address_names(hub: Hub, ext: str, start: bytes) -> None:
    answer = hub.request("GET", f"{PHOTO}.{ext}", headers=hub.token)
    assert answer.body.startswith(start)
    assert answer.headers["content-type"] == f"image/{'jpeg' if ext == 'jpg' else ext}"


def test_a_video_is_pictures_that_replace_each_other_and_are_never_kept(hub: Hub) -> None:
    viewer = watch(hub)
    assert viewer.headers["content-type"].startswith("multipart/x-mixed-replace; boundary=")
    assert viewer.headers["cache-control"] == "no-store"
    assert viewer.headers["x-accel-buffering"] == "no"
    pictures = [viewer.next() for _ in range(5)]
    assert len(set(pictures)) == 5
    assert {jpeg_size(picture) for picture in pictures} == {(640, 480)}
    viewer.close()


def test_fifty_viewers_share_one_capture_and_leave_nothing_behind(hub: Hub) -> None:
    with ThreadPoolExecutor(50) as pool:
        viewers = list(pool.map(lambda _: watch(hub), range(50)))
        sizes = set(pool.map(lambda viewer: jpeg_size([viewer.next() for _ in range(10)][-1]), viewers))
    assert sizes == {(640, 480)}
    assert status(hub)["viewers"] == 50
    assert len(captures(hub)) == 1
    for viewer in viewers:
        viewer.close()
    until(lambda: status(hub)["viewers"] == 0, 5)
    until(lambda: not captures(hub), 5)


def test_viewers_of_another_size_share_one_converter(hub: Hub) -> None:
    viewers = [watch(hub, f"{VIDEO}?resolution=160,120&fps=5") for _ in range(3)]
    assert {jpeg_size(viewer.next()) for viewer in viewers} == {(160, 120)}
    assert len(captures(hub)) == 2
    for viewer in viewers:
        viewer.close()


def test_more_sizes_at_once_than_allowed_are_refused(hub: Hub) -> None:
    viewers = [watch(hub, f"{VIDEO}?resolution={side},{side}") for side in (100, 110, 120, 130)]
    answer = hub.request("GET", f"{VIDEO}?resolution=140,140", headers=hub.token)
    assert (answer.status, answer.json()["error"]["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) >= 1
    for viewer in viewers:
        viewer.close()


def test_who_takes_nothing_loses_his_place_and_delays_nobody(hub: Hub) -> None:
    stalled, lively = watch(hub), watch(hub)
    began = time.monotonic()
    while status(hub)["viewers"] == 2:
        lively.next()
        assert time.monotonic() - began < 30
    assert status(hub)["viewers"] == 1
    lively.close()
    until(lambda: streams_open(hub) == 0, SOON)
    stalled.close()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSTOP])
def test_a_capture_that_dies_or_hangs_under_its_viewers_is_back_within_ten_seconds(
    hub: Hub, signum: signal.Signals
) -> None:
    lost, found = away_lines(hub)
    viewer = watch(hub)
    viewer.next()
    (pid,) = captures(hub)
    os.kill(pid, signum)
    began = time.monotonic()
    until(lambda: pid not in captures(hub))
    # What is still on its way to him is old.
    until(lambda: bool(captures(hub)) and status(hub)["active"])
    for _ in range(20):
        viewer.next()
    assert time.monotonic() - began < 12
    viewer.close()
    assert away_lines(hub) == (lost + 1, found + 1)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (f"{PHOTO}?resolution=99999,2", "'resolution'"),
        (f"{PHOTO}?device=/etc/passwd", "'device'"),
        (f"{VIDEO}?ffmpeg_args=-f", "'ffmpeg_args'"),
        (f"{VIDEO}?fps=nan", "'fps'"),
        (f"{VIDEO}?format=png", "format"),
        (f"{VIDEO}.mp4", ".mp4"),
        (f"{PHOTO}.exe", "'format'"),
    ],
)
def test_a_wrong_argument_is_refused_by_its_name(hub: Hub, path: str, part: str) -> None:
    answer = hub.request("GET", path, headers=hub.token)
    assert answer.status == 400
    assert part in answer.json()["error"]["message"]


def test_a_further_camera_has_an_address_of_its_own(hub: Hub) -> None:
    assert jpeg_size(hub.request("GET", "/camera/ffmpeg/garden/photo", headers=hub.token).body) == (32, 16)
    viewer = watch(hub, "/camera/ffmpeg/garden/video")
    assert jpeg_size(viewer.next()) == (32, 16)
    viewer.close()
    assert hub.request("GET", "/camera/ffmpeg/cellar/photo", headers=hub.token).status == 404


def test_a_camera_that_nobody_configured_is_not_found(hub: Hub) -> None:
    assert hub.request("GET", "/camera/pi/photo", headers=hub.token).status == 404
    assert hub.request("GET", "/camera/../photo", headers=hub.token).status == 404


def test_a_signed_address_opens_this_camera_and_nothing_else(hub: Hub) -> None:
    body = json.dumps({"path": PHOTO})
    url = hub.request("POST", "/api/signed-urls", body, hub.token).json()["url"]
    assert hub.request("GET", url).status == 200
    assert hub.request("GET", url.replace("/photo", "/video")).status == 401
    assert hub.request("POST", "/api/signed-urls", json.dumps({"path": "/camera/../execute"}), hub.token).status == 400


def test_a_token_for_a_camera_shows_it_until_it_is_revoked(hub: Hub) -> None:
    user = ["--user", "owner"]
    token = hub.command("token", "create", "door", *user, "--scope", "camera:ffmpeg").splitlines()[-1].split()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    viewer = Viewer.open(hub.port, VIDEO, headers)
    viewer.next()
    assert hub.execute("camera.ffmpeg.status", headers=headers).status == 403
    for listed in hub.request("GET", "/api/tokens?user=owner", headers=hub.token).json()["tokens"]:
        assert hub.request("DELETE", f"/api/tokens/{listed['id']}?user=owner", headers=hub.token).status in (200, 204)
    assert viewer.ends(10)


def test_pictures_and_films_are_written_to_the_folder_of_the_camera_only(hub: Hub) -> None:
    def run(action: str, **args: Any) -> Any:
        return hub.execute(f"camera.ffmpeg.{action}", **args).json()["response"]

    picture = run("capture_image", image_file="door.png", resolution=[64, 48])["output"]
    assert picture == str(hub.workdir / "camera.ffmpeg" / "door.png")
    assert Path(picture).read_bytes().startswith(b"\x89PNG")
    film = run("capture_video", video_file="door.mp4", duration=1.5)["output"]
    assert b"ftyp" in Path(film).read_bytes()[:16]
    for name in ("../door.jpg", "/tmp/door.jpg", "~/door.jpg"):
        (error,) = run("capture_image", image_file=name)["errors"]
        assert "outside" in error


def test_a_reload_of_the_camera_ends_its_streams_and_they_can_be_opened_again(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", config=configured()) as hub:
        viewer = watch(hub)
        viewer.next()
        hub.config.write_text(hub.config.read_text().replace("resolution: [640, 480]", "resolution: [320, 240]"))
        began = time.monotonic()
        assert "camera.ffmpeg changed" in hub.command("reload")
        assert time.monotonic() - began < 10
        assert viewer.ends()
        again = watch(hub)
        assert jpeg_size(again.next()) == (320, 240)
        again.close()


def test_a_hub_with_viewers_stops_in_time_and_ends_their_streams(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", config=configured()) as hub:
        viewers = [watch(hub) for _ in range(5)]
        pids = hub.pids()
        os.kill(hub.pid, signal.SIGTERM)
        took = until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids[1:]))
        assert took < 8
        assert all(viewer.ends() for viewer in viewers)
    assert "Traceback" not in hub.log.read_text()


def test_a_hub_that_is_killed_leaves_no_ffmpeg_behind(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", config=configured()) as hub:
        viewer = watch(hub)
        viewer.next()
        (pid,) = captures(hub)
        os.kill(hub.pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes())
        viewer.close()


def test_a_camera_that_is_not_there_says_so_and_shows_up_when_it_is_plugged_in(tmp_path: Path) -> None:
    film = tmp_path / "film.mjpeg"
    config = f"camera.ffmpeg:\n  device: {film}\n  fps: 10\n"
    with running_hub(tmp_path / "hub", config=config) as hub:
        answer = hub.request("GET", PHOTO, headers=hub.token)
        assert answer.status == 503
        assert f"{film} is not there" in answer.json()["error"]["message"]
        assert "is not there" in hub.command("status", check=False)
        os.spawnlp(
            os.P_WAIT,
            "ffmpeg",
            *("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10", "-t", "2"),
            *("-c:v", "mjpeg", "-f", "mjpeg", str(film)),
        )
        until(lambda: hub.request("GET", PHOTO, headers=hub.token).status == 200)
        assert jpeg_size(hub.request("GET", PHOTO, headers=hub.token).body) == (64, 48)


def test_a_camera_that_is_configured_wrongly_says_why(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", config="camera.ffmpeg:\n  device: video0\n") as hub:
        answer = hub.request("GET", VIDEO, headers=hub.token)
        assert answer.status == 503
        assert "neither an absolute path nor a URL" in answer.json()["error"]["message"]
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("uwsgi_args", [None, THREADS], ids=["built-in", "threads"])
def test_the_other_servers_show_a_camera_too_and_notice_who_leaves(
    tmp_path: Path, uwsgi_args: tuple[str, ...] | None
) -> None:
    with running_hub(tmp_path / "hub", config=configured(), uwsgi_args=uwsgi_args) as hub:
        viewers = [watch(hub) for _ in range(4)]
        assert {jpeg_size(viewer.next()) for viewer in viewers} == {(640, 480)}
        for viewer in viewers:
            viewer.close()
        until(lambda: status(hub)["viewers"] == 0)
        until(lambda: not captures(hub))
        assert streams_open(hub) == 0
