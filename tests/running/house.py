"""A house for a hub to run: lights, music, a calendar, weather, news, a camera, photos. Stand-ins and real servers."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

from tests.running.hue_bridge import HueBridge, running_bridge
from tests.running.mpd import Mpd
from tests.running.weather import NOON, weather_service
from tests.running.web import Page, Web, running_web

__all__ = ["DASHBOARD", "House", "furnish", "running_house"]

DASHBOARD = "hall"
_DAY = 86_400
_LAYOUT = """<Dashboard>
    <Row>
        <Calendar class="col-6" />
        <Music class="col-3" />
        <DateTimeWeather class="col-3" />
    </Row>
    <Row>
        <ImageCarousel class="col-6" img-dir="{photos}" />
        <RssNews class="col-6" limit="25" />
    </Row>
</Dashboard>
"""
_APPOINTMENTS = (
    # Days from today, hour (none: all day), minutes, what, where.
    (0, None, 0, "Recycling is collected", ""),
    (0, 9, 45, "Dentist", "Prinsengracht 12"),
    (0, 18, 90, "Choir practice", "School hall"),
    (1, None, 0, "Anna's birthday", ""),
    (1, 12, 60, "Lunch with Tom", "Café Krom"),
    (3, 20, 120, "Concert", "Paradiso"),
    (6, 10, 180, "Moving the shed", ""),
)
_ALBUMS = {
    ("The Harbour Band", "Low Tide", "2019", "0x1d3557", "0xa8dadc"): ("Rope and Tar", "Low Tide", "Lantern Street"),
    ("Miriam Vale", "Paper Lanterns", "2022", "0x6d2e46", "0xe9c46a"): ("First Snow", "Paper Lanterns"),
    ("Oskar Lind", "Night Ferry", "2024", "0x264653", "0xe76f51"): ("Departure", "Night Ferry", "The Quiet Deck"),
}
_NEWS = {
    "City news": (
        "The night trains to the coast are back",
        "Library opens a workshop with tools to borrow",
        "Canal bridge closed for repairs until Friday",
        "Market moves to the church square in December",
    ),
    "Tinkering": (
        "Measuring the humidity of a cellar for a year",
        "A doorbell that can be heard in the garden",
        "What an old tablet on the wall is good for",
    ),
}


@dataclass(frozen=True)
class House:
    """What a hub's configuration says of the house, and what can be changed in it."""

    config: str
    http: str
    photos: Path
    bridge: HueBridge
    player: Mpd
    web: Web


