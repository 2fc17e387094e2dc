"""One installation for each test, and the people who come to it."""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from platypush.backend.http.app.factory import create_app
from platypush.backend.http.app.state import web_of
from platypush.config.model import MediaSettings
from platypush.config.web import WebSettings
from platypush.dashboards.rights import expander
from platypush.errors import Busy
from platypush.streams import EndOfStream, StreamRequest, socket_beside
from platypush.streams.server import StreamServer
from platypush.user.policy import authorise
from platypush.user.service import Users, open_users
from platypush.user.settings import UserSettings
from tests.app.fakes import FakeBus

NAME = "alice"
PASSWORD = "correct horse 7"
GLOBAL_TOKEN = "global-token-of-the-operator"
STRANGER = {"REMOTE_ADDR": "203.0.113.9"}


@dataclass(frozen=True)
class Owner:
    """The registered user, with one credential of each kind."""

    basic: str
    session: str
    jwt: str
    api_token: str
    restricted: str
    """Allows ``light.*``, ``resources:photos`` and ``camera:ffmpeg``."""

    def bearer(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.jwt}"}


@pytest.fixture(scope="session")
def _empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without users, to be copied: migrating takes longer than most tests."""
    workdir = tmp_path_factory.mktemp("store")
    open_users(UserSettings(url="sqlite:///main.db", workdir=workdir), migrate=True).close()
    return workdir


@pytest.fixture
def settings(tmp_path: Path, _empty_store: Path) -> WebSettings:
    workdir = tmp_path / "work"
    shutil.copytree(_empty_store, workdir)
    photos = tmp_path / "photos"
    photos.mkdir()
    dashboards = tmp_path / "dashboards"
    dashboards.mkdir()
    (dashboards / "main.xml").write_text("<Dashboard><Calendar max-events='3'/></Dashboard>")
    films = tmp_path / "films"
    films.mkdir()
    return WebSettings(
        device_id="testdev",
        workdir=workdir,
        runtime_dir=tmp_path / "run",
        database="sqlite:///main.db",
        global_token=GLOBAL_TOKEN,
        bus_path=tmp_path / "bus.sock",
        resource_dirs={"photos": photos},
        dashboards_dir=dashboards,
        media=MediaSettings(media_dirs=(films,)),
        start_id="start-1",
        metrics_dir=tmp_path / "metrics",
        stats_socket=tmp_path / "stats.sock",
    )


@pytest.fixture
def users(settings: WebSettings) -> Iterator[Users]:
    users = open_users(
        UserSettings(
            url=settings.database,
            workdir=settings.workdir,
            global_token=settings.global_token,
            password_cost=4,
            expand=expander(settings.dashboards_dir, settings.resource_dirs),
        ),
        migrate=False,
    )
    yield users
    users.close()


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus()


class Album:
    """A camera with three pictures, whose last viewer's request is ``asked``."""

    content_type = "image/jpeg"

    def __init__(self, request: StreamRequest) -> None:
        if request.args.get("full"):
            raise Busy("The camera has as many viewers as it may.")
        self.asked = request
        self._pictures = [b"first", b"second", b"third"]

    def next(self, seconds: float) -> bytes | None:
        del seconds
        if not self._pictures:
            raise EndOfStream
        return self._pictures.pop(0)

    def close(self) -> None:
        self._pictures.clear()


@pytest.fixture
def streams(settings: WebSettings) -> Iterator[StreamServer]:
    """The daemon's streams, with the cameras ``ffmpeg`` and ``ir.mlx90640``."""
    server = StreamServer(socket_beside(settings.bus_path), authorise=authorise)
    for name in ("camera.ffmpeg", "camera.ir.mlx90640"):
        server.offer(name, Album)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_app(settings: WebSettings, bus: FakeBus, users: Users) -> Iterator[Callable[..., Flask]]:
    """Builds the application with some settings changed."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(create_app(replace(settings, **changes), bus, users))
        return made[-1]

    yield make
    for app in made:
        web_of(app).metrics.close()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody on another machine, without a credential and without a cookie jar."""
    client = app.test_client(use_cookies=False)
    client.environ_base = {**client.environ_base, **STRANGER}
    return client


@pytest.fixture
def owner(users: Users) -> Owner:
    users.accounts.create_first(NAME, PASSWORD)
    return Owner(
        basic=b64encode(f"{NAME}:{PASSWORD}".encode()).decode(),
        session=users.sessions.create(NAME, False, "203.0.113.9", "test").token,
        jwt=users.tokens.issue_jwt(NAME, 1),
        api_token=users.tokens.create_api_token(NAME, "phone").secret,
        restricted=users.tokens.create_api_token(NAME, "lamp", ("light.*", "resources:photos", "camera:ffmpeg")).secret,
    )
