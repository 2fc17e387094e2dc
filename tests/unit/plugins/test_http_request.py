"""The plugin ``http.request``, against a server of its own."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from platypush.config.loader import load
from platypush.errors import ActionFailed, BadRequest, Forbidden, TimeLimit, TooLarge, Unavailable
from platypush.plugins.http.request import HttpRequestPlugin
from platypush.plugins.services import PluginServices

LOOPBACK = ["127.0.0.0/8"]


class Handler(BaseHTTPRequestHandler):
    """Echoes, redirects, drips."""

    release = threading.Event()

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        path = self.path.partition("?")[0]
        if path == "/big":
            self.reply(200, b"x" * 5000)
        elif path == "/bytes":
            self.reply(200, bytes(range(256)))
        elif path == "/missing":
            self.reply(404, b"no such thing")
        elif path == "/loop":
            self.reply(302, b"", Location="/loop")
        elif path == "/file":
            self.reply(302, b"", Location="file:///etc/passwd")
        elif path == "/away":
            self.reply(302, b"x" * 100, Location=f"http://127.0.0.2:{self.server.server_port}/echo")  # type: ignore[attr-defined]
        elif path in ("/drip", "/endless"):
            self.send_response(302 if path == "/endless" else 200)
            self.send_header("Location", "/echo")
            self.end_headers()
            try:
                while not self.release.wait(0.02):
                    self.wfile.write(b".")
            except OSError:
                pass
        elif path == "/silent":
            self.release.wait(30)
        else:
            echo = {"method": self.command, "path": self.path, "body": body, "headers": dict(self.headers)}
            self.reply(200, json.dumps(echo).encode())

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    Handler.release.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Handler.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def plugin() -> HttpRequestPlugin:
    return HttpRequestPlugin(allowed_hosts=LOOPBACK, max_size=1000, max_redirects=3, timeout=10)


def test_get_returns_text_json_or_base64(plugin: HttpRequestPlugin, base: str) -> None:
    url = f"{base}/echo"
    assert json.loads(plugin.get(url).output)["method"] == "GET"
    echo = plugin.get(url, output="json", params={"a": "b c"}, headers={"X-Y": "z"}, auth=("u", "p")).output
    assert echo["path"] == "/echo?a=b+c"
    assert echo["headers"]["X-Y"] == "z"
    assert echo["headers"]["Authorization"] == "Basic dTpw"
    assert base64.b64decode(plugin.get(f"{base}/bytes", output="binary").output) == bytes(range(256))


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_methods_with_a_body_send_text_forms_and_json(plugin: HttpRequestPlugin, base: str, method: str) -> None:
    send = getattr(plugin, method)
    echo = send(f"{base}/echo", output="json", json={"a": [1]}).output
    assert (echo["method"], json.loads(echo["body"])) == (method.upper(), {"a": [1]})
    assert send(f"{base}/echo", output="json", data={"a": "1"}).output["body"] == "a=1"
    assert send(f"{base}/echo", output="json", data="größe").output["body"] == "größe"


def test_head_and_options_return_headers(plugin: HttpRequestPlugin, base: str) -> None:
    assert plugin.head(f"{base}/big").output["Content-Length"] == "5000"
    assert "Content-Length" in plugin.options(f"{base}/echo").output


def test_an_error_status_is_an_error_with_the_body_in_its_details(plugin: HttpRequestPlugin, base: str) -> None:
    with pytest.raises(ActionFailed, match="answered 404 Not Found") as caught:
        plugin.get(f"{base}/missing?key=hidden")
    assert caught.value.details == {"status": 404, "body": "no such thing"}
    assert "hidden" not in str(caught.value)


def test_an_answer_that_is_no_json_is_an_error(plugin: HttpRequestPlugin, base: str) -> None:
    with pytest.raises(ActionFailed, match="is not JSON"):
        plugin.get(f"{base}/bytes", output="json")


def test_sizes_and_redirects_are_limited(plugin: HttpRequestPlugin, base: str) -> None:
    with pytest.raises(TooLarge, match="larger than 1000 bytes"):
        plugin.get(f"{base}/big")
    with pytest.raises(ActionFailed, match="Exceeded 3 redirects"):
        plugin.get(f"{base}/loop")


@pytest.mark.parametrize("path", ["/drip", "/silent"])
def test_a_server_that_never_finishes_is_given_up(plugin: HttpRequestPlugin, base: str, path: str) -> None:
    with pytest.raises(TimeLimit, match=r"within 0\.3 s"):
        plugin.get(f"{base}{path}", timeout=0.3)


def test_the_body_of_a_redirect_is_not_read(plugin: HttpRequestPlugin, base: str) -> None:
    assert plugin.get(f"{base}/endless", output="json").output["path"] == "/echo"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "unix:///run/x.sock", "http+unix://%2Frun%2Fx/", "ftp://x/", "/etc/passwd", "x", ""]
)
def test_only_http_can_be_requested(plugin: HttpRequestPlugin, url: str) -> None:
    with pytest.raises(BadRequest, match="begins with http"):
        plugin.get(url)


def test_a_redirect_cannot_leave_http_or_the_allowed_hosts(base: str) -> None:
    plugin = HttpRequestPlugin(allowed_hosts=["127.0.0.1"])
    with pytest.raises(BadRequest, match="No connection adapters"):
        plugin.get(f"{base}/file")
    with pytest.raises(Forbidden, match=r"may not reach 127\.0\.0\.2"):
        plugin.get(f"{base}/away")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"])
def test_without_allowed_hosts_this_machine_is_not_reached(base: str, host: str) -> None:
    with pytest.raises((Forbidden, Unavailable)) as caught:
        HttpRequestPlugin().get(f"http://{host}:{base.rpartition(':')[2]}/echo")
    assert isinstance(caught.value, Forbidden) or "resolve" in str(caught.value).lower()


def test_a_name_that_is_listed_may_be_at_a_private_address(base: str) -> None:
    port = base.rpartition(":")[2]
    assert HttpRequestPlugin(allowed_hosts=["localhost"]).get(f"http://localhost:{port}/echo").output
    with pytest.raises(Forbidden, match="Add it to allowed_hosts"):
        HttpRequestPlugin(allowed_hosts=["localhost"]).get(f"{base}/echo")


def test_proxies_and_passwords_of_the_environment_are_not_used(
    plugin: HttpRequestPlugin, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert plugin.get(f"{base}/echo").output


def test_a_host_that_nobody_answers_at_is_an_error(plugin: HttpRequestPlugin) -> None:
    with pytest.raises(Unavailable, match=r"GET http://127\.0\.0\.1:9/ failed: .*refused"):
        plugin.get("http://127.0.0.1:9/")


def test_the_hubs_own_uwsgi_port_is_never_reached(base: str, tmp_path: Path) -> None:
    port = base.rpartition(":")[2]
    config = tmp_path / "config.yaml"
    config.write_text(f"backend.http:\n  run_externally: true\n  uwsgi_args: ['--socket', '127.0.0.1:{port}']\n")
    config.chmod(0o600)
    plugin = HttpRequestPlugin(allowed_hosts=LOOPBACK)
    assert plugin.get(f"{base}/echo").output
    plugin.bind(PluginServices(config=load(config, workdir=tmp_path, environ={})))
    with pytest.raises(Forbidden, match="may not reach"):
        plugin.get(f"{base}/echo")
