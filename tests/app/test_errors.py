"""One error shape, whoever fails."""

from __future__ import annotations

import inspect
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException, default_exceptions

from platypush import errors
from platypush.backend.http.app.errors import HttpError, describe, raise_for_reply
from platypush.errors import PlatypushError
from platypush.message.envelope import Reply
from tests.app.conftest import Owner

OURS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, PlatypushError)]
BROWSER = {"Accept": "text/html,*/*;q=0.8"}


def raising(app: Flask, client: FlaskClient, owner: Owner, error: Exception, **headers: str) -> tuple[int, str, str]:
    def view() -> str:
        raise error

    app.add_url_rule("/raise", "raise", view)
    answer = client.get("/raise", headers={**owner.bearer(), **headers})
    return answer.status_code, answer.content_type, answer.text


@pytest.mark.parametrize("kind", OURS)
def test_each_of_our_errors_has_the_shape_and_its_status(
    app: Flask, client: FlaskClient, owner: Owner, kind: type[PlatypushError]
) -> None:
    status, content_type, text = raising(app, client, owner, kind("what, why, mend"))
    assert (status, content_type) == (kind.http_status, "application/json")
    error = json.loads(text)["error"]
    assert (error["code"], error["message"]) == (kind.code, "what, why, mend")
    assert error["request_id"]


@pytest.mark.parametrize("kind", [kind for code, kind in default_exceptions.items() if code >= 400])
def test_each_error_of_werkzeug_has_the_shape_and_its_status(
    app: Flask, client: FlaskClient, owner: Owner, kind: type[HTTPException]
) -> None:
    status, content_type, text = raising(app, client, owner, kind())
    assert (status, content_type) == (kind.code, "application/json")
    error = json.loads(text)["error"]
    assert error["message"]
    assert error["code"].replace("_", "").isalnum()


def test_a_browser_gets_a_page_that_escapes_and_names_the_request(
    app: Flask, client: FlaskClient, owner: Owner
) -> None:
    status, content_type, text = raising(app, client, owner, errors.NotFound("<b>bold</b>"), **BROWSER)
    assert status == 404
    assert content_type.startswith("text/html")
    assert "&lt;b&gt;" in text
    assert "Request " in text


def test_a_traceback_is_in_the_log_only(
    app: Flask, client: FlaskClient, owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    status, _, text = raising(app, client, owner, KeyError("the secret"))
    page = client.get("/raise", headers={**owner.bearer(), **BROWSER}).text
    assert status == 500
    assert "the secret" not in text + page
    assert "the secret" in caplog.text


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/hook", "/%00", "/resources"])
def test_an_address_that_leads_nowhere_has_the_shape(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "not_found")


def test_the_requests_id_is_in_answer_and_error_and_goes_over_the_bus(client: FlaskClient) -> None:
    answer = client.get("/nothing")
    assert answer.headers["X-Request-Id"] == answer.get_json()["error"]["request_id"]
    assert len(answer.headers["X-Request-Id"]) == 32


def test_a_reply_that_is_an_error_becomes_its_exception_again() -> None:
    body = json.dumps({"error": {"code": "busy", "message": "full", "details": {"calls": 3}}}).encode()
    with pytest.raises(errors.Busy, match="full") as caught:
        raise_for_reply(Reply(503, body))
    assert caught.value.details == {"calls": 3}
    with pytest.raises(errors.NotFound):
        raise_for_reply(Reply(404, b""))
    with pytest.raises(PlatypushError):
        raise_for_reply(Reply(500, b"[]"))
    raise_for_reply(Reply(200, b"anything"))


def test_an_error_without_a_class_of_its_own_keeps_its_status() -> None:
    described = describe(default_exceptions[416]())
    assert isinstance(described, HttpError)
    assert described.http_status == 416


@pytest.mark.parametrize("host", ["evil.example", "hub"])
def test_the_way_to_another_spelling_of_a_path_stays_on_this_host(client: FlaskClient, host: str) -> None:
    answer = client.get("/plugin//music?width=3", headers={"Host": host})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/plugin/music?width=3")
