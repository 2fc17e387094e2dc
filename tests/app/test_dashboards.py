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
    assert client.get("/dashboard/main", headers=headers, buffered=True).status_code == 200
    for path in ("/api/dashboards/odd", "/dashboard/odd", "/api/dashboards", "/"):
        assert client.get(path, headers=headers).status_code == 403, path
