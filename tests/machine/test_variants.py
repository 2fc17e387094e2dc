"""Other ways to install the hub, one after the other on the same machine: without nginx, and with a name of its own."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.machine.hub import CHECKOUT, InstalledHub, eventually
from tests.machine.wheelhouse import PIP

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]

BODY = json.dumps({"type": "request", "action": "config.get_device_id"})


def token_over_http(hub: InstalledHub, port: int) -> dict[str, str]:
    answer = post(hub, port, "/auth", json.dumps({"username": "admin", "password": hub.password}), {})
    return {"Authorization": f"Bearer {json.loads(answer)['token']}"}


def post(hub: InstalledHub, port: int, path: str, body: str, headers: dict[str, str]) -> bytes:
    connection = http.client.HTTPConnection(hub.machine.address, port, timeout=30)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        return connection.getresponse().read()
    finally:
        connection.close()


def test_without_nginx_the_hub_listens_itself(hub: InstalledHub) -> None:
    hub.deploy("install", "--yes", "--no-nginx", "--listen", "8088")
    token = token_over_http(hub, 8088)
    assert json.loads(post(hub, 8088, "/execute", BODY, token))["response"]["output"] == "hub"
    with connect(f"ws://{hub.machine.address}:8089/", additional_headers=token) as client:
        client.send(json.dumps({"type": "request", "id": "7", "action": "config.get_device_id"}))
        assert json.loads(client.recv(timeout=20))["response"]["output"] == "hub"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((hub.machine.address, 443))
    assert "Welcome to nginx" in hub.machine.shell("curl -s http://localhost/")
    assert hub.machine.shell("systemd-analyze verify --man=no platypush.service platypush.socket 2>&1") == ""


def test_a_port_that_another_program_has_is_named_before_anything_is_done(hub: InstalledHub) -> None:
    hub.machine.shell("systemctl stop nginx")
    hub.machine.shell("systemd-run --unit=other --quiet python3 -m http.server 80")
    try:
        taken = "ss -Hltn sport = :80 | grep -q ."
        hub.machine.shell(f"for i in $(seq 100); do {taken} && break; sleep 0.1; done; {taken}")
        refused = hub.deploy("install", "--yes", "--nginx", check=False)
        assert refused.returncode == 1
        assert "Port 80 is taken by python3" in refused.stderr
    finally:
        hub.machine.shell("systemctl stop other; systemctl start nginx")


def test_with_a_name_and_files_of_ones_own_requests_for_others_are_refused(hub: InstalledHub, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=home.example", "-addext", "subjectAltName=DNS:home.example"]
    subprocess.run([*argv, *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    hub.machine.put_files(tmp_path, ["cert.pem", "key.pem"], "/root/own")
    options = ["--nginx", "--domain", "home.example", "--tls", "/root/own/cert.pem,/root/own/key.pem"]
    hub.deploy("install", "--yes", *options)
    curl = f"curl -s --cacert {cert} --resolve home.example:443:{hub.machine.address}"
    seen = subprocess.run([*curl.split(), "https://home.example/health"], capture_output=True, text=True, check=True)
    assert json.loads(seen.stdout) == {"status": "ok"}
    other = subprocess.run(
        [*curl.split(), "-k", f"https://{hub.machine.address}/health"], capture_output=True, check=False
    )
    assert (other.returncode != 0, other.stdout) == (True, b"")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((hub.machine.address, 8088))
    assert hub.machine.shell("systemctl is-system-running") == "running"


def test_whoever_sits_at_a_terminal_is_asked_for_a_name_and_a_certificate(hub: InstalledHub) -> None:
    hub.machine.shell("rm /etc/platypush/install.env")
    answers = "asked.example\n\n"
    hub.machine.run("script", "-qec", f"{CHECKOUT}/deploy/install", "/dev/null", env=PIP, text=answers)
    told = hub.machine.shell("cat /etc/platypush/install.env")
    assert "DOMAIN='asked.example'\nTLS='selfsigned'\n" in told
    assert "DNS:asked.example" in hub.machine.shell(
        "openssl s_client -connect localhost:443 -servername asked.example </dev/null 2>/dev/null"
        " | openssl x509 -noout -ext subjectAltName"
    )


# What the authority does, and certbot with it: fetch what certbot has put into the webroot, over HTTP and by name.
CERTBOT = """#!/bin/bash
set -euo pipefail
[ "$1" = certonly ] || exit 0
while [ $# -gt 0 ]; do
    case $1 in
        --cert-name) name=$2 ;;
        --webroot-path) root=$2 ;;
        --deploy-hook) hook=$2 ;;
    esac
    shift
