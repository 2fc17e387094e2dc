"""What ``deploy/upgrade``, ``rollback``, ``backup`` and ``restore`` decide; the machine is a stand-in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.installed import Installed

PROBE = ["systemctl --quiet is-active platypush.service", "probe /run/platypush-web/uwsgi.sock"]
RESTART = ["systemctl restart platypush.service"]
TRIED = ["2.0 import", "2.0 uwsgi", "2.0 check"]
SITE = "etc/nginx/sites-available/platypush.conf"
UNIT = "etc/systemd/system/platypush.service"


@pytest.fixture
def hub(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


def unchanged(hub: Installed) -> bool:
    database = (hub.machine / "var/lib/platypush/main.db").read_text() == "the database"
    return database and os.listdir(hub.machine / "var/lib/platypush") == ["main.db"]


def test_a_new_version_is_tried_backed_up_switched_to_and_asked(hub: Installed) -> None:
    result = hub.run("upgrade", hub.wheel("2.0"))
    assert result.returncode == 0, result.stderr
    assert (hub.current, hub.previous) == ("2.0", "1.0")
    units = ["systemctl daemon-reload"]
    site = ["systemctl daemon-reload", "nginx -t", "systemctl reload nginx.service"]
    assert hub.calls == ["install 2.0", *TRIED, "1.0 backup", "2.0 migrate", *units, *RESTART, *PROBE, *site]
    assert unchanged(hub)


def test_a_checkout_is_built_first_and_stays_as_it_is(hub: Installed) -> None:
    checkout = hub.checkout("2.0")
    before = sorted(checkout.rglob("*"))
    assert hub.run("upgrade", checkout).returncode == 0
    assert hub.current == "2.0"
    assert sorted(checkout.rglob("*")) == before


def test_a_package_can_be_named_in_a_folder_that_has_one_of_that_name(hub: Installed) -> None:
    assert hub.run("upgrade", "platypush==2.0").returncode == 0
    assert hub.current == "2.0"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("/nowhere/platypush-2.0.whl", "There is no file"),
        ("docs/images", "neither a checkout"),
        ("..", "neither a checkout"),
    ],
)
def test_a_source_that_is_none_is_refused(hub: Installed, source: str, reason: str) -> None:
    result = hub.run("upgrade", source)
    assert result.returncode == 1
    assert reason in result.stderr
    assert hub.calls == []


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("2.1", "cannot be imported:\n    ModuleNotFoundError: No module named 'orjson'"),
        ("2.2", "does not take this configuration:\n    config.yaml:3: unknown key"),
        ("2.3", "cannot use this database:\n    no such column"),
    ],
)
def test_a_version_that_cannot_run_is_refused_and_nothing_happens(hub: Installed, version: str, reason: str) -> None:
    result = hub.run("upgrade", hub.wheel(version))
    assert result.returncode == 1
    assert reason in result.stderr
    assert "Nothing was changed: 1.0 goes on" in result.stderr
    assert not [call for call in hub.calls if call.startswith("systemctl")]
    assert (hub.current, hub.previous, hub.installed) == ("1.0", None, {"1.0"})
    assert unchanged(hub)


@pytest.mark.parametrize("version", ["2.4", "2.5"])
def test_a_version_that_does_not_come_up_is_taken_back_by_itself(hub: Installed, version: str) -> None:
    hub.run("upgrade", hub.wheel("2.0"))
    hub.calls_file.unlink()
    result = hub.run("upgrade", hub.wheel(version))
    assert result.returncode == 1
    assert "The upgrade was taken back: 2.0 runs" in result.stderr
    assert "Traceback: the last words" in result.stderr
    assert (hub.current, hub.previous) == ("2.0", "1.0")
    assert hub.calls.count(*RESTART) == 2
    assert not [call for call in hub.calls if "restore" in call]
    assert unchanged(hub)


def test_problems_that_were_there_before_stop_no_upgrade(hub: Installed) -> None:
    hub.release("2.2")
    (hub.machine / "opt/platypush/current").unlink()
    (hub.machine / "opt/platypush/current").symlink_to(hub.releases / "2.2")
    broken = hub.releases / "2.2-2"
    result = hub.run("upgrade", hub.wheel("2.0"))
    assert result.returncode == 0, result.stderr
    assert not broken.exists()


def test_without_a_backup_there_is_no_upgrade(hub: Installed) -> None:
    for version in ("1.0", "2.0"):
        (hub.machine / f"no-backup-{version}").touch()
    result = hub.run("upgrade", hub.wheel("2.0"))
    assert result.returncode == 1
    assert "There is no backup, so nothing was changed" in result.stderr
    assert hub.current == "1.0"


def test_where_the_version_that_runs_cannot_make_a_backup_the_new_one_does(hub: Installed) -> None:
    (hub.machine / "no-backup-1.0").touch()
    assert hub.run("upgrade", hub.wheel("2.0")).returncode == 0
    assert hub.current == "2.0"


def test_a_version_that_cannot_be_installed_leaves_nothing(hub: Installed) -> None:
    (hub.machine / "no-index").touch()
    result = hub.run("upgrade", hub.wheel("2.0"))
    assert result.returncode == 1
    assert "no such package" in result.stderr
    assert hub.installed == {"1.0"}
    assert not list((hub.machine / "opt/platypush").glob(".work*"))


def test_the_version_that_runs_needs_no_upgrade(hub: Installed) -> None:
    with hub.serving("1.0"):
        assert "Nothing to do" in hub.run("upgrade", hub.wheel("1.0")).stderr
    assert hub.calls == PROBE


def test_an_upgrade_that_was_interrupted_after_the_switch_is_brought_to_its_end(hub: Installed) -> None:
    with hub.serving("0.9"):
        result = hub.run("upgrade", hub.wheel("1.0"))
    assert result.returncode == 0, result.stderr
    assert "is installed, but does not run" in result.stderr
    assert hub.calls == [*RESTART, *PROBE]


def test_another_build_of_the_same_version_is_another_release(hub: Installed) -> None:
    (hub.releases / "1.0" / ".complete").write_text("other files")
    assert hub.run("upgrade", hub.wheel("1.0")).returncode == 0
    assert (hub.current, hub.previous) == ("1.0-2", "1.0")


def test_a_release_that_was_interrupted_is_made_anew(hub: Installed) -> None:
    (hub.release("2.0") / ".complete").unlink()
    assert hub.run("upgrade", hub.wheel("2.0")).returncode == 0
    assert "install 2.0" in hub.calls


def test_old_releases_are_removed_but_never_the_one_before(hub: Installed) -> None:
    for age, name in enumerate(("0.9", "0.8", "0.7", "0.6")):
        os.utime(hub.release(name), (1000 - age, 1000 - age))
    os.utime(hub.releases / "1.0", (10, 10))
    hub.run("upgrade", hub.wheel("2.0"))
    assert hub.installed == {"2.0", "1.0", "0.9", "0.8"}


def test_a_rollback_runs_the_version_before_on_the_same_database_and_back(hub: Installed) -> None:
    hub.run("upgrade", hub.wheel("2.0"))
    hub.calls_file.unlink()
    result = hub.run("rollback")
    assert result.returncode == 0, result.stderr
    assert (hub.current, hub.previous) == ("1.0", "2.0")
    tried = ["1.0 import", "1.0 uwsgi", "1.0 check", "2.0 backup", "1.0 migrate"]
    units = ["systemctl daemon-reload"]
    site = ["systemctl daemon-reload", "nginx -t", "systemctl reload nginx.service"]
    assert hub.calls == [*tried, *units, *RESTART, *PROBE, *site]
    assert unchanged(hub)
    assert hub.run("rollback").returncode == 0
    assert (hub.current, hub.previous) == ("2.0", "1.0")


def test_a_rollback_that_does_not_come_up_is_taken_back(hub: Installed) -> None:
    (hub.machine / "opt/platypush/previous").symlink_to(hub.release("2.4"))
    result = hub.run("rollback")
    assert result.returncode == 1
    assert "The rollback was taken back: 1.0 runs" in result.stderr
    assert (hub.current, hub.previous) == ("1.0", "2.4")


@pytest.mark.parametrize(
    ("version", "reason"), [("2.1", "cannot be imported"), ("2.3", "cannot use this database:\n    no such column")]
)
def test_a_rollback_to_what_cannot_run_is_refused_and_nothing_happens(
    hub: Installed, version: str, reason: str
) -> None:
    (hub.machine / "opt/platypush/previous").symlink_to(hub.release(version))
    result = hub.run("rollback")
    assert result.returncode == 1
    assert reason in result.stderr
    assert (hub.current, hub.previous, hub.installed) == ("1.0", version, {"1.0", version})
    assert not [call for call in hub.calls if call.startswith("systemctl")]


def test_a_rollback_needs_no_backup(hub: Installed) -> None:
    hub.run("upgrade", hub.wheel("2.0"))
    (hub.machine / "no-backup-2.0").touch()
    assert hub.run("rollback").returncode == 0
    assert hub.current == "1.0"


def test_without_a_version_before_there_is_no_rollback(hub: Installed) -> None:
    assert "There is no release before 1.0" in hub.run("rollback").stderr
    assert hub.calls == []


def test_files_that_are_rendered_differently_are_renewed(hub: Installed) -> None:
    hub.run("upgrade", hub.wheel("2.0"))
    assert (hub.machine / SITE).read_text() == (hub.machine / UNIT).read_text() == "site of 2.0"
    hub.run("rollback")
    assert (hub.machine / SITE).read_text() == (hub.machine / UNIT).read_text() == "site of 1.0"


def test_the_units_of_a_version_that_does_not_come_up_go_with_it(hub: Installed) -> None:
    hub.run("upgrade", hub.wheel("2.4"))
    assert (hub.machine / UNIT).read_text() == "site of 1.0"
    assert hub.calls.count("systemctl daemon-reload") == 2


def test_files_that_are_rendered_the_same_are_left_alone(hub: Installed) -> None:
    hub.run("upgrade", hub.wheel("2.7"))
    assert hub.current == "2.7"
    assert not [call for call in hub.calls if "reload" in call]


def test_files_that_somebody_changed_are_left_alone_with_the_new_one_beside(hub: Installed) -> None:
    (hub.machine / SITE).write_text("my own")
    result = hub.run("upgrade", hub.wheel("2.0"))
    assert (hub.machine / SITE).read_text() == "my own"
    assert (hub.machine / f"{SITE}.new").read_text() == "site of 2.0"
    assert f"/{SITE} was changed by hand" in result.stderr
    assert "nginx -t" not in hub.calls


def test_files_that_nginx_refuses_are_taken_back(hub: Installed) -> None:
    result = hub.run("upgrade", hub.wheel("2.6"))
    assert result.returncode == 0, result.stderr
    assert "nginx refuses its new files" in result.stderr
    assert (hub.machine / SITE).read_text() == "site of 1.0"
    assert "systemctl reload nginx.service" not in hub.calls


def test_two_at_once_do_not_get_into_each_others_way(hub: Installed) -> None:
    holder = subprocess.Popen(["flock", hub.machine / "opt/platypush", "cat"], stdin=subprocess.PIPE)
    while subprocess.run(["flock", "-n", hub.machine / "opt/platypush", "true"], check=False).returncode == 0:
        assert holder.poll() is None
    result = hub.run("rollback")
    holder.communicate()
    assert "is under way" in result.stderr


def test_without_an_installation_they_say_what_to_do(hub: Installed) -> None:
    hub.remove()
    for script, argument in (("upgrade", "x.whl"), ("restore", "x.tar.gz"), ("backup", "-o"), ("rollback", "")):
        result = hub.run(script, *filter(None, [argument]))
        assert result.returncode == 1
        assert "Run deploy/install first" in result.stderr


def test_a_backup_goes_where_only_root_gets_at_it(hub: Installed) -> None:
    result = hub.run("backup")
    assert result.stdout.strip() == str(hub.machine / "var/backups/platypush/backup.tar.gz")
    assert (hub.machine / "var/backups/platypush").stat().st_mode & 0o777 == 0o700


def test_a_restore_stops_the_hub_and_asks_it_afterwards(hub: Installed) -> None:
    result = hub.run("restore", "good.tar.gz")
    assert result.returncode == 0, result.stderr
    assert hub.calls == [
        "1.0 restore --check",
        "systemctl stop platypush.socket platypush-websocket.socket platypush.service",
        "1.0 restore",
        "systemctl start platypush.service",
        *PROBE,
    ]


def test_an_archive_that_is_not_whole_does_not_stop_the_hub(hub: Installed) -> None:
    result = hub.run("restore", "bad.tar.gz")
    assert result.returncode == 1
    assert hub.calls == ["1.0 restore --check"]


@pytest.mark.parametrize("script", ["upgrade", "rollback", "restore"])
def test_each_explains_itself_and_refuses_what_it_does_not_know(hub: Installed, script: str) -> None:
    assert f"Usage: deploy/{script}" in hub.run(script, "--help").stdout
    assert hub.run(script, "--frobnicate", "more").returncode in (1, 2)
    assert hub.calls == []
