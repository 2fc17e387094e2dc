"""What the section ``media`` allows: read by the plugin, by the web workers and by nginx's site alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platypush.config.model import Config, HttpSettings, MediaSettings

__all__ = ["media_settings", "read_media"]


def media_settings(config: Config) -> MediaSettings | None:
    """What ``config`` allows; None without the section, and with one that cannot be used: its plugin says why."""
    section = config.plugins.get("media")
    if section is None:
        return None
    try:
        return read_media(section, config.http)
    except ValueError:
        return None


def read_media(section: Mapping[str, Any], http: HttpSettings | None = None) -> MediaSettings:
    """The keys ``media_dirs`` and ``allowed_hosts``. Raises ValueError that says which one is wrong."""
    return MediaSettings(
        media_dirs=tuple(_folder(text) for text in _texts(section, "media_dirs")),
        allowed_hosts=tuple(_texts(section, "allowed_hosts")),
        refused_ports=http.uwsgi_ports if http else (),
    )


def _texts(section: Mapping[str, Any], key: str) -> list[str]:
    value = section.get(key)
    items = [] if value is None else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) and item for item in items):
        raise ValueError(f"{key} has to be a list of texts.")
    return list(items)


def _folder(text: str) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f"media_dirs: {text!r} cannot be found: {error}") from error
    if not path.is_absolute() or "\0" in text:
        raise ValueError(f"media_dirs: {text!r} is no absolute path. Write it from the root, or from the home with ~/.")
    return path
