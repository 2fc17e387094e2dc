"""Units of work on the database."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from platypush.errors import ConfigurationError, StorageFailed
from platypush.user.database import Database, parse_url


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(parse_url("sqlite:///test.db", tmp_path))
    database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (number INTEGER UNIQUE)")))
    yield database
    database.close()


def count(database: Database) -> int:
    return int(database.read(lambda connection: connection.execute(text("SELECT count(*) FROM numbers")).scalar_one()))


def insert(connection: Connection, number: int) -> None:
    connection.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": number})


def test_a_relative_path_is_below_the_working_directory(tmp_path: Path) -> None:
    assert parse_url("sqlite:///a/main.db", tmp_path).database == str(tmp_path / "a" / "main.db")


def test_an_absolute_path_and_a_home_are_taken_as_they_are(tmp_path: Path) -> None:
    assert parse_url("sqlite:////srv/main.db", tmp_path).database == "/srv/main.db"
    assert parse_url("sqlite:///~/main.db", tmp_path).database == str(Path("~/main.db").expanduser())


def test_postgresql_gets_the_driver_that_the_extra_installs(tmp_path: Path) -> None:
    assert parse_url("postgresql://u:p@h/d", tmp_path).drivername == "postgresql+psycopg"
    assert parse_url("postgresql+psycopg2://u:p@h/d", tmp_path).drivername == "postgresql+psycopg2"


@pytest.mark.parametrize(
    "url", ["", "main.db", "sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:", "mysql://h/d"]
)
def test_what_cannot_be_shared_by_processes_is_refused_with_an_example(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite"):
        parse_url(url, tmp_path)


def test_a_password_in_a_url_that_cannot_be_read_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url("postgres//user:hunter2@host", tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_unit_of_work_is_kept_whole_or_not_at_all(database: Database) -> None:
    def work(connection: Connection) -> None:
        insert(connection, 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(work)
    assert count(database) == 0


def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    def work(connection: Connection) -> None:
        number = connection.execute(text("SELECT coalesce(max(number), 0) FROM numbers")).scalar_one()
        insert(connection, int(number) + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: database.write(work), range(80)))
    assert count(database) == 80


def test_sqlite_is_opened_with_what_the_design_asks_for(database: Database) -> None:
    def pragmas(connection: Connection) -> list[object]:
        names = ("foreign_keys", "synchronous", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    assert database.read(pragmas) == [1, 1, 5000]


def test_a_database_that_refuses_is_one_error_with_its_reason_in_the_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StorageFailed):
        database.read(lambda connection: connection.execute(text("SELECT secret FROM nowhere WHERE x = 'hunter2'")))
    assert "no such table: nowhere" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_locked_database_is_an_error_and_works_again_afterwards(database: Database, tmp_path: Path) -> None:
    hasty = Database(database.url, busy=0.01)
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageFailed):
        hasty.write(lambda connection: insert(connection, 1))
    other.execute("ROLLBACK")
    other.close()
    hasty.write(lambda connection: insert(connection, 1))
    assert count(hasty) == 1
    hasty.close()


def test_a_reader_is_not_held_up_by_a_writer(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    assert count(database) == 0
    other.execute("ROLLBACK")
    other.close()


def test_a_forked_process_opens_connections_of_its_own(database: Database) -> None:
    assert count(database) == 0
    child = os.fork()
    if child == 0:
        status = 1
        try:
            database.write(lambda connection: insert(connection, 7))
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    database.write(lambda connection: insert(connection, 8))
    assert count(database) == 2


def test_a_missing_driver_names_the_extra_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"platypush\[postgres\]"):
        Database(parse_url("postgresql://user:password@host/database", tmp_path))
