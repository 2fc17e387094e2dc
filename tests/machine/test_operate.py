"""The operator's tools on an installed hub: what the doctor finds broken, its mends mend; the page's commands run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.machine.hub import InstalledHub, eventually

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]

ABOUT_THIS_MACHINE = ("clock.", "disk.")
"""A container has its host's clock and disks."""

WRONG = {
    "owner.readable": "chmod o+rx /etc/platypush && chmod 644 /etc/platypush/config.yaml",
    "owner.foreign": "touch /var/lib/platypush/foreign",
    "backup.timer": "systemctl disable --now platypush-backup.timer",
    "release.half": "mkdir /opt/platypush/releases/9.9.9",
    "release.leftover": "ln -s nowhere /opt/platypush/current.new",
    "site.differs": "echo '# by hand' >> /etc/nginx/snippets/platypush-resources.conf",
    "site.missing": "rm /etc/nginx/snippets/platypush-tls.conf",
    "site.disabled": "rm /etc/nginx/sites-enabled/platypush.conf",
    "hub.disabled": "systemctl disable platypush.service",
    "port.closed": "systemctl stop nginx",
    "hub.other_socket": 'cd /etc/platypush && cp -p config.yaml /root/ && sed -i "s/uwsgi_args: .*/uwsgi_args: '
    "['--http-socket', '127.0.0.1:8099', '--master']/\" config.yaml && systemctl restart platypush",
    "hub.silent": "systemctl stop platypush.socket platypush-websocket.socket platypush.service",
}
"""What the operator does wrong, by what the doctor calls it."""


def doctor(hub: InstalledHub) -> dict[str, dict[str, Any]]:
    """What the doctor finds, by id."""
    printed = hub.machine.run("platypush", "doctor", "--json", check=False).stdout
    return {one["id"]: one for one in json.loads(printed) if not one["id"].startswith(ABOUT_THIS_MACHINE)}


def test_nothing_is_wrong_with_a_fresh_installation(hub: InstalledHub) -> None:
    assert doctor(hub) == {}
    assert "problems: none" in hub.platypush("status")
    assert "0 errors, 0 warnings" in hub.platypush("check")


@pytest.mark.parametrize("id", WRONG)
def test_what_is_broken_is_found_and_its_mend_mends_it(hub: InstalledHub, id: str) -> None:
    hub.machine.shell(WRONG[id])
    found = doctor(hub)
    assert id in found, found
    # What follows from it is found, too; each mend that is a command is run as it is printed.
    for finding in found.values():
        if finding["mend"].startswith("In backend.http"):
            hub.machine.shell("cp -p /root/config.yaml /etc/platypush/ && systemctl restart platypush")
        else:
            hub.machine.shell(finding["mend"])
    assert eventually(lambda: doctor(hub) == {}, 60) is not None, doctor(hub)
    assert eventually(hub.answers) is not None


def test_a_hub_that_the_watchdog_had_to_end_is_told_apart_from_one_that_died(hub: InstalledHub) -> None:
    hub.machine.shell(f"kill -STOP {hub.pid()}")
    restarts = "systemctl show -p NRestarts --value platypush.service"
    assert eventually(lambda: hub.machine.shell(restarts) == "1", 90) is not None
    assert eventually(hub.answers) is not None
    found = doctor(hub)
    assert set(found) == {"hub.restarts"}
    assert "once after it died; the watchdog found it stuck" in found["hub.restarts"]["text"]
    hub.machine.shell("systemctl reset-failed platypush; systemctl restart platypush")
    assert eventually(lambda: doctor(hub) == {}) is not None


def test_a_folder_that_nginx_cannot_enter_is_named_with_its_mend(hub: InstalledHub) -> None:
    machine = hub.machine
    machine.shell("mkdir -p /home/me/photos && chmod 700 /home/me && echo cat > /home/me/photos/cat.txt")
    config = machine.root / "etc/platypush/config.yaml"
    config.write_text(
        config.read_text().replace("    # resource_dirs:\n", "    resource_dirs:\n        mine: /home/me/photos\n")
    )
    machine.run("systemctl", "reload", "platypush")
    found = doctor(hub)
    assert set(found) == {"folder.closed", "site.differs"}
    assert "www-data cannot enter /home/me (mode 0700)" in found["folder.closed"]["text"]
    machine.shell(found["site.differs"]["mend"])
    _, _, chmod = found["folder.closed"]["mend"].partition("or: ")
    machine.shell(chmod)
    assert doctor(hub) == {}
    token = hub.sign_in()
    assert eventually(lambda: hub.request("GET", "/resources/mine/cat.txt", headers=token).body == b"cat\n")


