"""What a reload takes over, and what it cannot."""

from __future__ import annotations

import pytest

from platypush.config.changes import PluginChanges, changed_plugins, restart_keys
from tests.unit.config.conftest import Load

BASE = {
    "device_id": "a", "workdir": "/w", "main.db": "sqlite:////w/a.db", "bus": "{type: unix}", "limits": "{calls: 10}",
    "environment": "{A: x, B: y}", "backend.http": "{port: 8008}",
}  # fmt: skip


def text(**changes: str | None) -> str:
    merged = BASE | {key.replace("__", "."): value for key, value in changes.items()}
    return "".join(f"{key}: {value}\n" for key, value in merged.items() if value is not None)


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, []),
        ({"device_id": "b"}, ["device_id"]),
        ({"main__db": "postgresql://db/hub"}, ["main.db"]),
        ({"bus": "{path: /run/other.sock}"}, ["bus"]),
        ({"limits": "{calls: 11, listen_backlog: 5, action_time: 9}"}, ["limits.calls", "limits.listen_backlog"]),
        ({"environment": "{B: z, C: new}"}, ["environment.A"]),
        ({"backend__http": "{port: 80, bind_address: 127.0.0.1}"}, ["backend.http.port", "backend.http.bind_address"]),
        ({"backend__http": "{run_externally: true, uwsgi_args: [--master]}"},
         ["backend.http.run_externally", "backend.http.uwsgi_args"]),
        ({"backend__http": "{ssl_cert: /c, websocket_port: 1}"},
         ["backend.http.websocket_port", "backend.http.ssl_cert"]),
        ({"backend__http": "{resource_dirs: {a: /a}, public_url: 'http://x', trusted_proxies: ['::1']}"}, []),
        ({"backend__http": None}, ["backend.http"]),
        ({"tts": "{}", "token": "abc", "constants": "{a: b}", "logging": "{level: DEBUG}"}, []),
    ],
)  # fmt: skip
def test_keys_that_need_a_restart_are_named(load_text: Load, changes: dict[str, str | None], keys: list[str]) -> None:
    assert restart_keys(load_text(text()), load_text(text(**changes))) == keys


def test_a_new_workdir_moves_what_follows_from_it(load_text: Load) -> None:
    old = load_text("workdir: /a\n", {"RUNTIME_DIRECTORY": ""})
    new = load_text("workdir: /b\n", {"RUNTIME_DIRECTORY": ""})
    assert restart_keys(old, new) == ["workdir", "runtime_dir", "main.db", "bus"]


def test_plugins_are_told_apart_by_their_sections(load_text: Load) -> None:
    old = load_text("a:\nb: {token: x}\nc: {k: 1}\nd:\n")
    new = load_text("a:\nb: {token: y}\nc: {k: 1}\ne:\nd: {disabled: true}\n")
    assert changed_plugins(old, new) == PluginChanges(added=("e",), removed=("d",), changed=("b",))


def test_plugins_that_load_without_a_section_count_until_they_are_switched_off(load_text: Load) -> None:
    defaults = frozenset({"tts", "utils"})
    plain, configured = load_text(""), load_text("tts: {voice: x}\n")
    off = load_text("tts: {enabled: false}\n")
    assert changed_plugins(plain, configured, defaults=defaults) == PluginChanges((), (), ("tts",))
    assert changed_plugins(configured, off, defaults=defaults) == PluginChanges((), ("tts",), ())
    assert changed_plugins(off, plain, defaults=defaults) == PluginChanges(("tts",), (), ())
