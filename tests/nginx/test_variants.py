"""Other shapes of the site: without TLS, without a name, behind another proxy, and before other ways to run uWSGI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.nginx.conftest import PHOTO, fill
from tests.running.hub import Hub, hub_folder, running_daemon, running_hub
from tests.running.nginx import UWSGI_INI, running_front, running_site
from tests.running.processes import free_port

pytestmark = pytest.mark.live

EXECUTE = json.dumps({"type": "request", "action": "config.get_device_id"})
JSON = {"Content-Type": "application/json"}


def test_without_tls_the_site_is_on_the_port_for_http(tmp_path: Path) -> None:
    with running_front(tmp_path, tls=False) as (hub, front):
        answer = front.request("POST", "/execute", EXECUTE, {**JSON, **hub.token})
        assert answer.json()["response"]["output"] == "tests"
        page = front.request("GET", "/login", headers={"Accept": "text/html"})
        assert page.status == 200
        bootstrap = front.request("GET", "/api/bootstrap", headers=hub.token)
        assert f"ws://hub.test:{front.http_port}/ws/events" in bootstrap.body.decode()


def test_behind_a_trusted_proxy_the_client_and_https_are_what_that_says(tmp_path: Path) -> None:
    hook = (
        "from platypush.event.hook import hook\n"
        "from platypush.message.event.http.hook import WebhookEvent\n"
        "@hook(WebhookEvent, hook='x')\n"
        "def x(event, **context):\n"
        "    return 'ok'\n"
    )
    http = "  trusted_proxies: [127.0.0.1, unix]\n"
    with running_front(tmp_path, http=http, tls=False, scripts={"x.py": hook}) as (hub, front):
        forwarded = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7", "X-Forwarded-Proto": "https"}
        answer = front.request("GET", "/hook/x", headers=forwarded)
        assert answer.body == b"ok"
        assert front.logged(answer)["client"] == "203.0.113.7"
        bootstrap = front.request("GET", "/api/bootstrap", headers={**hub.token, **forwarded})
        assert "wss://" in bootstrap.body.decode()


def test_nginx_serves_what_the_application_names_by_x_accel_redirect(tmp_path: Path) -> None:
    photos = fill(tmp_path / "files")
    # A name that nginx has no location for, so that the application is asked for the file itself.
    http = f"  accel_redirect: true\n  resource_dirs:\n    photos: {photos}\n"
    with running_front(tmp_path, http=http) as (hub, front):
        own = front.folder / "etc" / "nginx" / "snippets" / "platypush-resources.conf"
        own.write_text(own.read_text().replace('location ^~ "/resources/photos/"', 'location ^~ "/elsewhere/"'))
        front.reload()
        whole = front.request("GET", "/resources/photos/a.bin", headers=hub.token)
        assert (whole.body, front.logged(whole)["upstream_status"]) == (PHOTO, "200")
        part = front.request("GET", "/resources/photos/a.bin", headers={**hub.token, "Range": "bytes=0-9"})
        assert (part.status, part.body) == (206, PHOTO[:10])
        page = front.request("GET", "/resources/photos/page.html", headers=hub.token)
        assert page.headers["content-security-policy"].startswith("sandbox")
        assert page.headers["cache-control"] == "private, no-cache"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert front.request("GET", "/resources/photos/inside.txt", headers=hub.token).body == PHOTO
        assert front.request("GET", "/resources/photos/link.txt", headers=hub.token).status == 404
        assert front.request("GET", "/resources/photos/a.bin").status == 401


def test_in_front_of_the_specifications_second_example(tmp_path: Path) -> None:
    port = free_port()
    arguments = ["--plugin", "python", "--socket", f"127.0.0.1:{port}", "--master", "--processes", "4"]
    photos = fill(tmp_path / "files")
    http = f"  run_externally: true\n  uwsgi_args: {json.dumps(arguments)}\n  resource_dirs:\n    photos: {photos}\n"
    folder = hub_folder(tmp_path / "hub", http=http)
    with running_daemon(folder) as daemon:
        hub = Hub(0, folder.websocket_port, daemon.pid, folder.config, folder.workdir, folder.log, 0)
        with running_site(tmp_path / "nginx", hub, f"127.0.0.1:{port}", tls=False) as front:
            front.wait_for(200, "/health")
            answer = front.request("POST", "/execute", EXECUTE, {**JSON, **hub.token})
            assert answer.json()["response"]["output"] == "tests"
            assert front.request("GET", "/resources/photos/a.bin", headers=hub.token).body == PHOTO
            assert front.request("GET", "/login", headers={"Accept": "text/html"}).status == 200


def test_without_a_name_every_host_is_served(tmp_path: Path) -> None:
    uwsgi = tmp_path / "uwsgi.sock"
    args = ["--ini", UWSGI_INI, "--socket", str(uwsgi), "--http-socket", "127.0.0.1:{port}"]
    with (
        running_hub(tmp_path / "hub", uwsgi_args=args) as hub,
        running_site(tmp_path / "nginx", hub, uwsgi, names=()) as front,
    ):
        for host in ("hub.test", "localhost"):
            assert front.request("GET", "/login", host=host).status == 200
        redirect = front.plain("GET", "/a", host="192.0.2.1")
        assert (redirect.status, redirect.headers["location"]) == (308, f"https://192.0.2.1:{front.port}/a")


def test_hsts_comes_once_with_every_answer_over_https_where_it_was_asked_for(tmp_path: Path) -> None:
    photos = fill(tmp_path / "files")
    http = f"  resource_dirs:\n    photos: {photos}\n"
    with running_front(tmp_path, http=http, options=("--hsts",)) as (hub, front):
        for path in ("/login", "/assets/app.css", "/resources/photos/a.bin", "/_auth/x", "/nothing", "/ws/events"):
            answer = front.request("GET", path, headers=hub.token)
            assert answer.headers["strict-transport-security"] == "max-age=63072000", path
        assert "strict-transport-security" not in front.plain("GET", "/").headers


def test_a_directory_that_the_hub_does_not_have_any_more_is_closed_although_nginx_does_not_know_yet(
    tmp_path: Path,
) -> None:
    photos = fill(tmp_path / "files")
    with running_front(tmp_path, http=f"  resource_dirs:\n    photos: {photos}\n") as (hub, front):
        assert front.request("GET", "/resources/photos/a.bin", headers=hub.token).status == 200
        text = hub.config.read_text()
        hub.config.write_text(text.replace(f"    photos: {photos}\n", f"    videos: {photos.parent / 'videos'}\n"))
        hub.command("reload")
        # Answers are kept for two seconds; and nginx need not know of the new one: the application sends its files.
        front.wait_for(404, "/resources/photos/a.bin", headers=hub.token)
        assert front.request("GET", "/resources/videos/v.mp4", headers=hub.token).status == 200
