"""Types of the configuration's values: what is accepted, and the sentence that says what is not.

Strict on purpose: text is never taken for a number, nor a number for text. Only a value that came by ``!env`` or
``!file``, which can be nothing but text, is read as the number or the yes/no that its key wants.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf

from platypush.config.model import Secret
from platypush.config.units import parse_duration, parse_size

__all__ = [
    "Arguments",
    "Count",
    "Days",
    "Environment",
    "Flag",
    "Hours",
    "LevelName",
    "Networks",
    "Port",
    "PublicUrl",
    "ResourceDirs",
    "SecretText",
    "Seconds",
    "Size",
    "Text",
    "WholeSeconds",
]

_UNIX_PEER = "unix"
"""As a trusted proxy: whoever reaches a unix socket of the hub (``platypush._lib.clients``)."""
_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _expect(condition: object, reason: str) -> None:
    if not condition:
        raise ValueError(reason)


def _text(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def _number(value: Any) -> Any:
    if not isinstance(value, Secret):
        return value
    for convert in (int, float):
        try:
            return convert(value.reveal())
        except ValueError:
            continue
    return value.reveal()


def _flag(value: Any) -> Any:
    return _BOOLEANS.get(value.reveal().strip().lower(), value.reveal()) if isinstance(value, Secret) else value


def _secret(value: Any) -> Any:
    return Secret(value) if isinstance(value, str) else value


def _not_empty(value: Secret) -> Secret:
    if not value.reveal().strip():
        raise ValueError("it is empty. Write a value, or remove the key.")
    return value


def _printable(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("it is empty or holds line breaks or control characters.")
    return value


def _in_unit(unit: float) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        value = _number(value)
        return parse_duration(value) / unit if isinstance(value, str) else value

    return convert


def _whole_seconds(value: Any) -> Any:
    value = _number(value)
    if not isinstance(value, str):
        return value
    seconds = parse_duration(value)
    if not seconds.is_integer():
        raise ValueError("whole seconds are needed here.")
    return int(seconds)


def _size(value: Any) -> Any:
    value = _number(value)
    return parse_size(value) if isinstance(value, str) else value


def _level(value: str) -> str:
    name = {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(value.upper(), value.upper())
    if name not in _LEVELS:
        raise ValueError(f"{value!r} is no log level: write one of DEBUG, INFO, WARNING, ERROR, CRITICAL.")
    return name


def _networks(value: Any) -> Any:
    value = _text(value)
    items = [value] if isinstance(value, str) else value
    fits = isinstance(items, list) and all(isinstance(item, str | Secret) for item in items)
    _expect(fits, "a list of addresses or networks is expected: [127.0.0.1, 10.0.0.0/8].")
    networks = []
    for item in map(_text, items):
        try:
            if item != _UNIX_PEER:
                ipaddress.ip_network(item, strict=False)
        except ValueError:
            raise ValueError(f"{item!r} is no address or network: write 127.0.0.1 or 10.0.0.0/8.") from None
        networks.append(item)
    return networks


def _arguments(value: Any) -> Any:
    _expect(isinstance(value, list), "a list is expected, one argument each: ['--http-socket', ':8008', '--master'].")
    arguments = []
    for item in map(_text, value):
        _expect(isinstance(item, str | int) and not isinstance(item, bool), f"{item!r} is no argument: quote it.")
        _expect("\0" not in str(item), "an argument cannot hold a zero byte.")
        arguments.append(str(item))
    return arguments


def _environment(value: Any) -> Any:
    _expect(isinstance(value, dict), "names with values are expected, such as 'TZ: Europe/Berlin'.")
    for name, item in value.items():
        _expect(re.fullmatch(r"[^=\0\s]+", name), f"{name!r} cannot be the name of an environment variable.")
        is_text = isinstance(item, str | Secret) and "\0" not in _text(item)
        _expect(is_text, f"the value of {name} is not text: put it in quotes.")
    return {name: _text(item) for name, item in value.items()}


def _resource_dirs(value: Any) -> Any:
    if value is None:
        return {}
    _expect(isinstance(value, dict), "names with folders are expected, such as 'photos: /mnt/hd/photos'.")
    folders: dict[str, str] = {}
    for name, folder in value.items():
        key = name.strip("/")
        fits = key.isprintable() and not {"", ".", ".."} & set(key.split("/"))
        _expect(fits, f"{name!r} cannot be a part of an address: use a name such as photos or photos/2024.")
        _expect(key not in folders, f"{name!r} is there twice.")
        folder = _text(folder)
        _expect(isinstance(folder, str) and folder, f"{name!r} needs the path of a folder, as text.")
        folders[key] = folder
    return folders


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("an address as browsers use it is expected: https://hub.example.org")
    return value.rstrip("/")


Text = Annotated[str, Field(strict=True), BeforeValidator(_text), AfterValidator(_printable)]
"""One line of text, not empty."""
Flag = Annotated[bool, Field(strict=True), BeforeValidator(_flag)]
"""Yes or no."""
Port = Annotated[int, Field(strict=True, ge=1, le=65535), BeforeValidator(_number)]
"""A TCP port to listen on."""
Count = Annotated[int, Field(strict=True, ge=1), BeforeValidator(_number)]
"""A whole number, at least 1."""
Seconds = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), BeforeValidator(_in_unit(1))]
"""A duration, kept in seconds."""
WholeSeconds = Annotated[int, Field(strict=True, ge=1), BeforeValidator(_whole_seconds)]
"""A duration for programs that count in whole seconds."""
Hours = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), BeforeValidator(_in_unit(3600))]
"""A duration, kept in hours: a number alone means hours."""
Days = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), BeforeValidator(_in_unit(86400))]
"""A duration, kept in days: a number alone means days."""
Size = Annotated[int, Field(strict=True, ge=1024), BeforeValidator(_size)]
"""Bytes."""
SecretText = Annotated[InstanceOf[Secret], BeforeValidator(_secret), AfterValidator(_not_empty)]
"""Text that is never shown."""
LevelName = Annotated[Text, AfterValidator(_level)]
"""A level of the ``logging`` module."""
Networks = Annotated[list[str], BeforeValidator(_networks)]
"""IP addresses and networks, and ``unix``; one alone may stand without its list."""
Arguments = Annotated[list[str], BeforeValidator(_arguments)]
"""A command line, one argument each."""
Environment = Annotated[dict[str, str], BeforeValidator(_environment)]
"""Environment variables."""
ResourceDirs = Annotated[dict[str, str], BeforeValidator(_resource_dirs)]
"""Names under ``/resources`` with the folders behind them."""
PublicUrl = Annotated[Text, AfterValidator(_public_url)]
"""The address of the hub as its users see it."""
