"""What is in a backup."""

from __future__ import annotations

import os
import sqlite3
import stat
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from platypush.backup.create import create, remove_superseded
from platypush.backup.naming import archive_name, superseded
from platypush.backup.restore import check
from platypush.backup.snapshot import snapshot
from platypush.config.model import Secret
from platypush.errors import BackupFailed
from platypush.user.revision import HEAD
from tests.unit.backup.conftest import START, Installation


def names_of(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return set(tar.getnames())


def test_everything_that_makes_up_the_installation_is_in_it_and_nothing_else(hub: Installation) -> None:
    assert names_of(hub.backup().path) == {
        "config/config.yaml",
        "config/lights.yaml",
        "config/secret/token",
        "config/tls/cert.pem",
        "dashboards/main.xml",
        "database/main.db",
        "manifest.json",
        "scripts/hooks.py",
        "scripts/lib/helper.py",
        "state/jwt.key",
        "state/tts/hello.wav",
    }


def test_it_is_private_and_says_what_it_is(hub: Installation) -> None:
    made = hub.backup()
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert made.path.name == "platypush-20260102T040405Z.tar.gz"
    manifest = check(made.path)
    assert (manifest.schema, manifest.config, len(manifest.members)) == (HEAD, "config.yaml", made.files)
    assert manifest.origin == str(hub.etc / "config.yaml")


def test_it_goes_to_the_working_folder_unless_told_otherwise_and_not_into_the_next_one(hub: Installation) -> None:
    first = create(hub.config(), hub.environ, None, hub.now())
    assert first.path.parent == hub.workdir / "backups"
    second = create(hub.config(), hub.environ, None, hub.now())
    assert names_of(first.path) == names_of(second.path)


def test_a_file_is_never_overwritten(hub: Installation) -> None:
    target = hub.write("mine.tar.gz", "precious")
    with pytest.raises(BackupFailed, match="is there already"):
        hub.backup(target)
    assert target.read_text() == "precious"


def test_nothing_is_left_behind_when_it_fails(hub: Installation) -> None:
    (hub.workdir / "main.db").write_bytes(b"SQLite format 3\0" + b"garbage" * 1000)
    before = hub.contents()
    with pytest.raises(BackupFailed, match="database"):
        hub.backup()
    assert hub.contents() == before
    assert os.listdir(hub.folder / "backups") == []


def test_links_to_files_are_followed_and_those_to_folders_named(hub: Installation, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles/mine.py").write_text("MINE = 1\n")
    (hub.etc / "scripts/mine.py").symlink_to(tmp_path / "dotfiles/mine.py")
    (hub.etc / "scripts/more").symlink_to(tmp_path / "dotfiles")
    (hub.etc / "scripts/gone.py").symlink_to(tmp_path / "nowhere")
    made = hub.backup()
    assert made.notes == (f"not in the archive, because it is a link to a folder: {hub.etc / 'scripts/more'}",)
    assert "scripts/mine.py" in names_of(made.path)
    hub.restore(made.path)
    assert (hub.etc / "scripts/mine.py").read_text() == "MINE = 1\n"
    assert not (hub.etc / "scripts/mine.py").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could be tricked")
def test_nobody_gets_at_files_of_others_by_a_link_that_root_follows(hub: Installation, tmp_path: Path) -> None:
    secret = tmp_path / "shadow"
    secret.write_text("root's")
    secret.chmod(0o600)
    for link in (hub.workdir / "link", hub.etc / "scripts/link.py"):
        link.symlink_to(secret)
        os.chown(link, 54321, 54321, follow_symlinks=False)
    assert not {name for name in names_of(hub.backup().path) if "link" in name}


def test_what_the_configuration_takes_from_elsewhere_is_named(hub: Installation, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.yaml"
    outside.write_text("constants: {}\n")
    hub.write("etc/config.yaml", f"workdir: ../state\ninclude: {outside}\n")
    assert [note for note in hub.backup().notes if str(outside) in note]


def test_a_database_on_a_server_is_not_in_it_and_the_tool_for_it_is_named_without_the_password(
    hub: Installation,
) -> None:
    config = replace(hub.config(), database=Secret("postgresql+psycopg://hub:geheim@db/platypush"))
    made = create(config, hub.environ, hub.folder / "backups", hub.now())
    (note,) = made.notes
    assert "pg_dump --format=custom --file=platypush.dump 'postgresql://hub:***@db/platypush'" in note
    assert "geheim" not in note
    assert "database/main.db" not in names_of(made.path)


def test_the_databases_of_plugins_are_copied_as_databases(hub: Installation, tmp_path: Path) -> None:
    writer = sqlite3.connect(hub.workdir / "feeds.db")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE entry (title)")
    writer.execute("INSERT INTO entry VALUES ('news')")
    writer.commit()
    archive = hub.backup().path
    writer.close()
    with tarfile.open(archive) as tar:
        content = tar.extractfile("state/feeds.db")
        assert content is not None
        (tmp_path / "copy.db").write_bytes(content.read())
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT title FROM entry").fetchall() == [("news",)]
    copy.close()
    assert "state/feeds.db-wal" not in names_of(archive)


def test_a_database_below_a_folder_of_the_working_folder_is_in_it_once(hub: Installation) -> None:
    (hub.workdir / "db").mkdir()
    for name in ("main.db", "main.db-wal", "main.db-shm"):
        if (hub.workdir / name).exists():
            (hub.workdir / name).rename(hub.workdir / "db" / name)
    hub.write("etc/config.yaml", "workdir: ../state\nmain.db: sqlite:///db/main.db\n")
    archive = hub.backup().path
    assert [name for name in names_of(archive) if "main.db" in name] == ["database/main.db"]
    hub.add_user("bob")
    hub.restore(archive)
    assert hub.user_names() == ["ann"]


def test_a_copy_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    source = tmp_path / "busy.db"
    writer = sqlite3.connect(source, check_same_thread=False)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE debit (n)")
    writer.execute("CREATE TABLE credit (n)")
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with writer:
                writer.execute("INSERT INTO debit VALUES (1)")
                writer.execute("INSERT INTO credit VALUES (1)")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(20):
            target = tmp_path / f"{number}.db"
            snapshot(source, target)
            copy = sqlite3.connect(target)
            debit, credit = (copy.execute(f"SELECT count(*) FROM {t}").fetchone() for t in ("debit", "credit"))
            copy.close()
            assert debit == credit
    finally:
        stop.set()
        thread.join()
        writer.close()


def test_names_sort_by_time_and_are_never_taken() -> None:
    first = archive_name(START, [])
    assert first == "platypush-20260102T030405Z.tar.gz"
    assert archive_name(START, [first]) == "platypush-20260102T030405Z-2.tar.gz"


def test_only_archives_of_ours_are_superseded_the_oldest_first(tmp_path: Path) -> None:
    names = [f"platypush-2026010{day}T030405Z.tar.gz" for day in (1, 2, 3)]
    again = "platypush-20260102T030405Z-10.tar.gz"
    assert superseded([*names, again, "mine.tar.gz"], 2) == [names[1], names[0]]
    for name in (*names, "mine.tar.gz"):
        (tmp_path / name).touch()
    remove_superseded(tmp_path, 1)
    assert sorted(os.listdir(tmp_path)) == ["mine.tar.gz", names[2]]
