"""Apache in front of the hub, with the site that the documentation shows."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.nginx.conftest import PHOTO, fill
from tests.running.certificates import Authority
from tests.running.hub import PASSWORD, ROOT, USER, Hub, hub_folder, running_daemon
from tests.running.nginx import Front
from tests.running.processes import free_port, run_group

pytestmark = pytest.mark.live

HOST = "hub.example.org"
SITE = ROOT / "docs" / "examples" / "apache.conf"
MODULES = [
    "mpm_event",
    "alias",
    "authz_core",
    "env",
    "headers",
    "http2",
    "mime",
    "proxy",
    "proxy_http",
    "proxy_uwsgi",
    "proxy_wstunnel",
    "rewrite",
    "socache_shmcb",
    "ssl",
]
MAIN = """\
ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/apache.pid"
DefaultRuntimeDir "{folder}"
Mutex file:{folder} default
ErrorLog "{folder}/error.log"
Listen 127.0.0.1:{http}
Listen 127.0.0.1:{https}
{user}
{modules}
TypesConfig /etc/mime.types
SSLSessionCache shmcb:{folder}/ssl(512000)
<Directory />
    Require all denied
</Directory>
Include "{folder}/site.conf"
"""


@contextlib.contextmanager
def running_apache(folder: Path, hub: Hub, uwsgi: str) -> Iterator[Front]:
    """The documented site, with this machine's ports and paths, under a real Apache."""
    folder.mkdir()
    http, https = free_port(), free_port()
    authority = Authority.make(folder / "ca")
    made = authority.issue(HOST)
    site = SITE.read_text()
    for old, new in {
        "*:80>": f"*:{http}>",
        "*:443>": f"*:{https}>",
        "/etc/platypush/tls/cert.pem": str(made.cert),
        "/etc/platypush/tls/key.pem": str(made.key),
        "${APACHE_LOG_DIR}": str(folder),
        "/var/lib/platypush-acme": str(folder / "acme"),
        # Apache never runs as root, so it cannot enter the tests' folders.
        "unix:/run/platypush-web/uwsgi.sock|uwsgi://localhost/": f"uwsgi://{uwsgi}/",
        "unix:/run/platypush-web/websocket.sock|ws://localhost/": f"ws://127.0.0.1:{hub.websocket_port}/",
    }.items():
        assert old in site, old
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    main = MAIN.format(folder=folder, http=http, https=https, modules=modules, user=user)
    (folder / "apache.conf").write_text(main)
    argv = ["apache2", "-f", str(folder / "apache.conf"), "-D", "FOREGROUND"]
    with run_group(argv, env=os.environ, log=folder / "output.log") as process:
        deadline = time.monotonic() + 15
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", https), 5):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("\n".join(log.read_text() for log in folder.glob("*.log")))
            threading.Event().wait(0.01)
        yield Front(folder, https, http, authority, process.pid)


@pytest.fixture(scope="module")
def apache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Front]]:
    folder = tmp_path_factory.mktemp("apache")
    uwsgi = f"127.0.0.1:{free_port()}"
    arguments = ["--plugin", "python", "--socket", uwsgi, "--master", "--processes", "4"]
    photos = fill(folder / "files")
    http = f"  run_externally: true\n  uwsgi_args: {json.dumps(arguments)}\n  resource_dirs:\n    photos: {photos}\n"
    made = hub_folder(folder / "hub", http=http)
    with running_daemon(made) as daemon:
        hub = Hub(0, made.websocket_port, daemon.pid, made.config, made.workdir, made.log, 0)
        with running_apache(folder / "apache", hub, uwsgi) as front:
            front.wait_for(200, "/health", host=HOST)
            yield hub, front


def test_signing_in_works_and_its_cookie_stays_on_https(apache: tuple[Hub, Front]) -> None:
    _, front = apache
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"https://{HOST}:{front.port}",
        "Accept": "text/html",
    }
    answer = front.request("POST", "/login", f"username={USER}&password={PASSWORD}", headers, host=HOST)
    assert answer.status == 302, answer.body
    assert "Secure" in answer.headers["set-cookie"]
    session = answer.headers["set-cookie"].partition(";")[0]
    panel = front.request("GET", "/", headers={"Accept": "text/html", "Cookie": session}, host=HOST)
    assert panel.status == 200


def test_an_action_runs_by_each_header_for_credentials(apache: tuple[Hub, Front]) -> None:
    hub, front = apache
    jwt = hub.command("token", "jwt", "--user", USER, "--days", "1").split()[-1]
    body = json.dumps({"type": "request", "action": "config.get_device_id"})
    for credential in (hub.token, {"Authorization": f"Bearer {jwt}"}):
        answer = front.request("POST", "/execute", body, {"Content-Type": "application/json", **credential}, host=HOST)
        assert answer.json()["response"]["output"] == "tests"
    assert front.request("POST", "/execute", body, host=HOST).status == 401


def test_a_resource_file_arrives_whole_and_in_part(apache: tuple[Hub, Front]) -> None:
    hub, front = apache
    path = "/resources/photos/a.bin"
    assert front.request("GET", path, headers=hub.token, host=HOST).body == PHOTO
    part = front.request("GET", path, headers={**hub.token, "Range": "bytes=0-9"}, host=HOST)
    assert (part.status, part.body) == (206, PHOTO[:10])
    assert front.request("GET", path, host=HOST).status == 401
    text = front.request("GET", "/resources/photos/sub%20folder/%C3%BC%20100%25.txt", headers=hub.token, host=HOST)
    assert text.body == b"text"
    outside = front.request("GET", "/resources/photos/..%2foutside.txt", headers=hub.token, host=HOST)
    assert (outside.status, b"secret" in outside.body) == (404, False)


def test_what_a_client_claims_about_itself_does_not_count(apache: tuple[Hub, Front]) -> None:
    hub, front = apache
    forged = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.test", **hub.token}
    bootstrap = front.request("GET", "/api/bootstrap", headers=forged, host=HOST).body.decode()
    assert f"wss://{HOST}:{front.port}/ws/events" in bootstrap


def test_the_websocket_works(apache: tuple[Hub, Front]) -> None:
    hub, front = apache
    sock = front.connect(host=HOST)
    address = f"ws://{HOST}:{front.port}/ws/events"
    with connect(address, sock=sock, additional_headers=hub.token) as client:
        client.send(json.dumps({"type": "request", "id": "1", "action": "config.get_device_id"}))
        assert json.loads(client.recv(10))["response"]["output"] == "tests"


def test_http_leads_to_https_but_for_proofs_of_certificates(apache: tuple[Hub, Front]) -> None:
    _, front = apache
    answer = front.plain("GET", "/a?b=c", host=HOST)
    assert (answer.status, answer.headers["location"]) == (308, f"https://{HOST}/a?b=c")
    # Apache does not run as root and cannot enter this folder: that it tries is enough.
    assert front.plain("GET", "/.well-known/acme-challenge/x", host=HOST).status in (403, 404)


def test_no_token_reaches_a_log(apache: tuple[Hub, Front]) -> None:
    _, front = apache
    front.request("GET", "/nothing?token=sesame-open", host=HOST)
    log = front.folder / "platypush-access.log"
    deadline = time.monotonic() + 10
    while "/nothing" not in log.read_text():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    assert not [log for log in front.folder.glob("*.log") if "sesame-open" in log.read_text()]
