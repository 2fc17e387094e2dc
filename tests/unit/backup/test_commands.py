"""``platypush backup`` and ``platypush restore``."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import Result

from platypush.cli import backup, restore
from platypush.cli.options import Options
from platypush.errors import BackupFailed
from tests.running.commands import command_runner
from tests.unit.backup.conftest import Installation


def run(hub: Installation, command: click.Command, *arguments: str | Path) -> Result:
    options = Options(config=hub.etc / "config.yaml")
    return command_runner().invoke(command, [str(word) for word in arguments], obj=options, catch_exceptions=True)


@pytest.fixture(autouse=True)
def short_socket_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/hub")


def test_all_that_a_backup_prints_is_the_archives_path(hub: Installation) -> None:
    result = run(hub, backup.command, "--output", hub.folder / "archives")
    assert result.exit_code == 0, result.output
    (archive,) = (hub.folder / "archives").iterdir()
    assert result.stdout == f"{archive}\n"
    assert "Backed up 10 files" in result.stderr


def test_a_number_of_archives_is_kept(hub: Installation) -> None:
    folder = hub.folder / "archives"
    for _ in range(3):
        result = run(hub, backup.command, "--output", folder, "--keep", "2")
    assert len(list(folder.iterdir())) == 2
    assert "Removed" in result.stderr


def test_what_is_not_in_the_archive_is_said(hub: Installation, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a secret\n")
    hub.write("etc/config.yaml", f"workdir: ../state\ntoken: !file {tmp_path / 'token'}\n")
    assert f"note: not in the archive, because it is outside of the configuration's folder: {tmp_path}" in (
        run(hub, backup.command).stderr
    )


def test_an_archive_is_checked_and_restored(hub: Installation) -> None:
    archive = run(hub, backup.command, "--output", hub.folder / "archives").stdout.strip()
    hub.add_user("bob")
    assert "is whole: Platypush" in run(hub, restore.command, "--check", archive).stdout
    assert hub.user_names() == ["ann", "bob"]
    result = run(hub, restore.command, archive)
    assert result.exit_code == 0, result.output
    assert f"configuration: {hub.etc / 'config.yaml'}" in result.stderr
    assert f"What was there before is in {hub.workdir / 'before-restore-'}" in result.stderr
    assert hub.user_names() == ["ann"]


def test_an_archive_that_is_none_is_refused(hub: Installation, tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_text("no archive")
    for path in (tmp_path / "x.tar.gz", tmp_path / "missing.tar.gz"):
        assert isinstance(run(hub, restore.command, "--check", path).exception, BackupFailed)
