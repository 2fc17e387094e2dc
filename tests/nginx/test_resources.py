"""Files of resource directories: served by nginx, after the application has been asked."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable

import pytest

from tests.nginx.conftest import PHOTO, Place
from tests.running.hub import PASSWORD, USER, Hub

pytestmark = pytest.mark.live

FILE = "/resources/photos/a.bin"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def new_session(hub: Hub) -> str:
    """The cookie of a new session."""
    answer = hub.request("POST", "/login", f"username={USER}&password={PASSWORD}", {**FORM, "Sec-Fetch-Site": "none"})
    assert answer.status == 302, answer.body
    return answer.headers["set-cookie"].partition(";")[0]


def new_token(hub: Hub, name: str, *scopes: str) -> str:
    """A new API token, restricted to ``scopes`` if there are any."""
    words = [word for scope in scopes for word in ("--scope", scope)]
    return hub.command("token", "create", name, "--user", USER, *words).split()[-1]


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether ``condition`` holds before ``seconds`` are over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.05)
    return True


def questions(place: Place) -> int:
    """How often nginx has asked the application about access."""
    shown = place.hub.request("GET", "/metrics", headers=place.hub.token).body.decode()
    counts = re.findall(r"^\w+_count\{[^}]*/_auth/resources[^}]*\} ([\d.e+]+)$", shown, re.MULTILINE)
    return int(sum(map(float, counts)))


def test_every_way_of_authentication_opens_a_file(place: Place) -> None:
    hub = place.hub
    session = new_session(hub)
    jwt = hub.command("token", "jwt", "--user", USER, "--days", "1").split()[-1]
    for headers in (
        hub.token,
        {"Cookie": session},
        {"Cookie": f"other=1; {session}; more=2"},
        {"X-Session-Token": session.partition("=")[2]},
        {"Authorization": f"Bearer {jwt}"},
        {"Authorization": "Basic b3duZXI6b3duZXItcGFzc3dvcmQ="},
        {"Authorization": f"Bearer {new_token(hub, 'every-way')}"},
    ):
        assert place.front.request("GET", FILE, headers=headers).body == PHOTO, headers
    for query in (f"token={jwt}", f"tok%65n={jwt}", f"{session}"):
        assert place.front.request("GET", f"{FILE}?{query}").body == PHOTO, query


def test_a_file_is_served_by_nginx_itself(place: Place) -> None:
    answer = place.front.request("GET", FILE, headers=place.hub.token)
    assert place.front.logged(answer)["upstream_status"] == ""


def test_without_or_with_a_wrong_credential_the_application_answers_as_ever(place: Place) -> None:
    for path in (FILE, "/resources/photos/none", "/resources/photos/", "/resources/photos"):
        assert place.front.request("GET", path).json()["error"]["code"] == "unauthorized"
        assert place.front.request("GET", path).status == 401
    page = place.front.request("GET", FILE, headers=BROWSER)
    assert (page.status, page.headers["location"]) == (302, "/login?redirect=%2Fresources%2Fphotos%2Fa.bin")
    for headers in (
        {"Authorization": "Bearer wrong"},
        {"X-Token": "wrong"},
        {"Cookie": "session_token=wrong"},
        {"X-Token": "wrong", "Cookie": new_session(place.hub)},
    ):
        assert place.front.request("GET", FILE, headers=headers).status == 401, headers


def test_a_restricted_token_opens_its_own_directory_only(place: Place) -> None:
    headers = place.bearer(new_token(place.hub, "photos-only", "resources:photos"))
    assert place.front.request("GET", FILE, headers=headers).status == 200
    assert place.front.request("GET", "/resources/videos/v.mp4", headers=headers).status == 403
    assert place.front.request("GET", FILE, headers=headers).status == 200


def test_the_answer_is_kept_for_a_moment_and_never_for_others(place: Place) -> None:
    headers = place.bearer(new_token(place.hub, "kept"))
    before = questions(place)
    assert [place.front.request("GET", FILE, headers=headers).status for _ in range(50)] == [200] * 50
    assert 0 < questions(place) - before < 25
    for others in (
        {},
        {"X-Token": ""},
        {"X-Token": "wrong"},
        {"Cookie": "a=b"},
        {"Authorization": headers["Authorization"] + "x"},
        {"Authorization": headers["Authorization"][:-1]},
        {"Cookie": headers["Authorization"]},
        {"X-Token": headers["Authorization"]},
        {"Authorization": "", "Cookie": headers["Authorization"].removeprefix("Bearer ")},
    ):
        assert place.front.request("GET", FILE, headers=headers).status == 200
        assert place.front.request("GET", FILE, headers=others).status == 401, others
    assert place.front.request("GET", f"{FILE}?token=wrong").status == 401


def test_a_header_that_comes_twice_opens_nothing_for_those_who_send_none(place: Place) -> None:
    token = place.hub.token["X-Token"].encode()
    for first, second in ((b"", token), (token, b""), (b"wrong", token)):
        place.front.raw(
            b"GET %s HTTP/1.1\r\nHost: hub.test\r\nX-Token: %s\r\nX-Token: %s\r\nConnection: close\r\n\r\n"
            % (FILE.encode(), first, second)
        )
        assert place.front.request("GET", FILE).status == 401
        assert place.front.request("GET", FILE, headers={"X-Token": "wrong"}).status == 401


def test_a_revoked_session_loses_its_files_within_seconds(place: Place) -> None:
    session = new_session(place.hub)
    headers = {"Cookie": session}
    assert place.front.request("GET", FILE, headers=headers).status == 200
    out = place.hub.request("POST", "/logout", "", {**FORM, **headers, "Sec-Fetch-Site": "same-origin"})
    assert out.status == 302
    assert place.front.request("GET", "/api/sessions", headers=headers).status == 401
    assert within(6, lambda: place.front.request("GET", FILE, headers=headers).status == 401)


def test_a_signed_address_opens_one_file_and_nothing_is_kept_of_it(place: Place) -> None:
    def signed(path: str) -> str:
        body = json.dumps({"path": path})
        answer = place.hub.request(
            "POST", "/api/signed-urls", body, {"Content-Type": "application/json", "Cookie": new_session(place.hub)}
        )
        url: str = answer.json()["url"]
        return url

    for path in (FILE, "/resources/photos/sub folder/ü 100%.txt"):
        url = signed(path)
        assert place.front.request("GET", url).status == 200
        query = url.partition("?")[2]
        assert place.front.request("GET", f"/resources/photos/page.html?{query}").status == 401
        assert place.front.request("GET", f"/resources/videos/v.mp4?{query}").status == 401
        assert place.front.request("GET", f"{url}x").status == 401


def test_parts_of_files_and_unchanged_ones_are_nginxs_business(place: Place) -> None:
    front, token = place.front, place.hub.token
    part = front.request("GET", FILE, headers={**token, "Range": "bytes=10-19"})
    assert (part.status, part.body, part.headers["content-range"]) == (206, PHOTO[10:20], f"bytes 10-19/{len(PHOTO)}")
    whole = front.request("GET", FILE, headers=token)
    assert front.request("GET", FILE, headers={**token, "If-None-Match": whole.headers["etag"]}).status == 304
    head = front.request("HEAD", FILE, headers=token)
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(PHOTO)), b"")
    beyond = front.request("GET", FILE, headers={**token, "Range": "bytes=999999-"})
    assert (beyond.status, beyond.json()["error"]["code"]) == (416, "requested_range_not_satisfiable")
    assert front.request("POST", FILE, "x", token).status == 405


def test_what_nginx_may_not_serve_is_answered_as_the_application_answers(place: Place) -> None:
    paths = (
        "/resources/photos/none.txt",
        "/resources/photos/",
        "/resources/photos",
        "/resources/photos/sub%20folder",
        "/resources/photos/sub%20folder/",
        "/resources/photos/inside.txt",
        "/resources/photos/link.txt",
        "/resources/photos/up/outside.txt",
        "/resources/photos/loop",
        "/resources/photos/" + "a" * 300,
        "/resources/none/a.txt",
        "/resources/",
    )
    for path in paths:
        direct = place.hub.request("GET", path, headers=place.hub.token)
        answer = place.front.request("GET", path, headers=place.hub.token)
        assert answer.status == direct.status, path
        if answer.status >= 400:
            assert answer.json()["error"]["code"] == direct.json()["error"]["code"]
        else:
            assert answer.body == direct.body


def test_a_page_of_a_directory_runs_as_a_foreign_origin(place: Place) -> None:
    for name in ("page.html", "drawing.svg", "sub%20folder/index.html", "sub%20folder/%C3%BC%20100%25.txt"):
        direct = place.hub.request("GET", f"/resources/photos/{name}", headers=place.hub.token)
        answer = place.front.request("GET", f"/resources/photos/{name}", headers=place.hub.token)
        assert answer.body == direct.body
        assert answer.headers["content-security-policy"] == direct.headers["content-security-policy"]
        assert answer.headers["content-type"].lower() == direct.headers["content-type"].lower()


def test_what_is_kept_is_for_nginx_alone(place: Place) -> None:
    place.front.request("GET", FILE, headers=place.hub.token)
    kept = [path for path in (place.front.folder / "run" / "access").rglob("*") if path.is_file()]
    assert kept
    assert all(not path.stat().st_mode & 0o077 for path in kept)


def test_what_nginx_does_not_open_but_lies_inside_is_served_by_the_application(place: Place) -> None:
    answer = place.front.request("GET", "/resources/photos/inside.txt", headers=place.hub.token)
    assert answer.body == PHOTO
    assert place.front.logged(answer)["upstream_status"]
