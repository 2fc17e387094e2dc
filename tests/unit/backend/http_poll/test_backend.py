"""The backend ``http.poll`` with a real web server."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import platypush.backend.http.poll as module
from platypush.backend.http.poll import HttpPollBackend
from platypush.backend.services import BackendServices
from platypush.config.model import BusSettings, Config, Secret
from platypush.errors import ConfigurationError
from platypush.message.event import Event
from platypush.user.service import UserSettings, open_users
from tests.running.waiting import until
from tests.running.web import Page, Web, running_web

JSON = "platypush.backend.http.request.JsonHttpRequest"
Make = Callable[..., HttpPollBackend]


@pytest.fixture
def web() -> Iterator[Web]:
    with running_web() as server:
        yield server


@pytest.fixture
def posted() -> list[Event]:
    return []


@pytest.fixture
def make(tmp_path: Path, posted: list[Event], monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """``make({'url': …}, …)``: the backend with these requests for JSON, started."""
    users = open_users(UserSettings(url="sqlite:///main.db", workdir=tmp_path, password_cost=4), migrate=True)
    config = Config(
        path=None,
        device_id="tests",
        workdir=tmp_path,
        runtime_dir=tmp_path,
        scripts_dir=tmp_path,
        dashboards_dir=tmp_path,
        database=Secret("sqlite:///main.db"),
        bus=BusSettings(path=tmp_path / "bus.sock"),
    )
    made: list[HttpPollBackend] = []

    class Bus:
        def post(self, event: Event) -> None:
            posted.append(event)

    def refuse(*args: Any) -> Any:
        raise AssertionError("it carries no messages")

    monkeypatch.setattr(module, "get_bus", Bus)

    def start(*requests: dict[str, Any], **section: Any) -> HttpPollBackend:
        backend = HttpPollBackend([{"type": JSON, "poll_seconds": 1, **request} for request in requests], **section)
        backend.bind(BackendServices(config=config, users=users, handle=refuse, listen=refuse))
        backend.start()
        made.append(backend)
        return backend

    yield start
    for backend in made:
        backend.stop()
    users.close()


def asked(web: Web, times: int) -> None:
    until(lambda: len(web.asked) >= times, 20)


def test_what_is_new_is_an_event_and_what_was_there_at_first_is_not(make: Make, web: Web, posted: list[Event]) -> None:
    web.pages["/api"] = Page(json.dumps({"items": [{"id": 1}]}))
    request = {"args": {"url": f"{web.url}/api", "headers": {"Token": "t"}, "params": {"a": "b"}}}
    make({**request, "path": "${response['items']}"})
    asked(web, 2)
    assert posted == []
    web.pages["/api"] = Page(json.dumps({"items": [{"id": 2}, {"id": 1}]}))
    until(lambda: posted)
    (event,) = posted
    assert event.wire_name() == "platypush.message.event.http.HttpEvent"
    assert event.response == [{"id": 2}]
    assert event.request == {"method": "get", "url": f"{web.url}/api", "params": {"a": "b"}}
    assert "request" not in event.to_dict()["args"]
    assert web.asked[0].headers["token"] == "t"
    assert web.asked[0].path == "/api?a=b"


def test_what_was_seen_is_remembered_over_a_restart(make: Make, web: Web, posted: list[Event]) -> None:
    web.pages["/api"] = Page("[1]")
    first = make({"url": f"{web.url}/api", "skip_first_call": False})
    until(lambda: posted)
    first.stop()
    web.pages["/api"] = Page("[1, 2]")
    make({"url": f"{web.url}/api"})
    until(lambda: len(posted) == 2)
    assert [event.response for event in posted] == [[1], [2]]


def test_a_body_is_sent_with_the_method_that_is_named(make: Make, web: Web) -> None:
    web.pages["/api"] = Page("[]")
    make({"url": f"{web.url}/api", "method": "POST", "json": {"q": 1}})
    asked(web, 1)
    assert (web.asked[0].method, json.loads(web.asked[0].body)) == ("POST", {"q": 1})


@pytest.mark.parametrize("body", ["no json", json.dumps(["x" * 2_000])])
def test_an_answer_that_is_no_use_is_one_line(
    make: Make, web: Web, body: str, caplog: pytest.LogCaptureFixture, posted: list[Event]
) -> None:
    web.pages["/api"] = Page(body)
    make({"url": f"{web.url}/api"}, max_size=1_000)
    asked(web, 2)
    until(lambda: caplog.records)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert lines[0].startswith(f"{web.url}/api is away: ")
    assert posted == []


def test_a_redirect_leads_nowhere_else_with_headers_of_ones_own(
    make: Make, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    web.pages["/api"] = Page(status=302, headers={"Location": "http://192.0.2.1/"})
    make({"url": f"{web.url}/api", "headers": {"Token": "secret"}})
    until(lambda: caplog.records)
    assert "backend.http.poll may not reach 192.0.2.1" in caplog.text
    assert "secret" not in caplog.text


def test_digests_are_said_to_have_no_effect(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    kind = "platypush.backend.http.request.rss.RssUpdates"
    make({"type": kind, "url": "https://x.example/feed", "title": "News", "digest_format": "pdf"})
    until(lambda: "digests are not written" in caplog.text)


def test_what_cannot_be_used_stops_the_backend_with_the_reason() -> None:
    with pytest.raises(ConfigurationError, match="number 1"):
        HttpPollBackend([{}])
    with pytest.raises(ValueError, match="allowed_hosts"):
        HttpPollBackend([], allowed_hosts=["*"])
