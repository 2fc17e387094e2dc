"""``deploy/install --yes`` on a fresh Debian: a hub that serves over HTTPS, from the first boot on."""

from __future__ import annotations

import base64
import json
import re

import pytest
from websockets.sync.client import connect

from tests.machine.conftest import Installed
from tests.machine.hub import InstalledHub, eventually

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]

HOOK = """
from platypush.event.hook import hook
from platypush.message.event.http.hook import WebhookEvent

@hook(WebhookEvent, hook="doorbell", method="POST")
def doorbell(event):
    assert event.headers.get("X-Secret") == "ding"
    return {"rang": event.data}
"""


def test_the_password_of_the_first_user_is_all_that_is_printed_beside_the_address(installed: Installed) -> None:
    words = installed.output.split()
    assert words == ["https://hub/", "user", "admin", "password", installed.password]
    assert len(installed.password) >= 20


def test_after_a_boot_the_hub_answers_over_https_and_systemd_is_content(hub: InstalledHub) -> None:
    assert hub.answers()
    assert hub.machine.shell("systemctl is-system-running") == "running"
    assert hub.machine.shell("systemctl is-enabled platypush.service platypush.socket platypush-backup.timer") == (
        "enabled\nenabled\nenabled"
    )


def test_the_hub_itself_finds_nothing_wrong_with_the_installation(hub: InstalledHub) -> None:
    hub.machine.run("platypush", "doctor")
    hub.machine.run("runuser", "-u", "platypush", "--", "platypush", "check")


def test_one_signs_in_and_runs_an_action(hub: InstalledHub) -> None:
    assert hub.execute("config.get_device_id", {}).status == 401
    answer = hub.execute("config.get_device_id", hub.sign_in())
    assert (answer.status, answer.json()["response"]["output"]) == (200, "hub")


def test_a_browser_signs_in_and_sees_the_panel(hub: InstalledHub) -> None:
    form = f"username=admin&password={hub.password}"
    answer = hub.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 302, answer
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert "secure" in answer.headers["set-cookie"].lower()
    assert hub.request("GET", "/", headers={"Cookie": cookie}).status == 200


def test_a_webhook_and_a_resource_file_are_there_after_a_reload(hub: InstalledHub) -> None:
    machine = hub.machine
    (machine.root / "etc/platypush/scripts/doorbell.py").write_text(HOOK)
    machine.shell("mkdir -p /srv/photos; echo 'a cat' > /srv/photos/cat.txt")
    config = machine.root / "etc/platypush/config.yaml"
    config.write_text(
        config.read_text().replace("    # resource_dirs:\n", "    resource_dirs:\n        photos: /srv/photos\n")
    )
    machine.run("systemctl", "reload", "platypush")
    hub.platypush("render", "nginx", "--output", "/")
    machine.shell("nginx -t && systemctl reload nginx")
    headers = {"X-Secret": "ding", "Content-Type": "application/json"}
    answer = hub.request("POST", "/hook/doorbell", '{"door": 1}', headers)
    assert (answer.status, answer.json()) == (200, {"rang": {"door": 1}})
    assert hub.request("POST", "/hook/doorbell", '{"door": 1}').status >= 400
    token = hub.sign_in()
    # Workers of nginx that are being replaced may still answer for a moment.
    assert eventually(lambda: hub.request("GET", "/resources/photos/cat.txt", headers=token).body == b"a cat\n")
    assert hub.request("GET", "/resources/photos/cat.txt").status == 401


def test_a_websocket_opens_through_nginx(hub: InstalledHub) -> None:
    basic = base64.b64encode(f"admin:{hub.password}".encode()).decode()
    with connect(
        "wss://hub/ws/events",
        sock=hub.machine_socket(),
        ssl=hub.tls(),
        server_hostname="hub",
        additional_headers={"Authorization": f"Basic {basic}"},
    ) as client:
        client.send(json.dumps({"type": "request", "id": "7", "action": "config.get_device_id"}))
        assert json.loads(client.recv(timeout=20))["response"]["output"] == "hub"


def test_a_reload_is_refused_as_long_as_the_configuration_is_broken(hub: InstalledHub) -> None:
    config = hub.machine.root / "etc/platypush/config.yaml"
    good = config.read_text()
    try:
        config.write_text(good + "\nbackend.http: 7\n")
        refused = hub.machine.run("systemctl", "reload", "platypush", check=False)
        assert refused.returncode != 0
        assert hub.answers()
    finally:
        config.write_text(good)
    hub.machine.run("systemctl", "reload", "platypush")


def test_the_hub_runs_in_its_sandbox(hub: InstalledHub) -> None:
    hub.execute("config.get_device_id", hub.sign_in())
    pid = hub.pid()
    status = dict(
        line.split(":\t", 1) for line in hub.machine.shell(f"cat /proc/{pid}/status").splitlines() if ":\t" in line
    )
    assert (status["Seccomp"], status["NoNewPrivs"], int(status["CapBnd"], 16)) == ("2", "1", 0)
    # The one right of scheduling that the filter leaves is in use: the threads of the bus step back.
    assert "SCHED_BATCH" in hub.machine.shell(f"chrt -a -p {pid}")
    log = hub.machine.shell("journalctl -u platypush --no-pager -o cat")
    assert not re.search("not permitted|denied|Read-only file system", log), log


def test_a_second_installation_changes_nothing_and_asks_nothing(hub: InstalledHub) -> None:
    files = "cd /etc; find platypush nginx systemd/system -type f -exec md5sum {} + | sort; ls -l /opt/platypush"
    before = hub.machine.shell(files)
    again = hub.deploy("install", "--yes")
    assert again.stdout == ""
    assert hub.machine.shell(files) == before
    assert hub.answers()