done
[ -x "$hook" ]
mkdir -p "$root/.well-known/acme-challenge"
echo answer >"$root/.well-known/acme-challenge/token"
[ "$(curl -sf --resolve "$name:80:127.0.0.1" "http://$name/.well-known/acme-challenge/token")" = answer ]
rm -r "$root/.well-known"
mkdir -p "/etc/letsencrypt/live/$name"
cd "/etc/letsencrypt/live/$name"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name" -addext "nsComment=authority" -keyout privkey.pem -out fullchain.pem 2>/dev/null
RENEWED_LINEAGE=$PWD "$hook"
"""


def test_lets_encrypt_finds_its_question_answered_and_its_certificate_is_served(hub: InstalledHub) -> None:
    certbot = hub.machine.root / "usr/local/bin/certbot"
    certbot.write_text(CERTBOT)
    certbot.chmod(0o755)
    hub.deploy("install", "--yes", "--domain", "le.example", "--tls", "letsencrypt", "--email", "me@le.example")
    served = (
        "openssl s_client -connect localhost:443 -servername le.example </dev/null 2>/dev/null"
        " | openssl x509 -noout -text"
    )
    # Workers of nginx that are being replaced may still answer for a moment.
    assert eventually(lambda: "authority" in hub.machine.shell(served)) is not None


def test_without_tls_nginx_serves_plain_http(hub: InstalledHub) -> None:
    hub.deploy("install", "--yes", "--domain", "", "--tls", "none")
    assert json.loads(hub.machine.shell(f"curl -s http://{hub.machine.address}/health")) == {"status": "ok"}
    hub.deploy("install", "--yes", "--tls", "selfsigned")
    assert hub.answers()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--tls", "nonsense"], "--tls is selfsigned, letsencrypt, none or CERT,KEY, and not 'nonsense'"),
        (["--tls", "/nowhere,/either"], "the files /nowhere and /either cannot be read"),
        (["--domain", "a b;c"], "';' is no name|'b;c' is no name of a host"),
        (["--listen", "http"], "--listen is \\[ADDRESS:\\]PORT, and not 'http'"),
        (["--listen", "70000"], "--listen is"),
        (["--from", "/root/platypush"], "Platypush is installed. To bring another version: deploy/upgrade"),
        (["--frob"], "Unknown option --frob"),
        (["--domain"], "--domain needs a value"),
    ],
)
def test_what_cannot_be_meant_is_refused(hub: InstalledHub, options: list[str], reason: str) -> None:
    done = hub.deploy("install", "--yes", *options, check=False)
    assert done.returncode == 1
    assert any(part in done.stderr.replace("\\", "") for part in reason.replace("\\", "").split("|")), done.stderr


def test_only_root_installs_and_everybody_may_read_how(hub: InstalledHub) -> None:
    hub.machine.shell(f"cp -r {CHECKOUT}/deploy /tmp/deploy")
    nobody = ["runuser", "-u", "nobody", "--"]
    assert "Usage: deploy/install" in hub.machine.run(*nobody, "/tmp/deploy/install", "--help", env=PIP).stdout
    assert "Usage: deploy/uninstall" in hub.machine.run(*nobody, "/tmp/deploy/uninstall", "--help").stdout
    for script in ("install", "uninstall"):
        refused = hub.machine.run(*nobody, f"/tmp/deploy/{script}", "--yes", check=False)
        assert (refused.returncode, "Only root can" in refused.stderr) == (1, True)


def test_without_anybody_to_ask_yes_has_to_be_said(hub: InstalledHub) -> None:
    refused = hub.deploy("uninstall", "--purge", check=False)
    assert (refused.returncode, "add --yes" in refused.stderr) == (1, True)
    assert hub.machine.shell("systemctl is-active platypush") == "active"
