"""Pictures of the web panel for the documentation, of a real hub in a house of stand-ins.

python -m tests.pictures                       those of docs/images/panel: each page on a desktop and on a phone
python -m tests.pictures --all --to FOLDER     every page in both sizes and both themes, to be looked at
python -m tests.pictures --to FOLDER music     only pages of that name
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.running.chromium import Browser, running_browser
from tests.running.house import DASHBOARD, House, furnish, running_house
from tests.running.hub import PASSWORD, ROOT, USER, Hub, running_hub

__all__ = ["main"]

FOLDER = ROOT / "docs" / "images" / "panel"
LARGEST = 120_000
_SIZES = {"desktop": (1280, 800, 1), "phone": (390, 844, 2)}
_THEMES = ("light", "dark")
_READY = (
    "document.body.innerText.includes({text}) && !document.querySelector('[aria-busy=true]')"
    " && [...document.images].every((image) => image.complete)"
)

Prepare = Callable[[Browser, Hub, House], None]


def _nothing(browser: Browser, hub: Hub, house: House) -> None:
    """The page is shown as it is."""


def _run(browser: Browser, hub: Hub, house: House) -> None:
    browser.run("document.querySelector('main form button[type=submit]').click()")
    browser.until("document.body.innerText.includes('Answer')")


def _happen(browser: Browser, hub: Hub, house: House) -> None:
    browser.until("document.querySelector('[aria-label=Connected]') !== null")
    hub.execute("light.hue.toggle", lights=["Sofa right"])
    hub.execute("music.mpd.next")
    for subtype in ("doorbell", "letter-box", "doorbell"):
        args = {"type": "platypush.message.event.custom.CustomEvent", "subtype": subtype}
        body = json.dumps({"type": "event", "args": args})
        hub.request("POST", "/execute", body, {"Content-Type": "application/json", **hub.token})
    browser.until("document.querySelectorAll('main summary').length >= 5")
    browser.run("document.querySelector('main summary').click()")


def _see(browser: Browser, hub: Hub, house: House) -> None:
    browser.until("document.querySelector('main img')?.naturalWidth")


def _hang(browser: Browser, hub: Hub, house: House) -> None:
    # Pictures and headlines come after the music.
    browser.until("document.querySelectorAll('img').length > 0 && document.body.innerText.includes('°')")


@dataclass(frozen=True)
class Page:
    """``text`` is there once the page shows what it is for; ``prepare`` does something on it first."""

    name: str
    path: str
    text: str
    prepare: Prepare = _nothing
    signed_in: bool = True


PAGES = (
    Page("sign-in", "/login", "Sign in", signed_in=False),
    Page("home", "/#/", "lights are on"),
    Page("lights", "/#/plugins/light.hue", "Living room"),
    Page("music", "/#/plugins/music.mpd", "First Snow"),
    Page("calendar", "/#/plugins/calendar", "Choir practice"),
    Page("weather", "/#/plugins/weather.openmeteo", "°"),
    Page("news", "/#/plugins/rss", "night trains"),
    Page("camera", "/#/plugins/camera.ffmpeg", "Camera", _see),
    Page("media", "/#/plugins/media", "Media"),
    Page("speech", "/#/plugins/tts", "Speech"),
    Page("dashboards", "/#/dashboards", DASHBOARD),
    Page("wall", f"/dashboard/{DASHBOARD}", "First Snow", _hang),
    Page("execute", "/#/execute/light.hue.get_groups", "light.hue.get_groups", _run),
    Page("events", "/#/events", "Events", _happen),
    Page("tokens", "/#/settings/tokens", "Your tokens"),
    Page("sessions", "/#/settings/sessions", "this one"),
    Page("users", "/#/settings/users", USER),
    Page("configuration", "/#/settings/configuration", "device_id"),
    Page("about", "/#/settings/about", "Device"),
    Page("appearance", "/#/settings/appearance", "Theme"),
)
_SHOWN = frozenset(page.name for page in PAGES) - {
    *("configuration", "about", "appearance", "users", "sessions", "sign-in"),
}


@dataclass(frozen=True)
class Camera:
    """Takes pictures of a hub's pages."""

    browser: Browser
    hub: Hub
    house: House
    folder: Path

    def take(self, page: Page, size: str, theme: str, name: str) -> None:
        """Write one picture, small enough for documentation."""
        width, height, scale = _SIZES[size]
        send = self.browser.send
        send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=scale > 1
        )
        features = [("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")]
        send("Emulation.setEmulatedMedia", features=[{"name": key, "value": value} for key, value in features])
        # Another fragment alone would not load the page, and the theme is chosen then.
        send("Page.navigate", url="about:blank")
        self.browser.open(f"http://localhost:{self.hub.port}{page.path}")
        self.browser.until(_READY.format(text=json.dumps(page.text)))
        page.prepare(self.browser, self.hub, self.house)
        self.browser.until(_READY.format(text=json.dumps(page.text)))
        self.browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        path = self.folder / f"{name}.png"
        self.browser.picture(path)
        _shrink(path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


def _shrink(path: Path) -> None:
    """Write a picture anew with a palette as large as its size in bytes allows."""
    original = path.with_suffix(".original.png")
    path.rename(original)
    for colours in (256, 128, 64, 32):
        graph = f"split[a][b];[a]palettegen=max_colors={colours}:reserve_transparent=0[p];[b][p]paletteuse=dither=none"
        argv = ["ffmpeg", "-loglevel", "error", "-y", "-i", str(original), "-vf", graph, "-compression_level", "9"]
        subprocess.run([*argv, str(path)], check=True, stdin=subprocess.DEVNULL)
        if path.stat().st_size <= LARGEST:
            break
    original.unlink()


def _variants(names: frozenset[str], every: bool) -> Iterator[tuple[Page, str, str, str]]:
    """Page, size, theme and name of each picture of these pages.

    Unless it is ``every`` one, every second page is dark on a desktop and light on a phone.
    """
    for number, page in enumerate(PAGES):
        for at, size in enumerate(_SIZES):
            for theme in _THEMES:
                if page.name not in names:
                    continue
                if every:
                    yield page, size, theme, f"{page.name}-{size}-{theme}"
                elif theme == _THEMES[(number + at + 1) % 2]:
                    yield page, size, theme, f"{page.name}-{size}"


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="PAGE", help=f"of {', '.join(page.name for page in PAGES)}")
    parser.add_argument("--all", action="store_true", help="every page, in both sizes and both themes")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help=f"default {FOLDER.relative_to(ROOT)}")
    options = parser.parse_args()
    known = frozenset(page.name for page in PAGES)
    unknown = set(options.names) - known
    if unknown:
        parser.error(f"no such page: {', '.join(sorted(unknown))}")
    options.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pp-pictures-") as name:
        folder = Path(name)
        with (
            running_house(folder / "house") as house,
            running_hub(folder / "hub", http=house.http, config=house.config, device="home") as hub,
            running_browser(folder / "browser") as browser,
        ):
            furnish(house, hub.config)
            camera, cookie = Camera(browser, hub, house, options.to), _session(hub)
            names = frozenset(options.names) or (known if options.all else _SHOWN)
            for page, size, theme, file in _variants(names, options.all):
                browser.send("Network.clearBrowserCookies")
                if page.signed_in:
                    browser.set_cookie(f"http://localhost:{hub.port}", "session_token", cookie)
                camera.take(page, size, theme, file)


def _session(hub: Hub) -> str:
    """The cookie of somebody who has signed in, has a token, and another device."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    agent = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    body = urlencode({"username": USER, "password": PASSWORD})
    hub.request("POST", "/login", body, {**form, "User-Agent": agent})
    cookie = hub.request("POST", "/login", body, {**form, "User-Agent": agent.replace("Android 14; Pixel 8", "X11")})
    token = cookie.headers["set-cookie"].partition("session_token=")[2].partition(";")[0]
    headers = {"Content-Type": "application/json", "Cookie": f"session_token={token}"}
    for token_name, scopes in (("Kitchen tablet", ["light.*", "events:light.*"]), ("Backup script", None)):
        given = {"name": token_name, "expiry_days": 365, **({"scopes": scopes} if scopes else {})}
        hub.request("POST", "/api/tokens", json.dumps(given), headers)
    return token


if __name__ == "__main__":
    main()
