"""``/api/dashboards``: what pages of dashboards ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from platypush.backend.http.app.state import web_of
from platypush.config.web import WebSettings
from tests.app.conftest import Owner


@pytest.fixture(autouse=True)
def folder(settings: WebSettings) -> Path:
    (settings.dashboards_dir / "odd.xml").write_text("<Dashboard><Calender/></Dashboard>")
    (settings.dashboards_dir / "latin.xml").write_bytes(b"\xe9")
    return settings.dashboards_dir


def test_the_list_says_what_is_wrong_with_each(client: FlaskClient, owner: Owner) -> None:
    listed = client.get("/api/dashboards", headers=owner.bearer()).get_json()["dashboards"]
    assert [one["name"] for one in listed] == ["latin", "main", "odd"]
    assert listed[1]["problems"] == []
    assert "Did you mean 'Calendar'?" in listed[2]["problems"][0]
    assert "not UTF-8" in listed[0]["problems"][0]


def test_a_dashboard_comes_as_its_page_shows_it(client: FlaskClient, owner: Owner, folder: Path) -> None:
    found = client.get("/api/dashboards/main", headers=owner.bearer()).get_json()
    (row,) = found["root"]["rows"]
    assert row["widgets"][0]["attributes"] == {"maxEvents": 3, "refreshSeconds": 600}
    again = client.get(f"/api/dashboards/main?revision={found['revision']}", headers=owner.bearer())
    assert (again.status_code, again.data) == (304, b"")
    (folder / "main.xml").write_text("<Dashboard/>")
    changed = client.get(f"/api/dashboards/main?revision={found['revision']}", headers=owner.bearer())
    assert changed.get_json()["root"]["rows"] == []


def test_one_that_is_not_there_is_named(client: FlaskClient, owner: Owner) -> None:
    answer = client.get("/api/dashboards/mian", headers=owner.bearer())
    assert answer.status_code == 404
    assert "Did you mean 'main'?" in answer.get_json()["error"]["message"]


def test_a_token_may_be_given_one_dashboard(app: Flask, client: FlaskClient, owner: Owner) -> None:
    token = web_of(app).users.tokens.create_api_token("alice", "wall", ("dashboard:main",), None)
    headers = owner.bearer(token.secret)
    assert client.get("/api/dashboards/main", headers=headers).status_code == 200
    assert client.get("/dashboard/main", headers=headers).status_code == 200
    for path in ("/api/dashboards/odd", "/dashboard/odd", "/api/dashboards", "/"):
        assert client.get(path, headers=headers).status_code == 403, path


@pytest.fixture
def link(client: FlaskClient, owner: Owner) -> str:
    """The address that lets a screen show ``main``."""
    made = client.post("/api/dashboards/main/links", json={}, headers=owner.bearer()).get_json()
    return str(made["url"]).removeprefix("http://localhost")


def test_a_screen_is_let_in_by_a_link_and_may_show_its_dashboard_and_nothing_else(
    app: Flask, link: str, owner: Owner, client: FlaskClient
) -> None:
    screen = app.test_client()
    entered = screen.get(link)
    assert (entered.status_code, entered.headers["Location"]) == (302, "/dashboard/main?kiosk=1")
    assert "HttpOnly" in entered.headers["Set-Cookie"]
    shown = screen.get("/dashboard/main")
    assert shown.status_code == 200
    assert "Max-Age=34560000" in shown.headers["Set-Cookie"]
    assert screen.get("/api/dashboards/main").status_code == 200
    assert screen.get("/api/bootstrap").status_code == 200
    asked = {"type": "request", "action": "calendar.get_upcoming_events", "args": {}}
    assert screen.post("/execute", json=asked).status_code == 200
    assert screen.post("/execute", json={**asked, "action": "shell.exec"}).status_code == 403
    for path in ("/", "/api/tokens", "/api/dashboards", "/api/dashboards/odd", "/dashboard/odd", "/api/users"):
        assert screen.get(path).status_code == 403, path
    (token,) = [
        token
        for token in client.get("/api/tokens", headers=owner.bearer()).get_json()["tokens"]
        if token["scopes"] == ["dashboard:main"]
    ]
    assert client.delete(f"/api/tokens/{token['id']}", headers=owner.bearer()).status_code == 200
    assert screen.get("/api/dashboards/main").status_code == 401


def test_a_link_works_once_and_for_one_dashboard(app: Flask, link: str) -> None:
    assert app.test_client().get(link.replace("/main", "/odd")).status_code == 403
    assert app.test_client().get(link).status_code == 302
    again = app.test_client().get(link)
    assert again.status_code == 403
    assert "has been used" in again.text


def test_whoever_may_see_the_dashboard_already_keeps_the_session(client: FlaskClient, owner: Owner, link: str) -> None:
    answer = client.get(link, headers={"Cookie": f"session_token={owner.session}"})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_a_link_is_for_a_dashboard_that_is_there(client: FlaskClient, owner: Owner) -> None:
    assert client.post("/api/dashboards/mian/links", json={}, headers=owner.bearer()).status_code == 404


def test_the_rights_follow_the_file(app: Flask, client: FlaskClient, owner: Owner, folder: Path) -> None:
    token = web_of(app).users.tokens.create_api_token("alice", "wall", ("dashboard:main",), None)
    asked = {"type": "request", "action": "rss.get_latest_entries", "args": {}}
    assert client.post("/execute", json=asked, headers=owner.bearer(token.secret)).status_code == 403
    (folder / "main.xml").write_text("<Dashboard><RssNews/></Dashboard>")
    shown = client.get("/api/dashboards/main?revision=old", headers=owner.bearer(token.secret))
    assert shown.status_code == 200
    assert client.post("/execute", json=asked, headers=owner.bearer(token.secret)).status_code == 200


def test_a_dashboards_page_may_load_pictures_of_the_servers_that_it_names_and_of_no_others(
    client: FlaskClient, owner: Owner, folder: Path
) -> None:
    (folder / "cameras.xml").write_text(
        "<Dashboard><Camera src='http://me:secret@cam.lan:8080/live.jpg'/><Camera src='/camera/ffmpeg/photo'/>"
        "<Camera src='https://bad;script-src *.example.org/x.jpg'/></Dashboard>"
    )
    policy = client.get("/dashboard/cameras", headers=owner.bearer()).headers["Content-Security-Policy"]
    assert "img-src 'self' data: blob: http://cam.lan:8080; media-src 'self' http://cam.lan:8080;" in policy
    assert "secret" not in policy
    assert "script-src" not in policy
    told = client.get("/api/dashboards/cameras", headers=owner.bearer()).get_json()
    assert told["origins"] == ["http://cam.lan:8080"]
    for name in ("main", "nowhere"):
        other = client.get(f"/dashboard/{name}", headers=owner.bearer()).headers["Content-Security-Policy"]
        assert "img-src 'self' data: blob:; connect-src" in other


def test_a_screen_may_show_the_panels_that_its_dashboard_has_and_no_others(
    app: Flask, client: FlaskClient, owner: Owner, folder: Path
) -> None:
    (folder / "main.xml").write_text("<Dashboard><Plugin plugin-name='light.hue'/></Dashboard>")
    link = client.post("/api/dashboards/main/links", json={}, headers=owner.bearer()).get_json()["url"]
    screen = app.test_client()
    screen.get(link.removeprefix("http://localhost"))
    assert screen.get("/plugin/light.hue").status_code == 200
    assert screen.get("/plugin/shell").status_code == 403
    assert screen.get("/").status_code == 403