@contextlib.contextmanager
def running_house(folder: Path) -> Iterator[House]:
    """A house whose devices and servers run for the time of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    photos, films = _photos(folder / "photos"), _films(folder / "films")
    with contextlib.ExitStack() as stack:
        bridge = stack.enter_context(running_bridge(folder / "bridge"))
        bridge.change("3", on=True, bri=190)
        bridge.change("5", on=True, bri=254)
        bridge.change("2", on=True, bri=127)
        bridge.press()
        player = Mpd(folder / "mpd", _music(folder / "music"))
        stack.callback(player.stop)
        player.start()
        player.ask("setvol 40", *(f'add "{artist}/{album}"' for artist, album, *_ in _ALBUMS))
        player.ask("repeat 1", "play 3", "seekcur 74", "pause 1")
        weather = stack.enter_context(weather_service(shift=round((time.time() - NOON) / _DAY) * _DAY))
        web = stack.enter_context(running_web())
        web.pages["/house.ics"] = Page(_calendar(), headers={"Content-Type": "text/calendar"})
        for name, titles in _NEWS.items():
            web.pages[f"/{name.split()[0].lower()}.xml"] = Page(_feed(name, titles, web.url))
        config = (
            f"light.hue:\n  bridge: {bridge.address}\n"
            f"music.mpd:\n  host: 127.0.0.1\n  port: {player.port}\n"
            f"calendar:\n  calendars:\n    - type: calendar.ical\n      name: Family\n      url: {web.url}/house.ics\n"
            f"weather.openmeteo:\n  location: Amsterdam\n  units: metric\n  base_url: {weather.url}\n"
            f"  geocoding_url: {weather.url}\n"
            f"rss:\n  subscriptions:\n    - {web.url}/city.xml\n    - {web.url}/tinkering.xml\n"
            "camera.ffmpeg:\n  device: mandelbrot=end_pts=200\n  input_format: lavfi\n"
            "  resolution: [640, 480]\n  fps: 5\n"
            f"media:\n  media_dirs:\n    - {films}\ntts:\n  language: en-gb\n"
        )
        yield House(config, f"  resource_dirs:\n    photos: {photos}\n", photos, bridge, player, web)


def furnish(house: House, config: Path) -> None:
    """Put the house's dashboard beside a hub's configuration."""
    dashboards = config.parent / "dashboards"
    dashboards.mkdir(exist_ok=True)
    (dashboards / f"{DASHBOARD}.xml").write_text(_LAYOUT.format(photos=house.photos))


def _calendar() -> str:
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//house//"]
    for number, (days, hour, minutes, what, where) in enumerate(_APPOINTMENTS):
        day = today + timedelta(days=days)
        lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{what}"]
        if hour is None:
            lines.append(f"DTSTART;VALUE=DATE:{day:%Y%m%d}")
        else:
            begin = (day + timedelta(hours=hour)).astimezone(UTC)
            lines += [f"DTSTART:{begin:%Y%m%dT%H%M%SZ}", f"DURATION:PT{minutes}M"]
        lines += [*([f"LOCATION:{where}"] if where else []), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _feed(name: str, titles: tuple[str, ...], url: str) -> str:
    now = datetime.now(UTC)
    items = "".join(
        f"<item><title>{escape(title)}</title><link>{url}/articles/{number}</link><guid>{name}-{number}</guid>"
        f"<pubDate>{format_datetime(now - timedelta(hours=3 * number, minutes=20))}</pubDate>"
        f"<description>{escape(title)}, and what came of it. More words for whoever reads on.</description></item>"
        for number, title in enumerate(titles)
    )
    channel = f"<channel><title>{name}</title><link>{url}</link>{items}</channel>"
    return f'<?xml version="1.0"?><rss version="2.0">{channel}</rss>'


def _music(folder: Path) -> Path:
    """Albums with covers; sound that nobody hears."""
    for (artist, album, date, dark, light), titles in _ALBUMS.items():
        place = folder / artist / album
        place.mkdir(parents=True)
        cover = f"gradients=s=300x300:c0={dark}:c1={light}:x0=0:y0=0:x1=300:y1=300"
        _ffmpeg("-f", "lavfi", "-i", cover, "-frames:v", "1", str(place / "cover.jpg"))
        for number, title in enumerate(titles, 1):
            tags = {"artist": artist, "album": album, "title": title, "date": date, "track": str(number)}
            written = [part for key, value in tags.items() for part in ("-metadata", f"{key}={value}")]
            sound = f"anullsrc=r=8000:cl=mono:d={170 + 23 * number}"
            _ffmpeg("-f", "lavfi", "-i", sound, *written, str(place / f"{number:02} {title}.flac"))
    return folder


def _photos(folder: Path) -> Path:
    folder.mkdir()
    for number, colours in enumerate((("0xd9a05b", "0x27455c"), ("0x7fb069", "0x1d3557"), ("0xe07a5f", "0x3d405b"))):
        graph = f"gradients=s=960x720:c0={colours[0]}:c1={colours[1]}:x0=0:y0=720:x1=300:y1=0:seed={number}"
        _ffmpeg("-f", "lavfi", "-i", graph, "-frames:v", "1", str(folder / f"holiday-{number}.jpg"))
    return folder


def _films(folder: Path) -> Path:
    folder.mkdir()
    graph = "gradients=s=320x240:d=20:r=10"
    _ffmpeg("-f", "lavfi", "-i", graph, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(folder / "Holiday 2025.mp4"))
    return folder


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *arguments], check=True, stdin=subprocess.DEVNULL)
