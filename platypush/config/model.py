"""The validated configuration, frozen. Pure data: importing it costs nothing (no YAML, no pydantic)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "MASK",
    "BusSettings",
    "Config",
    "CronSettings",
    "HookSettings",
    "HttpSettings",
    "Limits",
    "LoggingSettings",
    "MediaSettings",
    "ProcedureSettings",
    "Secret",
    "SectionProblem",
]

_UWSGI_SOCKETS = frozenset({"--socket", "-s", "--uwsgi-socket", "--suwsgi-socket"})

MASK = "********"
"""What stands where a secret would be shown."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that never shows itself: only ``reveal()`` gives it, everything else gives a mask.

    Not a string on purpose: encoders, joins and environment variables take strings as they are.
    """

    _value: str

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def to_dict(self) -> str:
        """What JSON shows instead."""
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits and times; sizes in bytes, times in seconds unless the name says otherwise."""

    request_body: int = 16 * 1024 * 1024
    bus_frame: int = 64 * 1024 * 1024
    action_time: float = 60
    bus_wait: float = 5
    calls: int = 1024
    harakiri: int = 90
    nginx_read_timeout: int = 75
    graceful_stop: float = 10
    listen_backlog: int = 1024
    session_days: float = 1
    remembered_session_days: float = 365
    signed_url_hours: float = 6
    events_kept: int = 1000
    audit_days: int = 90
    feed_entries: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """Where the log goes. ``filename`` None means standard error; ``format`` is ``text`` or ``json``, or a
    format string of the ``logging`` module. ``access``: whether each HTTP request leaves a line."""

    level: str = "INFO"
    filename: Path | None = None
    format: str = "text"
    access: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BusSettings:
    """Which bus the workers use: ``unix`` (``path`` of its socket) or ``redis`` (``url``; ``secret`` stands in for a
    key that follows from the installation's). The socket is there in both cases, for the command line."""

    type: str = "unix"
    path: Path
    url: Secret | None = None
    secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """``backend.http``, as the specification documents it, and the few keys beside it."""

    port: int = 8008
    websocket_port: int = 8009
    bind_address: str = "0.0.0.0"  # noqa: S104 - the default of the specification
    disable_websocket: bool = False
    resource_dirs: Mapping[str, Path] = field(default_factory=dict)
    ssl_cert: Path | None = None
    ssl_key: Path | None = None
    ssl_cafile: Path | None = None
    ssl_capath: Path | None = None
    maps: Mapping[str, Any] | None = None
    run_externally: bool = False
    uwsgi_args: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose forwarding headers are believed. Empty: nobody's."""
    public_url: str | None = None
    accel_redirect: bool = False
    """Whether nginx in front serves ``/resources`` by ``X-Accel-Redirect``."""

    @property
    def uwsgi_ports(self) -> tuple[int, ...]:
        """TCP ports of this machine that speak the uwsgi protocol, as far as ``uwsgi_args`` name them: whoever can
        write to one runs code, so the hub itself never sends there what a caller may have chosen."""
        ports = set()
        for argument, after in zip(self.uwsgi_args, (*self.uwsgi_args[1:], ""), strict=False):
            option, joined, value = argument.partition("=")
            port = (value if joined else after).rpartition(":")[2]
            if option in _UWSGI_SOCKETS and port.isdecimal():
                ports.add(int(port))
        return tuple(sorted(ports))


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettings:
    """What the section ``media`` allows: files below ``media_dirs``, and servers that are ``allowed_hosts``."""

    media_dirs: tuple[Path, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    refused_ports: tuple[int, ...] = ()
    """Ports that are never connected to: what speaks the uwsgi protocol there would run what a request names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSettings:
    """``event.hook.<name>``: ``condition`` is the ``if`` (event type and its conditions), ``then`` the steps."""

    name: str
    condition: Mapping[str, Any]
    then: tuple[Any, ...]
    priority: int = 0
    source: str = ""
    """``file:line`` of the section, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureSettings:
    """``procedure.<name>`` or ``procedure.[async|sync].<name>(args)``."""

    name: str
    args: tuple[str, ...] = ()
    is_async: bool = False
    steps: tuple[Any, ...]
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CronSettings:
    """``cron.<name>``: five fields, or six with seconds last as croniter reads them."""

    name: str
    cron_expression: str
    steps: tuple[Any, ...]
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionProblem:
    """A section that cannot be used, while the rest runs: shown by status, health, panel and at start."""

    section: str
    reason: str
    source: str = ""
    warning: bool = False
    """Whether the section works all the same: worth a look, no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One installation. ``backends`` and ``plugins`` map a name to the keyword arguments of its section
    (``enabled`` and ``disabled`` taken out, disabled sections left out, secrets as ``Secret``)."""

    path: Path | None
    """The main file; None for an installation made in memory (tests)."""
    files: tuple[Path, ...] = ()
    """Every file that was read, includes among them."""
    device_id: str
    workdir: Path
    runtime_dir: Path
    """Sockets and files that live as long as the daemon; mode 0700."""
    scripts_dir: Path
    dashboards_dir: Path
    database: Secret
    """URL for SQLAlchemy (``main.db``)."""
    token: Secret | None = None
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    environment: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    bus: BusSettings
    http: HttpSettings | None = None
    """``backend.http``; None when it is not configured or disabled."""
    backends: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """All other backends."""
    plugins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    """Names of sections that are switched off, so that default plugins among them stay off."""
    hooks: tuple[HookSettings, ...] = ()
    procedures: tuple[ProcedureSettings, ...] = ()
    crons: tuple[CronSettings, ...] = ()
    problems: tuple[SectionProblem, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """``file:line`` of every key at the root, for messages about its section."""
    raw: Mapping[str, Any] = field(default_factory=dict)
    """The merged document as written, secrets as ``Secret``; ``config.get`` shows it masked."""
