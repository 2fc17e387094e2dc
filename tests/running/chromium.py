"""A real browser without a screen, driven over the Chrome DevTools Protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.running.processes import run_group

__all__ = ["Browser", "running_browser"]

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


class Browser:
    """One page of a browser. For one thread."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._count = 0
        self._session: str | None = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Page.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command of the protocol and wait for its result. Raises RuntimeError for an error."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        self._connection.send(json.dumps(message))
        while True:
            answer = json.loads(self._connection.recv(timeout=30))
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])

    def set_cookie(self, url: str, name: str, value: str) -> None:
        """Have a cookie for the site at ``url``."""
        self.send("Network.setCookie", url=url, name=name, value=value, httpOnly=True, sameSite="Lax")

    def open(self, url: str) -> None:
        """Go to a page, and wait until it has loaded."""
        self.send("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression; of a promise what it resolves to. Raises RuntimeError."""
        result = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def until(self, script: str, seconds: float = 20) -> Any:
        """Wait until an expression is true, and give it. Raises AssertionError with the page's text."""
        return _until(lambda: self._try(script), seconds, lambda: f"{script}\n{self.run('document.body.innerText')}")

    def _try(self, script: str) -> Any:
        try:
            return self.run(script)
        except RuntimeError:
            # An element that is not there yet.
            return None

    def picture(self, path: Path) -> None:
        """Write a picture of the page (PNG)."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))


@contextlib.contextmanager
def running_browser(folder: Path) -> Iterator[Browser]:
    """A browser whose profile is in ``folder``, for the time of the block."""
    profile = folder / "chromium"
    profile.mkdir(parents=True)
    argv = ["chromium", *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with run_group(argv, env={**os.environ, "HOME": str(profile)}, log=folder / "chromium.log") as process:
        place = profile / "DevToolsActivePort"

        def address() -> list[str] | None:
            assert process.poll() is None, (folder / "chromium.log").read_text()
            lines = place.read_text().split() if place.exists() else []
            return lines if len(lines) == 2 else None

        port, path = _until(address, 60, lambda: (folder / "chromium.log").read_text())
        with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None) as connection:
            yield Browser(connection)


def _until(read: Callable[[], Any], seconds: float, describe: Callable[[], str]) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := read()):
        assert time.monotonic() < deadline, f"Not within {seconds} s: {describe()}"
        time.sleep(0.02)
    return value
