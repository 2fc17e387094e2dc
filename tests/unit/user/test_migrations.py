"""The database's revisions."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

from platypush.errors import ConfigurationError, NotAuthenticated
from platypush.user.database import Database, parse_url
from platypush.user.migrate import scripts
from platypush.user.revision import HEAD, VERSION_TABLE, check_revision
from platypush.user.schema import metadata
from platypush.user.schema import users as users_table
from platypush.user.service import UserSettings
from tests.unit.user.conftest import OpenUsers
from tests.unit.user.doubles import ADDRESS

OPEN = """
import sys
from pathlib import Path
from platypush.user.service import UserSettings, open_users
users = open_users(UserSettings(url=sys.argv[1], workdir=Path(sys.argv[2])), migrate=sys.argv[3] == "migrate")
assert not [name for name in sys.modules if name.startswith(("sqlalchemy.orm", "pydantic"))]
print("alembic" in sys.modules, users.accounts.exists())
users.close()
"""


def execute(settings: UserSettings, *statements: str) -> None:
    database = Database(parse_url(settings.url, settings.workdir))

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    database.write(work)
    database.close()


def test_the_newest_migration_is_the_revision_that_the_code_expects() -> None:
    assert scripts().get_heads() == [HEAD]
    assert [script.revision for script in scripts().walk_revisions()] == [
        f"{number:04}" for number in range(int(HEAD), 0, -1)
    ]


def test_the_migrated_database_has_exactly_the_tables_of_the_schema(
    open_store: OpenUsers, settings: UserSettings
) -> None:
    open_store()
    database = Database(parse_url(settings.url, settings.workdir))

    def differences(connection: Connection) -> list[object]:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    assert database.read(differences) == []
    database.close()


def test_a_database_that_does_not_exist_is_not_made_without_being_asked(open_store: OpenUsers, tmp_path: Path) -> None:
    if os.environ.get("PLATYPUSH_TEST_DATABASE"):
        with pytest.raises(ConfigurationError, match="platypush run"):
            open_store(migrate=False)
        return
    with pytest.raises(ConfigurationError, match="does not exist yet"):
        open_store(migrate=False)
    assert not (tmp_path / "main.db").exists()


def test_a_database_of_an_older_revision_has_to_be_migrated(open_store: OpenUsers, settings: UserSettings) -> None:
    open_store()
    execute(settings, f"UPDATE {VERSION_TABLE} SET version_num = '0000'")
    with pytest.raises(ConfigurationError, match="platypush run"):
        open_store(migrate=False)


def test_a_newer_database_works_unless_it_says_otherwise(open_store: OpenUsers, settings: UserSettings) -> None:
    users = open_store()
    users.accounts.create_first("alice", "correct horse")
    execute(settings, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    for migrate in (True, False):
        assert open_store(migrate=migrate).sign_in("alice", "correct horse", ADDRESS).user == "alice"
    users.values.set("platypush.schema", {"oldest_reader": "9000"})
    with pytest.raises(ConfigurationError, match="newer version"):
        open_store(migrate=False)
    with pytest.raises(ConfigurationError, match="newer version"):
        open_store(migrate=True)


def test_which_revisions_fit() -> None:
    assert check_revision(HEAD, None)
    assert check_revision("9999", HEAD)
    assert not check_revision(None, None)
    assert not check_revision("0000", None)


def test_processes_that_migrate_at_once_make_one_database(settings: UserSettings, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", OPEN, settings.url, str(tmp_path), "migrate"]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0, 0]
    assert {output.split()[1] for output in outputs} == {"False"}


def test_alembic_is_imported_only_when_migrating(open_store: OpenUsers, settings: UserSettings, tmp_path: Path) -> None:
    open_store()
    command = [sys.executable, "-W", "error", "-c", OPEN, settings.url, str(tmp_path)]
    for mode in ("migrate", "plain"):
        output = subprocess.run([*command, mode], capture_output=True, text=True, check=True, timeout=60).stdout
        assert output.split() == ["False", "False"]


@pytest.mark.skipif(bool(os.environ.get("PLATYPUSH_TEST_DATABASE")), reason="earlier databases are SQLite files")
def test_users_of_an_earlier_platypush_in_the_same_database_can_sign_in(open_store: OpenUsers, tmp_path: Path) -> None:
    hashed = bcrypt.hashpw(b"old password", bcrypt.gensalt(4))
    with sqlite3.connect(tmp_path / "main.db") as old:
        old.execute(
            "CREATE TABLE user (user_id INTEGER PRIMARY KEY, username VARCHAR, password VARCHAR, created_at DATETIME)"
        )
        old.executemany(
            "INSERT INTO user (username, password) VALUES (?, ?)",
            [("text", hashed.decode()), ("bytes", hashed), ("other", "pbkdf2$x"), ("", hashed.decode())],
        )
    old.close()
    users = open_store()
    assert [user.name for user in users.accounts.list()] == ["bytes", "text"]
    for name in ("text", "bytes"):
        assert users.sign_in(name, "old password", ADDRESS).user == name
        hashes = select(users_table.c.password_hash).where(users_table.c.name == name)
        stored = users._database.read(lambda connection, query=hashes: connection.execute(query).scalar_one())  # type: ignore[misc]
        assert stored.startswith("v1$")
        assert users.sign_in(name, "old password", ADDRESS).user == name
    with pytest.raises(NotAuthenticated):
        users.sign_in("text", "old passwore", ADDRESS)


@pytest.mark.skipif(bool(os.environ.get("PLATYPUSH_TEST_DATABASE")), reason="about files")
def test_the_database_is_for_its_owner_alone_and_in_wal_mode(open_store: OpenUsers, tmp_path: Path) -> None:
    users = open_store()
    users.accounts.exists()
    for name in ("main.db", "main.db-wal", "main.db-shm"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    (tmp_path / "main.db").chmod(0o644)
    open_store()
    assert (tmp_path / "main.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"this is not a database at all" * 100])
def test_a_file_that_is_no_database_stops_the_start_with_its_name(
    open_store: OpenUsers, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "other.db").write_bytes(content)
    settings = UserSettings(url="sqlite:///other.db", workdir=tmp_path)
    with pytest.raises(ConfigurationError, match=r"other\.db cannot be opened"):
        open_store(chosen=settings)


def test_a_folder_in_place_of_the_database_stops_the_start(open_store: OpenUsers, tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(ConfigurationError, match=r"folder\.db"):
        open_store(chosen=UserSettings(url="sqlite:///folder.db", workdir=tmp_path))
