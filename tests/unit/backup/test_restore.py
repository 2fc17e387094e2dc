"""What a restore does, and what it refuses."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from platypush.backup.restore import check
from platypush.daemon.lock import InstanceLock
from platypush.errors import BackupFailed
from platypush.user.revision import VERSION_TABLE
from tests.unit.backup.conftest import Forge, Installation

Files = list[tuple[tarfile.TarInfo, bytes]]


def test_what_was_backed_up_is_there_again_with_its_modes(hub: Installation) -> None:
    before = hub.contents()
    archive = hub.backup().path
    hub.add_user("mallory")
    (hub.workdir / "jwt.key").unlink()
    hub.write("etc/scripts/hooks.py", "HOOK = 'broken'\n")
    hub.write("etc/scripts/new.py", "NEW = 1\n")
    hub.write("state/since.json", "{}")
    (hub.etc / "config.yaml").unlink()
    shutil.rmtree(hub.etc / "dashboards")
    hub.restore(archive)
    after = hub.contents()
    untouched = ("state/main.db", "state/generation", "etc/scripts/__pycache__")
    for name, content in before.items():
        assert name.startswith(untouched) or after[name] == content, name
    assert not {"etc/scripts/new.py", "state/since.json"} & after.keys()
    assert hub.user_names() == ["ann"]


def test_what_is_replaced_is_put_aside_whole(hub: Installation) -> None:
    archive = hub.backup().path
    hub.add_user("bob")
    hub.write("etc/scripts/new.py", "NEW = 1\n")
    database = (hub.workdir / "main.db").read_bytes()
    etc, state = hub.restore(archive).replaced
    assert (etc.parent, state.parent) == (hub.etc, hub.workdir)
    assert (state / "main.db").read_bytes() == database
    assert (etc / "scripts/new.py").read_text() == "NEW = 1\n"
    assert (etc / "config.yaml").exists()


def test_what_was_put_aside_is_in_no_later_backup(hub: Installation) -> None:
    archive = hub.backup().path
    hub.restore(archive)
    assert {member.name for member in check(hub.backup().path).members} == {
        member.name for member in check(archive).members
    }


def test_an_installation_can_be_restored_to_another_place(hub: Installation, tmp_path: Path) -> None:
    before = hub.contents()
    archive = hub.backup().path
    there = tmp_path / "there"
    done = hub.restore(archive, there / "etc" / "hub.yaml", there / "work")
    assert hub.contents() == before
    assert (done.config, done.workdir) == (there / "etc" / "hub.yaml", there / "work")
    assert (there / "etc/hub.yaml").read_text() == (hub.etc / "config.yaml").read_text()
    assert (there / "etc/secret/token").exists()
    assert (there / "work/main.db").exists()
    assert (there / "etc/scripts/lib/helper.py").exists()


def test_an_archive_restored_elsewhere_replaces_nothing_that_its_absolute_paths_name(
    hub: Installation, tmp_path: Path
) -> None:
    hub.write("etc/config.yaml", f"workdir: {hub.workdir}\nscripts_dir: {hub.etc / 'scripts'}\n")
    archive = hub.backup().path
    before = hub.contents()
    for workdir in (None, tmp_path / "work"):
        with pytest.raises(BackupFailed, match="may belong to another installation"):
            hub.restore(archive, tmp_path / "there" / "config.yaml", workdir)
    assert hub.contents() == before
    assert not (tmp_path / "there").exists()


def test_a_hub_that_runs_is_left_alone(hub: Installation) -> None:
    archive = hub.backup().path
    before = hub.contents()
    lock = InstanceLock(hub.workdir)
    lock.acquire()
    try:
        with pytest.raises(BackupFailed, match="already runs"):
            hub.restore(archive)
    finally:
        lock.release()
    assert hub.contents() == before


def test_folders_on_other_file_systems_are_no_hindrance(hub: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = hub.backup().path
    before = hub.contents()
    hub.write("etc/scripts/hooks.py", "HOOK = 2\n")
    rename = os.rename

    def across(source: Any, target: Any) -> None:
        if "scripts" in str(source) or "scripts" in str(target):
            raise OSError(18, "Invalid cross-device link")
        rename(source, target)

    monkeypatch.setattr(os, "rename", across)
    hub.restore(archive)
    assert hub.contents()["etc/scripts/hooks.py"] == before["etc/scripts/hooks.py"]
    (aside,) = hub.etc.glob("before-restore-*/scripts/hooks.py")
    assert aside.read_text() == "HOOK = 2\n"


@pytest.mark.parametrize("failing", range(1, 20))
def test_a_restore_that_fails_changes_nothing(hub: Installation, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    archive = hub.backup().path
    hub.write("etc/scripts/hooks.py", "HOOK = 2\n")
    before = hub.contents()
    rename, calls = os.rename, 0

    def fail(source: Any, target: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(BackupFailed, match="Nothing was restored"):
        hub.restore(archive)
    assert hub.contents() == before
    assert not list(hub.folder.rglob("before-restore-*"))


def member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, "/etc/shadow", 0
    return info


def add(info: tarfile.TarInfo) -> Callable[[Files, dict[str, Any]], None]:
    def change(files: Files, manifest: dict[str, Any]) -> None:
        files.append((info, b""))
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        manifest["members"].append({"name": info.name, "size": 0, "mode": 0o644, "sha256": empty})

    return change


def tamper(files: Files, manifest: dict[str, Any]) -> None:
    for index, (info, content) in enumerate(files):
        if info.name == "scripts/hooks.py":
            files[index] = (info, content.replace(b"1", b"2"))


def set_(**values: Any) -> Callable[[Files, dict[str, Any]], None]:
    return lambda files, manifest: manifest.update(values)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (add(member("../../etc/cron.d/evil")), "lead outside"),
        (add(member("/etc/cron.d/evil")), "lead outside"),
        (add(member("scripts/../../evil")), "lead outside"),
        (add(member("elsewhere/file")), "lead outside"),
        (add(member("state/link", tarfile.SYMTYPE)), "no regular file"),
        (add(member("state/link", tarfile.LNKTYPE)), "no regular file"),
        (add(member("state/null", tarfile.CHRTYPE)), "no regular file"),
        (add(member("state/pipe", tarfile.FIFOTYPE)), "no regular file"),
        (add(member("scripts/hooks.py")), "twice"),
        (lambda files, manifest: files.pop(), "missing in the archive"),
        (lambda files, manifest: manifest["members"].pop(), "not in its manifest"),
        (tamper, "checksum"),
        (set_(format=2), "format 2"),
        (set_(schema="9999", oldest_reader="9999"), "needs code for revision 9999"),
        (set_(schema="9999"), "not at the revision"),
        (set_(schema="0000"), "not at the revision"),
        (set_(schema="drop"), "no revision"),
        (set_(config="../../config.yaml"), "lead outside"),
        (set_(members=[{"name": "scripts/hooks.py"}]), "cannot be read"),
    ],
)
def test_an_archive_that_is_not_as_it_should_be_is_refused_and_nothing_changes(
    hub: Installation, forge: Forge, change: Callable[[Files, dict[str, Any]], None], reason: str
) -> None:
    archive = forge(change)
    before = hub.contents()
    with pytest.raises(BackupFailed, match=reason):
        hub.restore(archive)
    assert hub.contents() == before


@pytest.mark.parametrize("size", [0, 10, 500, 2000])
def test_an_archive_that_was_cut_off_is_refused(hub: Installation, tmp_path: Path, size: int) -> None:
    whole = hub.backup().path.read_bytes()
    assert len(whole) > size
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole[:size])
    with pytest.raises(BackupFailed, match=r"damaged|cut off"):
        check(cut)


def test_a_newer_database_that_this_version_can_use_is_restored(hub: Installation) -> None:
    database = sqlite3.connect(hub.workdir / "main.db")
    database.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    database.commit()
    database.close()
    archive = hub.backup().path
    hub.restore(archive)
    assert hub.user_names() == ["ann"]
    users = hub.users()
    users.values.set("platypush.schema", {"oldest_reader": "9998"})
    users.close()
    with pytest.raises(BackupFailed, match="needs code for revision 9998"):
        hub.restore(hub.backup().path)


def test_a_configuration_that_cannot_be_used_here_is_refused_with_its_errors(hub: Installation, tmp_path: Path) -> None:
    hub.write("etc/more.yaml", "constants: {}\n")
    elsewhere = hub.write("elsewhere/token", "secret\n")
    hub.write("etc/config.yaml", f"workdir: ../state\ntoken_file: {elsewhere}\n")
    archive = hub.backup().path
    elsewhere.unlink()
    before = hub.contents()
    with pytest.raises(BackupFailed, match=r"config\.yaml:2"):
        hub.restore(archive)
    assert hub.contents() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to somebody else")
def test_root_gives_files_the_owners_that_are_usual_where_they_go(hub: Installation) -> None:
    service, group = 54321, 54322
    for path in (hub.workdir, *hub.workdir.rglob("*")):
        os.chown(path, service, service)
    for path in (hub.etc, *hub.etc.rglob("*")):
        os.chown(path, 0, group)
        if path.is_dir():
            path.chmod(0o750)
    hub.folder.chmod(0o755)
    for parent in hub.folder.parents:
        if parent.stat().st_uid == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    archive = hub.backup().path
    shutil.rmtree(hub.etc / "secret")
    (hub.workdir / "jwt.key").unlink()
    hub.restore(archive)
    for name in ("main.db", "jwt.key", "tts", "tts/hello.wav"):
        assert (hub.workdir / name).stat().st_uid == service, name
    for name in ("config.yaml", "secret", "secret/token", "scripts", "scripts/lib", "scripts/lib/helper.py"):
        status = (hub.etc / name).stat()
        assert (status.st_uid, status.st_gid) == (0, group), name
    assert stat.S_IMODE((hub.etc / "secret").stat().st_mode) == 0o750
    assert stat.S_IMODE((hub.etc / "secret/token").stat().st_mode) == 0o600
