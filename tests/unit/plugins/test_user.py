"""The plugin ``user``, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush.errors import Conflict, NotAuthenticated, NotFound, RegistrationRequired, Unavailable
from platypush.plugins.services import PluginServices
from platypush.plugins.user import UserPlugin
from platypush.user.service import Users, open_users
from platypush.user.settings import UserSettings

from .conftest import MakeConfig

ADMIN, GUEST = "correct horse battery", "another long password"


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    settings = UserSettings(url=f"sqlite:///{tmp_path}/main.db", workdir=tmp_path, password_cost=4)
    store = open_users(settings, migrate=True)
    yield store
    store.close()


@pytest.fixture
def plugin(users: Users, make_config: MakeConfig) -> UserPlugin:
    users.accounts.create_first("admin", ADMIN)
    plugin = UserPlugin()
    plugin.bind(PluginServices(config=make_config(), users=users))
    return plugin


def test_a_user_is_added_by_somebody_with_a_password_or_a_session(plugin: UserPlugin) -> None:
    made = plugin.create_user("guest", GUEST, executing_user="admin", executing_user_password=ADMIN).output
    assert made["username"] == "guest"
    token = plugin.create_session("admin", ADMIN).output["session_token"]
    plugin.create_user("third", GUEST, session_token=token)
    assert [user["username"] for user in plugin.get_users().output] == ["admin", "guest", "third"]
    with pytest.raises(Conflict):
        plugin.create_user("third", GUEST, session_token=token)


def test_nobody_is_added_or_removed_without_a_credential(plugin: UserPlugin) -> None:
    for given in (
        {},
        {"executing_user": "admin"},
        {"executing_user": "admin", "executing_user_password": "wrong"},
        {"session_token": "0" * 64},
        {"session_token": ""},
    ):
        with pytest.raises(NotAuthenticated):
            plugin.create_user("x", GUEST, **given)
        with pytest.raises(NotAuthenticated):
            plugin.delete_user("admin", **given)
    assert [user["username"] for user in plugin.get_users().output] == ["admin"]


def test_the_first_user_is_not_made_by_an_action(users: Users, make_config: MakeConfig) -> None:
    plugin = UserPlugin()
    plugin.bind(PluginServices(config=make_config(), users=users))
    with pytest.raises(RegistrationRequired):
        plugin.create_user("x", GUEST, executing_user="x", executing_user_password=GUEST)


def test_a_removed_user_is_gone_with_the_session(plugin: UserPlugin) -> None:
    plugin.create_user("guest", GUEST, executing_user="admin", executing_user_password=ADMIN)
    token = plugin.create_session("guest", GUEST).output["session_token"]
    assert plugin.authenticate_session(token).output == {"username": "guest"}
    assert plugin.delete_user("guest", executing_user="admin", executing_user_password=ADMIN).output is True
    with pytest.raises(NotAuthenticated):
        plugin.authenticate_session(token)
    with pytest.raises(NotFound):
        plugin.delete_user("guest", executing_user="admin", executing_user_password=ADMIN)


def test_a_password_is_changed_with_the_old_one_and_ends_sessions(plugin: UserPlugin) -> None:
    token = plugin.create_session("admin", ADMIN).output["session_token"]
    with pytest.raises(NotAuthenticated):
        plugin.update_password("admin", "wrong", GUEST)
    assert plugin.authenticate_user("admin", ADMIN).output is True
    assert plugin.update_password("admin", ADMIN, GUEST).output is True
    assert plugin.authenticate_user("admin", GUEST).output is True
    with pytest.raises(NotAuthenticated):
        plugin.authenticate_user("admin", ADMIN)
    with pytest.raises(NotAuthenticated):
        plugin.authenticate_session(token)


def test_a_session_is_made_checked_and_ended(plugin: UserPlugin) -> None:
    short = plugin.create_session("admin", ADMIN).output
    long = plugin.create_session("admin", ADMIN, remember=True).output
    assert short["expires_at"] < long["expires_at"]
    token = short["session_token"]
    assert plugin.get_user_by_session(token).output["username"] == "admin"
    assert plugin.delete_session(token).output is True
    assert plugin.delete_session(token).output is False
    with pytest.raises(NotAuthenticated):
        plugin.get_user_by_session(token)


def test_lists_hold_no_hashes_and_no_tokens(plugin: UserPlugin) -> None:
    plugin.create_session("admin", ADMIN)
    assert set(plugin.get_users().output[0]) == {"user_id", "username", "created_at"}


def test_without_a_database_it_says_so(make_config: MakeConfig) -> None:
    plugin = UserPlugin()
    plugin.bind(PluginServices(config=make_config()))
    with pytest.raises(Unavailable):
        plugin.get_users()
