"""Addresses to listen on, and how uWSGI writes them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

__all__ = ["Listener", "Protocol", "TcpAddress", "UnixAddress", "parse_address"]


class Protocol(StrEnum):
    """What is spoken on a socket."""

    HTTP = "http"
    HTTPS = "https"
    UWSGI = "uwsgi"
    OTHER = "other"
    """FastCGI, SCGI, a redirect to HTTPS…: handed over, but neither probed nor part of a URL."""


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """``host`` is empty for every IPv4 address of the machine, as ``:8008`` means."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A path, or an abstract name that begins with ``@``."""

    path: str

    @property
    def raw(self) -> str:
        """What bind(2) takes."""
        return "\0" + self.path[1:] if self.path.startswith("@") else self.path

    @property
    def file(self) -> Path | None:
        """The socket's file; None for an abstract one."""
        return None if self.path.startswith("@") else Path(self.path)

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A socket that is wanted: where, what is spoken there, and the mode and owner of a unix socket's file."""

    address: TcpAddress | UnixAddress
    protocol: Protocol
    mode: int | None = None
    owner: str | None = None
    """``user``, ``user:group`` or ``:group``."""


def parse_address(text: str) -> TcpAddress | UnixAddress | None:
    """Read an address as uWSGI does (``:8008``, ``127.0.0.1:3031``, ``[::1]:3031``, ``/run/x.sock``, ``@name``).

    None for what it does not name: ``fd://3`` and ``=0`` refer to sockets that exist already. Raises ValueError for a
    port above 65535.
    """
    text = text.strip()
    if not text or text.startswith(("fd://", "=")):
        return None
    text = text.removeprefix("unix://").removeprefix("unix:")
    host, colon, port = text.rpartition(":")
    if colon and port.isdecimal() and "/" not in host and not text.startswith("@"):
        if int(port) > 65_535:
            raise ValueError(f"{text!r} is no address to listen on: a port is at most 65535.")
        return TcpAddress("" if host == "*" else host.strip("[]"), int(port))
    return UnixAddress(text)
