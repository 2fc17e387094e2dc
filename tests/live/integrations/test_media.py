"""Media in a whole hub with two workers, read by a real player."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.reference import PAGES, configuration
from tests.running.hub import Hub, running_hub
from tests.running.processes import run_group
from tests.running.waiting import until
from tests.running.web import Page, running_web

pytestmark = pytest.mark.live

SECONDS = 20
SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello <i>you</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n{\\an8}Bye\n"


def ffmpeg(*arguments: str | Path) -> bytes:
    argv = ["ffmpeg", "-nostdin", "-v", "error", *map(str, arguments)]
    return subprocess.run(argv, check=True, capture_output=True, timeout=100).stdout


def frame(source: str | Path, second: float) -> bytes:
    """The picture at a second, which the player seeks."""
    return ffmpeg("-ss", str(second), "-i", source, "-frames:v", "1", "-f", "framemd5", "-")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film whose index is at its end, so that players have to ask for parts, with subtitles beside it; and sound."""
    folder = tmp_path_factory.mktemp("films")
    picture = f"testsrc2=size=320x240:rate=10:duration={SECONDS}"
    sound = f"sine=frequency=440:duration={SECONDS}"
    film = folder / "A film.mp4"
    ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-g", "10", "-b:v", "2M", "-shortest", film)
    ffmpeg("-f", "lavfi", "-i", f"sine=duration={SECONDS}", folder / "sound.mp3")
    (folder / "A film.srt").write_text(SRT)
    return folder


def config_for(films: Path) -> str:
    return configuration("media", {"/srv/media": str(films)})


@dataclass(frozen=True)
class Place:
    hub: Hub
    films: Path

    def add(self, source: str, **fields: Any) -> dict[str, Any]:
        answer = self.hub.request("PUT", "/media", json.dumps({"source": source, **fields}), self.hub.token)
        assert answer.status == 200, answer.body
        medium: dict[str, Any] = answer.json()
        return medium


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, films: Path) -> Iterator[Place]:
    example = re.search(r"^```python\n(.*?)^```$", (PAGES / "media.md").read_text(), re.MULTILINE | re.DOTALL)
    assert example is not None
    folder = tmp_path_factory.mktemp("hub")
    with running_hub(folder, config=config_for(films), scripts={"play.py": example[1]}) as hub:
        yield Place(hub, films)


def served(hub: Hub) -> list[float]:
    """How many requests each worker has answered."""
    text = hub.request("GET", "/metrics", headers=hub.token).body.decode()
    return [float(count) for count in re.findall(r"^platypush_uwsgi_worker_requests\S* (\S+)$", text, re.MULTILINE)]


def address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_what_one_worker_adds_every_worker_serves(place: Place) -> None:
    medium = place.add(f"{place.films}/A film.mp4")
    size = (place.films / "A film.mp4").stat().st_size

    def both_have_answered() -> bool:
        answer = place.hub.request("GET", address(medium["url"]), headers={"Range": "bytes=-10"})
        assert (answer.status, answer.headers["content-range"]) == (206, f"bytes {size - 10}-{size - 1}/{size}")
        counts = served(place.hub)
        return len(counts) == 2 and min(counts) > 5

    until(both_have_answered, 60)


def test_a_player_shows_the_film_and_seeks_in_it_by_the_signed_address(place: Place) -> None:
    film = place.films / "A film.mp4"
    url = place.add(str(film))["url"]
    probed = json.loads(
        subprocess.run(
            ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", url],
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
    )
    assert abs(float(probed["format"]["duration"]) - SECONDS) < 0.5
    assert {stream["codec_type"] for stream in probed["streams"]} == {"video", "audio"}
    assert probed["format"]["size"] == str(film.stat().st_size)
    for second in (0, 7.5, 19, 3.2):
        assert frame(url, second) == frame(film, second)
    assert ffmpeg("-i", url, "-f", "md5", "-") == ffmpeg("-i", film, "-f", "md5", "-")


def test_a_player_reads_the_subtitles_by_their_signed_address(place: Place) -> None:
    medium = place.add(f"{place.films}/A film.mp4")
    answer = place.hub.request("POST", f"/media/subtitles/{medium['media_id']}.vtt", headers=place.hub.token)
    assert answer.json()["filename"] == f"{place.films}/A film.srt"
    shown = ffmpeg("-i", answer.json()["url"], "-f", "srt", "-").decode()
    assert re.findall(r"^\d\d:.*$\n.*$", shown, re.MULTILINE) == [
        "00:00:01,000 --> 00:00:02,500\nHello <i>you</i>",
        "00:00:03,000 --> 00:00:04,000\nBye",
    ]


def test_actions_and_the_hook_of_the_page_give_addresses_that_play(place: Place) -> None:
    found = place.hub.execute("media.search", query="a FILM").json()["response"]["output"]
    assert found == [{"url": f"file://{place.films}/A film.mp4", "title": "A film.mp4", "type": "file"}]
    started = place.hub.execute("media.start_streaming", media=found[0]["url"]).json()["response"]["output"]
    assert place.hub.request("HEAD", address(started["url"])).status == 200
    hook = place.hub.request("GET", "/hook/play?title=sound", headers={"X-Token": "abcdefabcdef"})
    assert (hook.status, b"duration=20" in ffprobe_format(hook.body.decode())) == (200, True)
    assert place.hub.request("GET", "/hook/play?title=none", headers={"X-Token": "abcdefabcdef"}).status == 404
    stopped = place.hub.execute("media.stop_streaming", media_id=started["media_id"]).json()["response"]
    assert (stopped["errors"], stopped["output"]["source"]) == ([], started["source"])
    assert place.hub.request("GET", address(started["url"])).status == 404


def ffprobe_format(url: str) -> bytes:
    argv = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "default", url]
    return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout


