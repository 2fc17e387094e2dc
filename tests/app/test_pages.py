"""The panel's pages, its files, /qrcode and /openapi.json."""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from platypush.backend.http.app.factory import STATIC
from platypush.backend.http.app.openapi import document
from tests.app.conftest import Owner
from tests.app.fakes import ACTIONS, FakeBus


@pytest.mark.parametrize("path", ["/", "/plugin/tts", "/dashboard/main"])
def test_a_page_has_nothing_inline_and_is_not_kept(client: FlaskClient, owner: Owner, path: str) -> None:
    answer = client.get(path, headers={"Cookie": f"session_token={owner.session}"})
    assert answer.status_code == 200
    assert '<div id="app">' in answer.text
    assert re.findall(r"<script(?![^>]* src=)", answer.text) == []
    assert " style=" not in answer.text
    assert not re.search(r"\son\w+=", answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_every_file_that_a_page_names_is_there_and_open(client: FlaskClient, owner: Owner) -> None:
    page = client.get("/", headers={"Cookie": f"session_token={owner.session}"}).text
    files = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert len(files) >= 4
    for file in [*files, "/favicon.ico"]:
        answer = client.get(file, buffered=True)
        assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff"), file


@pytest.mark.parametrize(
    "path", ["/assets/../templates/index.html", "/assets/%2e%2e/%2e%2e/front.py", "/assets/", "/img/x", "/icons/.."]
)
def test_nothing_else_of_the_package_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(("pattern", "kept"), [("panel-*.js", True), ("hub.js", False), ("app.css", False)])
def test_a_file_whose_name_changes_with_its_content_is_kept_for_a_year(
    client: FlaskClient, pattern: str, kept: bool
) -> None:
    (file,) = (STATIC / "assets").glob(pattern)
    answer = client.get(f"/assets/{file.name}", buffered=True)
    assert ("immutable" in answer.headers["Cache-Control"]) is kept
    assert ("max-age=31536000" in answer.headers["Cache-Control"]) is kept
    assert answer.headers["ETag"]


def test_scripts_and_styles_are_sent_compressed_to_who_takes_it(client: FlaskClient) -> None:
    plain = client.get("/assets/app.css", buffered=True)
    packed = client.get("/assets/app.css", headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert packed.mimetype == plain.mimetype == "text/css"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Cache-Control"] == plain.headers["Cache-Control"]
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/assets/app.css", headers=again).status_code == 304
    refused = client.get("/assets/app.css", headers={"Accept-Encoding": "gzip;q=0"}, buffered=True)
    assert "Content-Encoding" not in refused.headers


def test_a_name_in_the_address_is_escaped(client: FlaskClient, owner: Owner) -> None:
    answer = client.get("/plugin/<script>alert(1)<%2Fscript>", headers=owner.bearer())
    assert "<script>alert" not in answer.text


def test_qrcode_is_a_picture(client: FlaskClient, owner: Owner) -> None:
    png = client.get("/qrcode?content=https://hub.example", headers=owner.bearer())
    assert (png.content_type, png.data[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    svg = client.get("/qrcode?content=x&format=svg", headers=owner.bearer())
    assert svg.content_type.startswith("image/svg+xml")
    assert b"<svg" in svg.data


@pytest.mark.parametrize("query", ["", "content=", "content=x&format=exe", "content=" + "x" * 2954])
def test_qrcode_without_a_text_that_fits_is_a_400(client: FlaskClient, owner: Owner, query: str) -> None:
    assert client.get(f"/qrcode?{query}", headers=owner.bearer()).status_code == 400


def test_qrcode_names_the_extra_when_its_library_is_missing(
    client: FlaskClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "qrcode", None)
    answer = client.get("/qrcode?content=x", headers=owner.bearer())
    assert answer.status_code == 503
    assert "platypush[qrcode]" in answer.get_json()["error"]["message"]


def test_openapi_describes_every_action_of_the_daemon(client: FlaskClient, owner: Owner, bus: FakeBus) -> None:
    data = client.get("/openapi.json", headers=owner.bearer()).get_json()
    assert data["openapi"].startswith("3.1")
    say = data["components"]["schemas"]["tts.say"]
    assert say["properties"]["action"] == {"const": "tts.say"}
    assert say["required"] == ["type", "action", "args"]
    assert say["properties"]["args"]["required"] == ["text"]
    assert "args" not in data["components"]["schemas"]["tts.stop"]["required"]


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [ref for item in value.values() for ref in references(item)]
    if isinstance(value, list):
        return [ref for item in value for ref in references(item)]
    return []


def test_every_reference_in_the_document_leads_somewhere() -> None:
    data = document(ACTIONS, version="1", server="/")
    found = references(data)
    assert "#/components/schemas/tts.say.Voice" in found
    for reference in found:
        target: object = data
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(target, dict)
            target = target[part]


def test_the_packages_own_text_has_no_inline_script() -> None:
    folder = Path(__file__).parents[2] / "platypush/backend/http/app/templates"
    for template in folder.glob("*.html"):
        assert not re.search(r"<style|<script>|\son(click|submit|load)=", template.read_text()), template