def test_a_new_certificate_is_served_after_the_hook_and_a_bad_one_is_not(hub: InstalledHub) -> None:
    machine = hub.machine
    hook = "/opt/platypush/current/share/platypush/deploy/renew-hook {cert} {key}"
    make = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=hub "
        "-addext subjectAltName=DNS:hub -keyout {key} -out {cert} 2>/dev/null"
    )
    place = {"key": "/etc/platypush/tls/key.pem", "cert": "/etc/platypush/tls/cert.pem"}
    hook = hook.format(**place)
    machine.shell(make.format(**place))
    machine.shell(hook)
    # The machine's file is what is trusted here, so an answer is the new certificate's.
    assert eventually(hub.answers) is not None
    machine.shell("cp /etc/platypush/tls/key.pem /root/key.pem")
    machine.shell(make.format(key=place["key"], cert="/root/other.pem"))
    refused = machine.run("sh", "-c", hook, check=False)
    assert refused.returncode == 1
    assert "does not belong to the certificate" in refused.stderr
    assert "tls.key" in doctor(hub)
    assert hub.answers()
    machine.shell("cp /root/key.pem /etc/platypush/tls/key.pem")
    machine.shell(hook)
    assert doctor(hub) == {}


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("systemctl status platypush --no-pager", r"active \(running\)"),
        ("/opt/platypush/current/bin/uwsgi --connect-and-read /run/platypush/uwsgi-stats.sock 2>&1", '"workers"'),
        ("journalctl -u platypush -p warning -b --no-pager", ""),
        ("systemctl list-timers platypush-backup.timer --no-pager", "platypush-backup.timer"),
        ("curl -sk https://localhost/health", '"ok"'),
        ("curl -sk https://localhost/ready", '"ready"'),
        ("platypush token create prometheus --user admin --scope metrics", r"\w{20}"),
        ("platypush user list", "admin"),
        ("systemctl start platypush-backup && ls /var/backups/platypush", r"platypush-.*\.tar\.gz"),
        ("platypush restore --check $(ls /var/backups/platypush/*.tar.gz | tail -n 1)", ""),
        ("platypush render uwsgi --line --socket /run/x.sock", "PLATYPUSH_UWSGI_SOCKET=/run/x.sock"),
        ("platypush render systemd", "FileDescriptorName=uwsgi"),
        ("echo c > /run/platypush/uwsgi.fifo", ""),
    ],
)
def test_the_pages_commands_work_as_they_stand(hub: InstalledHub, command: str, shown: str) -> None:
    assert re.search(shown, hub.machine.shell(command)) is not None


def test_the_journal_knows_what_is_a_warning(hub: InstalledHub) -> None:
    hub.machine.shell("printf 'nonsense:\\n' >> /etc/platypush/config.yaml; systemctl restart platypush")
    try:
        shown = hub.machine.shell("journalctl -u platypush -p warning -b --no-pager")
        assert "nonsense" in shown
        assert "<3>" not in shown
        assert "Started" not in shown
    finally:
        hub.machine.shell("sed -i '$d' /etc/platypush/config.yaml; systemctl restart platypush")


def test_a_uwsgi_apart_from_the_hub_serves_behind_nginx_with_what_is_rendered(hub: InstalledHub) -> None:
    machine = hub.machine
    machine.shell("cp -p /etc/platypush/config.yaml /root/; sed -i '/uwsgi_args:/d' /etc/platypush/config.yaml")
    machine.shell("platypush render uwsgi --output / && systemctl daemon-reload && systemctl restart platypush")
    machine.shell("systemctl start platypush-web && platypush render nginx --output / && nginx -t")
    machine.run("systemctl", "reload", "nginx")
    assert eventually(hub.answers, 60) is not None, machine.shell("journalctl -u platypush-web -n 40 --no-pager")
    assert hub.execute("config.get_device_id", hub.sign_in()).json()["response"]["output"] == "hub"
    for _ in range(3):
        machine.run("systemctl", "reload", "platypush-web")
        assert hub.answers()
    machine.run("systemctl", "restart", "platypush")
    # The workers find the new daemon by themselves.
    assert eventually(lambda: hub.execute("config.get_device_id", hub.sign_in()).status == 200) is not None
    assert doctor(hub) == {}
    machine.shell("cp -p /root/config.yaml /etc/platypush/; systemctl stop platypush-web; systemctl restart platypush")
    machine.shell("platypush render nginx --output / && nginx -t && systemctl reload nginx")
    assert eventually(hub.answers) is not None


def test_a_forgotten_password_is_replaced(hub: InstalledHub) -> None:
    hub.platypush("user", "password", "admin", "--password-stdin", text="another long password\n")
    assert InstalledHub(hub.machine, "another long password").sign_in()


def test_an_ordinary_user_is_told_to_be_root(hub: InstalledHub) -> None:
    for command in ("status", "check", "doctor", "reload"):
        done = hub.machine.run("runuser", "-u", "nobody", "--", "platypush", command, check=False)
        assert done.returncode == 1
        assert "This user may not read /etc/platypush/config.yaml" in done.stdout + done.stderr
        assert "sudo" in done.stdout + done.stderr
