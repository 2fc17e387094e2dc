"""A hub for journeys through the panel: with an empty database, and stopped and started by the journeys themselves."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.running.house import furnish, running_house
from tests.running.hub import Hub, HubFolder, hub_folder, running_daemon
from tests.running.nginx import UWSGI_INI, running_site
from tests.running.processes import wait_for
from tests.running.web import Page, running_web
from tests.webapp.conftest import WEBAPP

__all__ = ["Stage", "running_stage"]

SCRIPT = '''
from platypush.procedure import procedure


@procedure
def good_night(room: str, minutes: int = 5, **_):
    """Darken a room.

    :param room: The room.
    :param minutes: How long that takes.
    """
    return f"{room} is dark in {minutes} minutes"


@procedure
def break_down(**_):
    """Fails, to be seen."""
    raise RuntimeError("The cellar is under water")
'''


@dataclass
class Stage:
    """A hub of whom nobody has heard yet. ``url`` is what people open."""

    made: HubFolder
    url: str = ""
    _running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def start(self) -> None:
        """Start the hub; it answers when this returns."""
        process = self._running.enter_context(running_daemon(self.made))
        wait_for(self.made.port, "/health", process=process)

    def stop(self) -> None:
        """Stop the hub."""
        self._running.close()

    def travel(self, folder: Path, *arguments: str) -> None:
        """Run Playwright's journeys. Raises AssertionError with what it printed; pictures of failures are in
        ``folder``."""
        control = {"/stop": self.stop, "/start": self.start}
        with running_web() as web:
            for path, act in control.items():
                web.pages[path] = lambda _, act=act: (act(), Page(b"{}"))[1]  # type: ignore[misc]
            environment = {
                **os.environ,
                "PLATYPUSH_URL": self.url,
                "PLATYPUSH_CONTROL": web.url,
                "PLATYPUSH_LOG": str(self.made.log),
                "PLATYPUSH_RESULTS": str(folder),
            }
            argv = [str(WEBAPP / "node_modules" / ".bin" / "playwright"), "test", *arguments]
            done = subprocess.run(
                argv, cwd=WEBAPP, env=environment, capture_output=True, text=True, check=False, timeout=1200
            )
        log = self.made.log.read_text()[-4000:]
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\nPictures: {folder}\nThe hub said:\n{log}"


@contextlib.contextmanager
def running_stage(folder: Path, *, front: bool) -> Iterator[Stage]:
    """A hub without users under uWSGI; with ``front`` behind nginx with TLS."""
    socket = folder / "uwsgi.sock"
    arguments = ["--ini", UWSGI_INI, "--socket", str(socket), "--chmod-socket=660"]
    arguments += ["--http-socket", "127.0.0.1:{port}"]
    with running_house(folder / "house") as house, contextlib.ExitStack() as stack:
        served = f"  run_externally: true\n  uwsgi_args: {json.dumps(arguments)}\n"
        config = house.config + "weather.openweathermap:\n  location: Amsterdam\n"
        scripts = {"house.py": SCRIPT}
        made = hub_folder(folder / "hub", http=served + house.http, config=config, scripts=scripts, user=False)
        furnish(house, made.config)
        stage = Stage(made, f"http://127.0.0.1:{made.port}")
        stack.callback(stage.stop)
        stage.start()
        if front:
            hub = Hub(made.port, made.websocket_port, 0, made.config, made.workdir, made.log, 0)
            site = stack.enter_context(running_site(folder / "nginx", hub, socket, names=("localhost",)))
            stage.url = f"https://localhost:{site.port}"
        yield stage
