"""A broker as a configuration names it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from platypush.errors import BadRequest, Unavailable

__all__ = ["KEYS", "Broker", "Version", "check_filter", "check_topic"]

Version = Literal["3.1.1", "5"]
_TLS = {"tls": None, "tlsv1.2": ssl.TLSVersion.TLSv1_2, "tlsv1.3": ssl.TLSVersion.TLSv1_3}
_LONGEST_TOPIC = 65535
"""Bytes (MQTT 3.1.1, 1.5.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where a broker is and how it is spoken to. Making one reads no file. Equal ones can share a connection."""

    host: str
    port: int = 1883
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    tls_cafile: str | None = None
    tls_certfile: str | None = None
    tls_keyfile: str | None = None
    tls_version: str | None = None
    tls_ciphers: str | None = None
    tls_insecure: bool = False
    version: Version = "3.1.1"

    def __post_init__(self) -> None:
        if not self.host or not 0 < self.port < 65536:
            raise ValueError(f"host: {self.host!r}, port: {self.port} is no place of a broker.")
        if self.tls_version is not None and self.tls_version.lower() not in _TLS:
            raise ValueError(
                f"tls_version: {self.tls_version!r} is none of {', '.join(_TLS)}; older ones are not safe."
            )
        if self.tls_keyfile and not self.tls_certfile:
            raise ValueError("tls_keyfile belongs to a tls_certfile, which is missing.")
        if self.version not in ("3.1.1", "5"):
            raise ValueError(f"version: {self.version!r} is neither '3.1.1' nor '5'.")
        if self.password is not None and self.username is None:
            raise ValueError("A password needs a username.")

    @property
    def name(self) -> str:
        """For messages; without credentials."""
        return f"MQTT broker at {self.host}:{self.port}"

    @property
    def place(self) -> str:
        """As an entry for ``AllowedHosts``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def encrypted(self) -> bool:
        """Whether TLS is spoken: any key of it that is set asks for it."""
        return self.tls or any((self.tls_cafile, self.tls_certfile, self.tls_version, self.tls_ciphers))

    def tls_context(self) -> ssl.SSLContext:
        """What the broker's certificate is checked with. Reads the files; raises Unavailable when that fails."""
        try:
            context = ssl.create_default_context(cafile=_path(self.tls_cafile))
            if self.tls_certfile:
                context.load_cert_chain(str(_path(self.tls_certfile)), _path(self.tls_keyfile))
            if self.tls_ciphers:
                context.set_ciphers(self.tls_ciphers)
        except OSError as error:
            raise Unavailable(
                f"{self.name}: tls_cafile, tls_certfile, tls_keyfile or tls_ciphers cannot be used: {error}"
            ) from error
        minimum = _TLS[(self.tls_version or "tls").lower()]
        if minimum is not None:
            context.minimum_version = minimum
        # The chain is checked nevertheless: only the name is not.
        context.check_hostname = not self.tls_insecure
        return context

    @classmethod
    def read(cls, section: Mapping[str, Any], defaults: Broker | None = None) -> Broker:
        """The broker of a section or of one of its listeners; ``defaults`` has what is not said there.

        Credentials and TLS settings of ``defaults`` are not for another host. Raises ValueError.
        """
        given = {name: section[name] for name in KEYS if section.get(name) is not None}
        if defaults is not None:
            same = given.get("host", defaults.host) == defaults.host
            shared = KEYS if same else ("version",)
            given = {**{name: getattr(defaults, name) for name in shared}, **given}
        if "host" not in given:
            raise ValueError("host is missing: the name or address of the broker.")
        for name, value in given.items():
            wanted = {"port": int, "tls": bool, "tls_insecure": bool}.get(name, str)
            if value is not None and (not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))):
                raise ValueError(f"{name} has to be a {wanted.__name__}, and is a {type(value).__name__}.")
        return cls(**given)


KEYS = (
    *("host", "port", "username", "password", "version"),
    *("tls", "tls_cafile", "tls_certfile", "tls_keyfile", "tls_version", "tls_ciphers", "tls_insecure"),
)
"""The keys of a section that make a broker."""


def check_topic(topic: str) -> str:
    """``topic`` when a message can be published there. Raises BadRequest."""
    if any(sign in topic for sign in "+#"):
        raise BadRequest(f"{topic!r} is no topic: + and # are for subscriptions.")
    return _checked(topic)


def check_filter(topic: str) -> str:
    """``topic`` when it can be subscribed to, maybe with ``+`` and ``#``. Raises BadRequest."""
    levels = _checked(topic).split("/")
    if any("#" in level for level in levels[:-1]) or any(len(level) > 1 and set(level) & set("+#") for level in levels):
        raise BadRequest(f"{topic!r} is no topic: + stands for a whole level, and # for all levels at the end.")
    return topic


def _checked(topic: str) -> str:
    try:
        size = len(topic.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= _LONGEST_TOPIC or "\0" in topic:
        raise BadRequest(f"A topic has 1 to {_LONGEST_TOPIC} bytes of UTF-8, without NUL; this one is {topic[:50]!r}.")
    return topic


def _path(name: str | None) -> str | None:
    return None if name is None else str(Path(name).expanduser())
