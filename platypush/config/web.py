"""What a process that answers HTTP needs of the configuration, in a form that it reads without validating it again.

The daemon writes it to a file of mode 0600 (it holds secrets) and names that file to its workers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from platypush.config.media import media_settings
from platypush.config.model import Config, HttpSettings, Limits, MediaSettings

__all__ = ["SETTINGS_VARIABLE", "WebSettings"]

SETTINGS_VARIABLE = "PLATYPUSH_WEB_SETTINGS"
"""Environment variable with the path of the settings file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The frozen subset of the configuration for one worker. Stdlib types only."""

    device_id: str
    workdir: Path
    runtime_dir: Path
    database: str = field(repr=False)
    global_token: str | None = field(default=None, repr=False)
    bus_type: str = "unix"
    bus_path: Path
    bus_url: str | None = field(default=None, repr=False)
    bus_secret: str | None = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)
    resource_dirs: Mapping[str, Path] = field(default_factory=dict)
    dashboards_dir: Path = Path("dashboards")
    media: MediaSettings | None = None
    """None where there is no section ``media``: no medium is served then."""
    trusted_proxies: tuple[str, ...] = ()
    public_url: str | None = None
    accel_redirect: bool = False
    port: int = 8008
    websocket_port: int = 8009
    """0 when the websocket server listens on a unix socket."""
    disable_websocket: bool = False
    tls: bool = False
    """Whether the hub's own ports (websocket, built-in server) speak TLS."""
    start_id: str = ""
    """Changes with each start of the daemon; the panel reloads itself by it."""
    metrics_dir: Path
    """Where the workers' counters are mapped, for all of them together."""
    stats_socket: Path
    """uWSGI's stats socket; may be missing."""
    log_level: str = "INFO"
    log_format: str = "text"
    log_access: bool = False

    @classmethod
    def from_config(cls, config: Config, *, start_id: str = "") -> WebSettings:
        """The subset of ``config``; ``backend.http`` by default where it is not configured."""
        http = config.http or HttpSettings()
        return cls(
            device_id=config.device_id,
            workdir=config.workdir,
            runtime_dir=config.runtime_dir,
            database=config.database.reveal(),
            global_token=config.token.reveal() if config.token else None,
            bus_type=config.bus.type,
            bus_path=config.bus.path,
            bus_url=config.bus.url.reveal() if config.bus.url else None,
            bus_secret=config.bus.secret.reveal() if config.bus.secret else None,
            limits=config.limits,
            resource_dirs=http.resource_dirs,
            dashboards_dir=config.dashboards_dir,
            media=media_settings(config),
            trusted_proxies=http.trusted_proxies,
            public_url=http.public_url,
            accel_redirect=http.accel_redirect,
            port=http.port,
            websocket_port=http.websocket_port,
            disable_websocket=http.disable_websocket,
            tls=http.ssl_cert is not None,
            start_id=start_id,
            metrics_dir=config.runtime_dir / "metrics",
            stats_socket=config.runtime_dir / "uwsgi-stats.sock",
            log_level=config.logging.level,
            log_format=config.logging.format,
            log_access=config.logging.access,
        )

    def to_json(self) -> bytes:
        """UTF-8 JSON with the secrets in it: for a file of mode 0600 or a pipe, never for a log."""
        return json.dumps(asdict(self), default=str).encode()

    @classmethod
    def from_json(cls, data: bytes) -> WebSettings:
        """The inverse of ``to_json``. Raises ValueError, KeyError or TypeError for anything else."""
        values: dict[str, Any] = json.loads(data)
        for name in ("workdir", "runtime_dir", "bus_path", "dashboards_dir", "metrics_dir", "stats_socket"):
            values[name] = Path(values[name])
        values["limits"] = Limits(**values["limits"])
        values["resource_dirs"] = {name: Path(path) for name, path in values["resource_dirs"].items()}
        if values["media"] is not None:
            values["media"] = MediaSettings(
                media_dirs=tuple(map(Path, values["media"]["media_dirs"])),
                allowed_hosts=tuple(values["media"]["allowed_hosts"]),
                refused_ports=tuple(values["media"]["refused_ports"]),
            )
        values["trusted_proxies"] = tuple(values["trusted_proxies"])
        return cls(**values)
