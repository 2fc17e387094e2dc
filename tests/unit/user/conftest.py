"""A store of its own for each test: SQLite, or PostgreSQL at the URL in ``PLATYPUSH_TEST_DATABASE``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from platypush.user.service import Users, UserSettings, open_users
from tests.unit.user.doubles import NAME, PASSWORD, ManualClock

OpenUsers = Callable[..., Users]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def url() -> str:
    """A database with nothing in it."""
    server = os.environ.get("PLATYPUSH_TEST_DATABASE")
    if not server:
        return "sqlite:///main.db"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return server


@pytest.fixture
def settings(tmp_path: Path, url: str) -> UserSettings:
    return UserSettings(url=url, workdir=tmp_path, global_token="the global token", password_cost=4)


@pytest.fixture
def open_store(settings: UserSettings, clock: ManualClock) -> Iterator[OpenUsers]:
    """Opens the store once more, as another process would; all are closed at the end."""
    opened: list[Users] = []

    def open_store_(*, migrate: bool = True, chosen: UserSettings = settings) -> Users:
        users = open_users(chosen, migrate=migrate, clock=clock)
        opened.append(users)
        return users

    yield open_store_
    for users in opened:
        users.close()


@pytest.fixture
def empty(open_store: OpenUsers) -> Users:
    """A store without users."""
    return open_store()


@pytest.fixture
def users(empty: Users) -> Users:
    """A store with the user alice."""
    empty.accounts.create_first(NAME, PASSWORD)
    return empty