def test_media_are_there_after_a_restart_and_gone_with_their_folder(tmp_path: Path, films: Path) -> None:
    copies = tmp_path / "copies"
    shutil.copytree(films, copies)
    config = config_for(copies)
    with running_hub(tmp_path / "hub", config=config) as hub:
        medium = Place(hub, copies).add(f"{copies}/sound.mp3")
    with running_hub(tmp_path / "hub", config=config, user=False) as hub:
        assert [item["media_id"] for item in hub.request("GET", "/media", headers=hub.token).json()] == [
            medium["media_id"]
        ]
        sound = hub.request("GET", address(medium["url"]))
        assert (sound.status, sound.body) == (200, (copies / "sound.mp3").read_bytes())
        hub.config.write_text(hub.config.read_text().replace(str(copies), str(tmp_path / "elsewhere")))
        hub.command("reload")
        until(lambda: hub.request("GET", address(medium["url"])).status == 404, 30)


def test_the_built_in_server_serves_media_too(tmp_path: Path, films: Path) -> None:
    with running_hub(tmp_path, uwsgi_args=None, config=config_for(films)) as hub:
        url = Place(hub, films).add(f"{films}/A film.mp4")["url"]
        assert frame(url, 11) == frame(films / "A film.mp4", 11)


def test_a_medium_of_another_server_is_passed_on_while_that_one_is_there(tmp_path: Path, films: Path) -> None:
    body = (films / "sound.mp3").read_bytes()
    with contextlib.ExitStack() as servers:
        web = servers.enter_context(running_web())
        web.pages["/sound.mp3"] = Page(body)
        text = config_for(films) + f"  allowed_hosts: ['127.0.0.1:{web.port}']\n"
        with running_hub(tmp_path, config=text) as hub:
            url = address(Place(hub, films).add(f"{web.url}/sound.mp3")["url"])
            assert hub.request("GET", url).body == body
            refused = json.dumps({"source": f"http://127.0.0.1:{hub.port}/media"})
            assert hub.request("PUT", "/media", refused, hub.token).status == 403
            servers.close()
            away = hub.request("GET", url)
            assert (away.status, "retry-after" in away.headers) == (503, True)
            assert f"127.0.0.1:{web.port}/sound.mp3 cannot be reached" in away.json()["error"]["message"]
            servers.enter_context(running_web(web))
            assert hub.request("GET", url).body == body


@pytest.mark.parametrize(
    "arguments",
    [
        ["--http", "127.0.0.1:{port}", "--module", "platypush.backend.http.uwsgi", "--master", "--processes", "2"],
        ["--http-socket", "127.0.0.1:{port}", "--master", "--processes", "2", "--threads", "4"],
    ],
)
def test_workers_without_greenlets_serve_media_too(tmp_path: Path, films: Path, arguments: list[str]) -> None:
    with running_hub(tmp_path, uwsgi_args=arguments, config=config_for(films)) as hub:
        url = Place(hub, films).add(f"{films}/A film.mp4")["url"]
        assert frame(url, 11) == frame(films / "A film.mp4", 11)


def test_players_that_leave_leave_nothing_behind(place: Place) -> None:
    (place.films / "large.mp3").write_bytes((place.films / "sound.mp3").read_bytes() * 200)
    url = place.add(f"{place.films}/large.mp3")["url"]

    def open_films() -> int:
        handles = [handle for pid in place.hub.pids() for handle in Path(f"/proc/{pid}/fd").glob("*")]
        return sum("large.mp3" in str(target) for target in map(_target, handles))

    argv = ["curl", "-s", "--limit-rate", "10k", "-o", "/dev/null", url]
    with run_group(argv, env={"PATH": "/usr/bin:/bin"}, log=place.films / "curl.log"):
        until(lambda: open_films() == 1)
    until(lambda: open_films() == 0, 30)


def _target(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except OSError:
        return ""
