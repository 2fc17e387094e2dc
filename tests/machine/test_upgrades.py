"""Reload, restart, upgrade, rollback, backup and restore of an installed hub: what clients outside see of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.machine.hub import CHECKOUT, InstalledHub
from tests.machine.load import Load
from tests.machine.wheelhouse import PIP

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]

REQUESTS = 20_000
WARM = 1_000
NEXT = "99.0.0"
MIGRATION = '''"""Something more.

Revision ID: 0099
"""
import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column."""
    op.add_column("users", sa.Column("nickname", sa.String(64)))
'''

MakeWheel = Callable[..., str]
MakeLoad = Callable[[], AbstractContextManager[Load]]


@pytest.fixture
def load(hub: InstalledHub, tmp_path: Path) -> MakeLoad:
    """Clients outside of the machine that run an action over HTTPS, one request after the other."""
    headers = {"Content-Type": "application/json", **hub.sign_in()}
    body = json.dumps({"type": "request", "action": "config.get_device_id", "args": {}})
    number = 0

    def make() -> Load:
        nonlocal number
        number += 1
        url = f"https://{hub.machine.address}/execute"
        return Load(url, body, headers, tmp_path / f"load-{number}", connections=32)

    return make


@pytest.fixture
def make_wheel(hub: InstalledHub) -> MakeWheel:
    """Build a wheel of this checkout with another version number, and lines appended to files; its path in there."""

    def make(version: str, appended: dict[str, str] | None = None, replaced: dict[str, str] | None = None) -> str:
        folder = f"/root/source-{version}"
        hub.machine.shell(f"cp -r {CHECKOUT} {folder}")
        source = hub.machine.root / folder.lstrip("/")
        (source / "platypush/__init__.py").write_text(f'__version__ = "{version}"\n__all__ = ["__version__"]\n')
        for name, text in (replaced or {}).items():
            (source / name).write_text(text)
        for name, text in (appended or {}).items():
            with (source / name).open("a") as file:
                file.write(text)
        pip = ["/opt/platypush/builder/bin/python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "/root/wheels"]
        hub.machine.run(*pip, folder, env=PIP)
        return f"/root/wheels/platypush-{version}-py3-none-any.whl"

    return make


def assert_nothing_failed(load: Load) -> None:
    outcome = load.outcome
    assert outcome is not None
    print(f"{outcome.requests} requests, longest {outcome.longest:.2f} s, failed {dict(outcome.failed)}")
    assert outcome.failed == {}, outcome.examples
    assert outcome.requests >= REQUESTS


def version_of(hub: InstalledHub) -> str:
    return str(json.loads(hub.platypush("status", "--json"))["version"])


def test_ten_reloads_lose_no_request(hub: InstalledHub, load: MakeLoad) -> None:
    with load() as clients:
        clients.wait_for(WARM)
        for _ in range(10):
            hub.machine.run("systemctl", "reload", "platypush")
        clients.wait_for(REQUESTS)
    assert_nothing_failed(clients)


def test_five_restarts_lose_no_request(hub: InstalledHub, load: MakeLoad) -> None:
    with load() as clients:
        clients.wait_for(WARM)
        for _ in range(5):
            before = hub.pid()
            hub.machine.run("systemctl", "restart", "platypush")
            assert hub.pid() not in (0, before)
        clients.wait_for(REQUESTS)
    assert_nothing_failed(clients)


def test_an_upgrade_and_a_rollback_lose_no_request_and_nothing_that_was_done_since(
    hub: InstalledHub, load: MakeLoad, make_wheel: MakeWheel
) -> None:
    before = version_of(hub)
    user = hub.machine.root / CHECKOUT[1:] / "platypush/user"
    revision = (user / "revision.py").read_text()
    head = re.search(r'(?m)^HEAD = "(\d+)"', revision)
    assert head
    wheel = make_wheel(
        NEXT,
        appended={"systemd/platypush.service": "# A unit of the next version.\n"},
        # The database that the version before gets back is a newer one.
        replaced={
            "platypush/user/revision.py": revision.replace(head[0], 'HEAD = "0099"'),
            "platypush/user/migrations/versions/0099_more.py": MIGRATION.format(head=head[1]),
        },
    )
    secret = hub.platypush("token", "create", "to-be-revoked", "--user", "admin").split()[-1]
    revoked = {"Authorization": f"Bearer {secret}"}
    assert hub.execute("config.get_device_id", revoked).status == 200

    with load() as clients:
        clients.wait_for(WARM)
        hub.deploy("upgrade", wheel)
        clients.wait_for(REQUESTS)
    assert_nothing_failed(clients)
    assert version_of(hub) == NEXT
    unit = hub.machine.root / "etc/systemd/system/platypush.service"
    assert "the next version" in unit.read_text()

    hub.platypush("user", "add", "carol", "--password-stdin", text="a password of hers\n")
    identifier = next(
        line.split()[0] for line in hub.platypush("token", "list", "--user", "admin").splitlines() if "to-be" in line
    )
    hub.platypush("token", "revoke", identifier)
    assert hub.execute("config.get_device_id", revoked).status == 401

    with load() as clients:
        clients.wait_for(WARM)
        hub.deploy("rollback")
        clients.wait_for(REQUESTS)
    assert_nothing_failed(clients)
    assert version_of(hub) == before
    assert "the next version" not in unit.read_text()
    body = json.dumps({"username": "carol", "password": "a password of hers"})
    assert hub.request("POST", "/auth", body, {"Content-Type": "application/json"}).status == 200
    assert hub.execute("config.get_device_id", revoked).status == 401
    schema = "sqlite3 /var/lib/platypush/main.db 'SELECT version_num FROM platypush_schema'"
    assert hub.machine.shell(schema) == "0099"


def test_a_version_that_cannot_be_imported_is_refused_with_the_reason_and_nothing_fails(
    hub: InstalledHub, load: MakeLoad, make_wheel: MakeWheel
) -> None:
    wheel = make_wheel("99.0.1", appended={"platypush/daemon/daemon.py": "import a_module_that_nobody_has\n"})
    before, pid = version_of(hub), hub.pid()
    with load() as clients:
        clients.wait_for(WARM)
        result = hub.deploy("upgrade", wheel, check=False)
        clients.wait_for(REQUESTS)
    assert result.returncode == 1
    assert "ModuleNotFoundError: No module named 'a_module_that_nobody_has'" in result.stderr
    assert "Nothing was changed" in result.stderr
    assert_nothing_failed(clients)
    assert (version_of(hub), hub.pid()) == (before, pid)


def test_a_version_that_does_not_come_up_is_taken_back_and_nothing_fails(
    hub: InstalledHub, load: MakeLoad, make_wheel: MakeWheel
) -> None:
    end = "\ndef run(**_: object) -> int:\n    raise SystemExit('it ends at once')\n"
    wheel = make_wheel("99.0.2", appended={"platypush/daemon/main.py": end})
    before = version_of(hub)
    with load() as clients:
        clients.wait_for(WARM)
        result = hub.deploy("upgrade", wheel, check=False)
        clients.wait_for(REQUESTS)
    assert result.returncode == 1
    assert "it ends at once" in result.stderr
    assert f"The upgrade was taken back: {before} runs" in result.stderr
    assert_nothing_failed(clients)
    assert version_of(hub) == before


def test_a_backup_of_the_service_is_restored_with_the_owners_that_its_files_had(hub: InstalledHub) -> None:
    owners = "stat -c '%n %U:%G %a' /var/lib/platypush/main.db /var/lib/platypush/jwt.key /etc/platypush/config.yaml"
    before = hub.machine.shell(owners)
    assert "/main.db platypush:platypush 600" in before
    assert "/config.yaml root:platypush 640" in before
    token = hub.sign_in()
    archive = hub.deploy("backup").stdout.strip()
    assert hub.machine.shell(f"stat -c '%U %a' {archive}") == "root 600"
    hub.platypush("user", "add", "mallory", "--password-stdin", text="a password of his\n")
    hub.machine.shell("rm /var/lib/platypush/jwt.key; echo broken > /etc/platypush/config.yaml")
    hub.deploy("restore", archive)
    assert hub.machine.shell(owners) == before
    assert "mallory" not in hub.platypush("user", "list")
    assert hub.execute("config.get_device_id", token).status == 200
    foreign = hub.machine.shell("find /var/lib/platypush ! -user platypush")
    assert foreign == ""


def test_the_nightly_backup_runs_as_the_timer_starts_it(hub: InstalledHub) -> None:
    count = "ls /var/backups/platypush | wc -l"
    before = int(hub.machine.shell(count))
    hub.machine.run("systemctl", "start", "platypush-backup.service")
    assert int(hub.machine.shell(count)) == before + 1
    assert hub.machine.shell("find /var/lib/platypush ! -user platypush") == ""
