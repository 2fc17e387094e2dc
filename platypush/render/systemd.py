"""The systemd units: the originals as they are, and drop-ins with what they owe to the configuration. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from platypush.render.uwsgi import quoted

__all__ = ["ORIGINALS", "HARDWARE", "SystemdSite", "render_systemd"]

_UNITS = "etc/systemd/system"
_TARGETS = {
    "platypush.service": f"{_UNITS}/platypush.service",
    "platypush.socket": f"{_UNITS}/platypush.socket",
    "platypush-websocket.socket": f"{_UNITS}/platypush-websocket.socket",
    "platypush-backup.service": f"{_UNITS}/platypush-backup.service",
    "platypush-backup.timer": f"{_UNITS}/platypush-backup.timer",
    "sysusers.d/platypush.conf": "etc/sysusers.d/platypush.conf",
    "tmpfiles.d/platypush.conf": "etc/tmpfiles.d/platypush.conf",
}
HARDWARE = {
    "sound": ("tts", "sound", "music", "media", "assistant", "stt"),
    "serial": ("serial", "arduino", "zigbee", "zwave", "gps"),
    "camera": ("camera",),
    "bluetooth": ("bluetooth",),
    "gpio": ("gpio", "i2c", "spi"),
}
"""Each drop-in for hardware, with the first parts of the names of sections that need it."""
ORIGINALS = (*_TARGETS, *(f"drop-ins/{name}.conf" for name in HARDWARE))
"""Paths in ``systemd/`` of what is rendered."""

_PROGRAM = "/opt/platypush/current/bin/platypush"
_CONFIG = "/etc/platypush/config.yaml"
_WORKDIR = Path("/var/lib/platypush")
_GRACE = 10.0
"""``limits.graceful_stop`` that ``TimeoutStopSec`` of the unit is meant for."""
_STOP_MARGIN = 25
_HIDDEN = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - what PrivateTmp hides


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemdSite:
    """What the units depend on."""

    program: Path = Path(_PROGRAM)
    config: Path = Path(_CONFIG)
    user: str = "platypush"
    group: str = "platypush"
    workdir: Path = _WORKDIR
    listen: str | None = None
    """``HOST:PORT`` of the web service; None behind nginx, which comes over unix sockets."""
    listen_websocket: str | None = None
    """The websocket's, likewise; None where it is disabled, too."""
    graceful_stop: float = _GRACE
    sections: tuple[str, ...] = ()
    """Names of the plugins and backends that are configured."""
    readable: tuple[Path, ...] = ()
    """Folders that the hub reads: resource_dirs and media_dirs."""
    writable: tuple[Path, ...] = ()
    """Folders outside of the work folder that the hub writes: log, database, plugins' output."""


def render_systemd(site: SystemdSite, originals: Mapping[str, str]) -> dict[str, str]:
    """Path (from ``/``, without the slash) to text. ``originals`` has the text of each of ``ORIGINALS``."""
    files = {target: _in_place(originals[name], site) for name, target in _TARGETS.items()}
    service = f"{_UNITS}/platypush.service.d"
    if lines := _service_lines(site):
        files[f"{service}/config.conf"] = _drop_in("Service", lines)
    for name, needed_by in HARDWARE.items():
        if any(section.split(".")[0] in needed_by for section in site.sections):
            files[f"{service}/{name}.conf"] = originals[f"drop-ins/{name}.conf"]
    for unit, address, name in (
        ("platypush.socket", site.listen, "http"),
        ("platypush-websocket.socket", site.listen_websocket, "websocket"),
    ):
        if address is not None:
            # An empty value takes back what the unit says.
            lines = ["ListenStream=", f"ListenStream={address}", f"FileDescriptorName={name}", "NoDelay=true"]
            files[f"{_UNITS}/{unit}.d/listen.conf"] = _drop_in("Socket", lines)
    return files


def _in_place(text: str, site: SystemdSite) -> str:
    """The unit for this installation's program, configuration and user; as it is for the installer's own."""
    text = text.replace(_PROGRAM, quoted(str(site.program))).replace(_CONFIG, quoted(str(site.config)))
    for key, value in (("User", site.user), ("SocketUser", site.user), ("Group", site.group)):
        text = text.replace(f"\n{key}=platypush\n", f"\n{key}={value}\n")
    return text


def _service_lines(site: SystemdSite) -> list[str]:
    lines = []
    if site.graceful_stop > _GRACE:
        stop = math.ceil(site.graceful_stop) + _STOP_MARGIN
        lines += [f"# limits.graceful_stop is {site.graceful_stop:g} s.", f"TimeoutStopSec={stop}"]
    writable = [site.workdir, *site.writable] if site.workdir != _WORKDIR else list(site.writable)
    outside = [path for path in dict.fromkeys(writable) if not path.is_relative_to(_WORKDIR)]
    if site.workdir != _WORKDIR:
        # The whole rest of the line is the path: quotes would be part of it.
        lines.append(f"WorkingDirectory={str(site.workdir).replace('%', '%%')}")
    if outside:
        lines += [
            "# Where the configuration lets the hub write, beside its own folders.",
            _paths("ReadWritePaths", outside),
        ]
        if any(path.is_relative_to(home) for path in outside for home in (Path("/home"), Path("/root"))):
            lines.append("ProtectHome=false")
    if hidden := [path for path in site.readable if any(path.is_relative_to(folder) for folder in _HIDDEN)]:
        lines += ["# PrivateTmp would hide these of resource_dirs or media_dirs.", _paths("BindReadOnlyPaths", hidden)]
    return lines


def _paths(key: str, paths: Iterable[Path]) -> str:
    # A minus: a disk that is not there does not keep the hub from starting.
    return f"{key}=" + " ".join(quoted(f"-{path}") for path in paths)


def _drop_in(section: str, lines: Iterable[str]) -> str:
    head = "# Rendered from config.yaml by `platypush render systemd`: render it anew when that changes."
    return "\n".join([head, f"[{section}]", *lines]) + "\n"
