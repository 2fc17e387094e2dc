"""The web panel in a real browser: what its first load costs, and what a long stream of events leaves behind."""

from __future__ import annotations

import gzip
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.report import table
from tests.running.chromium import Browser, running_browser
from tests.running.house import running_house
from tests.running.hub import PASSWORD, USER, Hub, running_hub

__all__ = ["run_panel"]

_SLOWER = 4
"""A processor of a tablet, as Lighthouse takes it: this much slower than ours."""
_EVENTS = (1_000, 10_000)
_AT_ONCE = 250
_PROCEDURE = """
from platypush.context import get_bus
from platypush.message.event.custom import CustomEvent
from platypush.procedure import procedure


@procedure
def pour(first: int, count: int):
    for number in range(first, first + count):
        get_bus().post(CustomEvent(subtype=f"number-{number}-", reading=number / 7, place="a room of the house"))
"""
# Long tasks keep a page from answering; it is interactive when it shows what it is for and the last of them is over.
_OBSERVE = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) { window.longTasks.push([startTime, duration]); }
}).observe({ type: "longtask", buffered: true });
new MutationObserver(() => {
  if (!window.shownAt && document.body && document.body.innerText.includes("lights are on")) {
    window.shownAt = performance.now();
  }
}).observe(document, { childList: true, subtree: true, characterData: true });
"""
_FILES = "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)"
_LOADED = """(() => {
  const files = performance.getEntriesByType("resource");
  const sum = (of) => of.reduce((total, { encodedBodySize }) => total + encodedBodySize, 0);
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    sent: sum(files) + page.encodedBodySize,
    requests: files.length + 1,
    paint: paint.startTime,
    shown: window.shownAt,
    ready: Math.max(window.shownAt, ...window.longTasks.map(([start, duration]) => start + duration)),
    blocked: window.longTasks.reduce((total, [, duration]) => total + duration - 50, 0),
  };
})()"""


def run_panel(folder: Path, rounds: int) -> str:
    """The first load of Home with an empty cache, and the page of events before and after many of them."""
    with _panel(folder) as (hub, browser):
        return f"{_loading(hub, browser, rounds)}\n\n{_streaming(hub, browser)}"


@contextmanager
def _panel(folder: Path) -> Iterator[tuple[Hub, Browser]]:
    with (
        running_house(folder / "house") as house,
        running_hub(folder / "panel", http=house.http, config=house.config, scripts={"bench.py": _PROCEDURE}) as hub,
        running_browser(folder / "browser") as browser,
    ):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = hub.request("POST", "/login", f"username={USER}&password={PASSWORD}", form)
        token = answer.headers["set-cookie"].partition("session_token=")[2].partition(";")[0]
        browser.set_cookie(_address(hub, "/"), "session_token", token)
        browser.send("Page.addScriptToEvaluateOnNewDocument", source=_OBSERVE)
        browser.send("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
        yield hub, browser


def _loading(hub: Hub, browser: Browser, rounds: int) -> str:
    rows = []
    for slower in (1, _SLOWER):
        browser.send("Emulation.setCPUThrottlingRate", rate=slower)
        found: list[dict[str, Any]] = []
        for _ in range(rounds):
            browser.send("Network.clearBrowserCache")
            browser.send("Page.navigate", url="about:blank")
            browser.open(_address(hub, "/"))
            browser.until("window.shownAt", 60)
            # Long tasks are told after they ended: when none came for two seconds, the last one was seen.
            browser.until(
                "performance.now() - Math.max(window.shownAt, ...window.longTasks.map(([at, of]) => at + of)) > 2000",
                60,
            )
            found.append(browser.run(_LOADED))
        files = browser.run(_FILES)
        middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
        rows.append(
            (
                f"{slower}x slower" if slower > 1 else "this machine's",
                *(f"{_packed(hub, files, ending):.0f}" for ending in (".js", ".css")),
                f"{middle['sent'] / 1000:.0f}",
                f"{middle['requests']:.0f}",
                *(f"{middle[key]:,.0f}" for key in ("paint", "shown", "ready", "blocked")),
            )
        )
    browser.send("Emulation.setCPUThrottlingRate", rate=1)
    headers = ("processor", "scripts gzip kB", "styles gzip kB", "all as sent kB", "requests")
    return table((*headers, "first paint ms", "content ms", "interactive ms", "blocked ms"), rows)


def _packed(hub: Hub, files: list[str], ending: str) -> float:
    """Kilobytes of the files of a kind, compressed as a server in front of the hub sends them."""
    return sum(len(gzip.compress(hub.request("GET", path).body, 6)) for path in files if path.endswith(ending)) / 1000


def _streaming(hub: Hub, browser: Browser) -> str:
    browser.send("Page.navigate", url="about:blank")
    browser.open(_address(hub, "/#/events"))
    browser.until("document.querySelector('h1')?.innerText === 'Events'")
    browser.until("document.querySelector('[aria-label=Connected]') !== null")
    rows, poured = [_memory(browser, 0)], 0
    for count in _EVENTS:
        while poured < count:
            hub.execute("procedure.bench.pour", first=poured, count=_AT_ONCE)
            poured += _AT_ONCE
            newest = "document.querySelector('main summary').textContent"
            browser.until(f"{newest}.includes('number-{poured - 1}-')", 60)
        rows.append(_memory(browser, count))
    return table(("events", "JS heap MB", "DOM nodes", "listeners", "longest task ms"), rows)


def _memory(browser: Browser, events: int) -> tuple[str, ...]:
    browser.send("HeapProfiler.collectGarbage")
    heap = browser.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    counters = browser.send("Memory.getDOMCounters")
    longest = browser.run("Math.max(0, ...window.longTasks.splice(0).map(([, duration]) => duration))")
    return f"{events:,}", f"{heap:.1f}", f"{counters['nodes']:,}", f"{counters['jsEventListeners']:,}", f"{longest:.0f}"


def _address(hub: Hub, path: str) -> str:
    return f"http://localhost:{hub.port}{path}"
