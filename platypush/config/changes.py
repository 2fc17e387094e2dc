"""What differs between two configurations: what a reload can take over, and what needs a restart. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from platypush.config.model import Config

__all__ = ["PluginChanges", "changed_plugins", "restart_keys"]

_ROOT: Mapping[str, Callable[[Config], Any]] = {
    "device_id": lambda config: config.device_id,
    "workdir": lambda config: config.workdir,
    "runtime_dir": lambda config: config.runtime_dir,
    "main.db": lambda config: config.database,
    "bus": lambda config: config.bus,
    "limits.calls": lambda config: config.limits.calls,
    "limits.bus_frame": lambda config: config.limits.bus_frame,
    "limits.listen_backlog": lambda config: config.limits.listen_backlog,
}
"""Keys that are bound to what was opened at the start: files, sockets, pools."""

_HTTP_RELOADED = frozenset({"resource_dirs", "maps", "trusted_proxies", "public_url", "accel_redirect"})
"""Keys of ``backend.http`` that workers take over by a reload; all others need a restart."""


class PluginChanges(NamedTuple):
    """Names of plugins, sorted: to start, to stop, to stop and start with other arguments."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def restart_keys(old: Config, new: Config) -> list[str]:
    """The keys that differ and that a reload cannot take over, as they are written in the configuration."""
    keys = [name for name, value in _ROOT.items() if value(old) != value(new)]
    keys += [f"environment.{name}" for name in sorted(old.environment.keys() - new.environment.keys())]
    return keys + _http_keys(old, new)


def _http_keys(old: Config, new: Config) -> list[str]:
    if old.http is None or new.http is None:
        return [] if old.http is new.http else ["backend.http"]
    return [
        f"backend.http.{field.name}"
        for field in fields(old.http)
        if field.name not in _HTTP_RELOADED and getattr(old.http, field.name) != getattr(new.http, field.name)
    ]


def changed_plugins(old: Config, new: Config, *, defaults: frozenset[str] = frozenset()) -> PluginChanges:
    """Which plugins a reload starts, stops or makes anew. ``defaults`` are those that load without a section."""
    before, after = _loaded(old, defaults), _loaded(new, defaults)
    return PluginChanges(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
    )


def _loaded(config: Config, defaults: frozenset[str]) -> dict[str, Mapping[str, Any]]:
    return {**{name: {} for name in defaults - config.disabled}, **config.plugins}
