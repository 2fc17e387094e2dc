"""uWSGI for operators who run it themselves: its file, its environment, its whole line, a unit for systemd. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, UnixAddress
from platypush.backend.http.command import Surroundings, arguments, router_slot, variables
from platypush.backend.http.plan import Plan, Slot

__all__ = ["OWN_SOCKET", "UwsgiSite", "command_line", "quoted", "render_uwsgi"]

_UNIT = """\
# The web tier of Platypush under a uWSGI of its own, beside platypush.service, which does not start one itself:
# config.yaml has `run_externally: true` in backend.http, and no `uwsgi_args`.
# Rendered by `platypush render uwsgi`: render it anew when config.yaml changes.

[Unit]
Description=Platypush web workers
After=network.target platypush.service

[Service]
Type=exec
User={user}
Group={group}
{nginx_group}EnvironmentFile={environment}
ExecStart={command}
# One worker after the other is replaced by a new one with the new settings: no request fails.
ExecReload=/bin/sh -c 'echo c > {fifo}'
Restart=always
RestartSec=1
# SIGTERM lets requests finish; what is left after this time is killed.
KillMode=mixed
TimeoutStopSec={stop}
LimitNOFILE=65536
UMask=0027
{runtime}
# Workers answer HTTP and talk to the daemon, no more.
NoNewPrivileges=yes
ProtectSystem=strict
# Not the daemon's runtime folder itself: it is a new one after each start of the daemon.
ReadWritePaths={writable}
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
"""


OWN_SOCKET = UnixAddress("/run/platypush-uwsgi/uwsgi.sock")
"""Where nginx finds a uWSGI that is run apart from the hub. Not the hub's own socket: systemd holds that one."""
_RUNTIME = Path(OWN_SOCKET.path).parent
_RUNTIME_LINES = f"""\
RuntimeDirectory={_RUNTIME.name}
RuntimeDirectoryMode=0755
"""
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))


@dataclass(frozen=True, slots=True, kw_only=True)
class UwsgiSite:
    """What the files depend on."""

    plan: Plan
    around: Surroundings
    config: Path
    workdir: Path
    runtime_dir: Path
    """The daemon's: FIFO and stats socket are there."""
    user: str
    group: str
    harakiri: int
    resource_dirs: tuple[Path, ...] = ()
    socket: UnixAddress = OWN_SOCKET
    """In place of the uwsgi protocol on TCP, which is never rendered."""
    nginx_group: str | None = None
    """The group that nginx's workers are in, where nginx is in front: it may use a unix socket."""
    ini: str | None = None
    """The text of uwsgi.ini, where the line refers to it."""

    @property
    def folder(self) -> Path:
        """Where the operator's files are: beside config.yaml."""
        return self.config.parent


def command_line(site: UwsgiSite) -> tuple[tuple[str, ...], dict[str, str], tuple[str, ...]]:
    """The whole line, program first, the environment that it needs, and what the operator should know.

    It is the daemon's own, apart from the sockets: those are addresses that uWSGI opens by itself.
    """
    plan, moved = _without_uwsgi_on_tcp(site.plan, site.socket)
    router = router_slot(plan, site.runtime_dir / "uwsgi-router.sock")
    slots = plan.slots if router is None else (*plan.slots, router)
    targets = {slot: str(slot.listener.address) for slot in slots}
    words, notes = arguments(plan, targets, site.around)
    environment = {
        "PLATYPUSH_CONFIG": str(site.config),
        "PLATYPUSH_WORKDIR": str(site.workdir),
        "PLATYPUSH_RUNTIME_DIR": str(site.runtime_dir),
        # The workers look for the daemon's bus there.
        "RUNTIME_DIRECTORY": str(site.runtime_dir),
        "PLATYPUSH_HARAKIRI": str(site.harakiri),
        **variables(targets),
    }
    return (*words, *_modes(site, plan, slots)), environment, (*moved, *notes)


def _without_uwsgi_on_tcp(plan: Plan, socket: UnixAddress) -> tuple[Plan, tuple[str, ...]]:
    notes = []
    slots = []
    for slot in plan.slots:
        address = slot.listener.address
        if slot.listener.protocol is Protocol.UWSGI and isinstance(address, TcpAddress):
            notes.append(
                f"uwsgi_args name {address} for the uwsgi protocol, by which whoever reaches that port runs code on "
                f"this machine. The line has the unix socket {socket} instead."
            )
            slot = replace(slot, listener=Listener(address=socket, protocol=Protocol.UWSGI, mode=0o660))
        slots.append(slot)
    return replace(plan, slots=tuple(slots)), tuple(notes)


def _modes(site: UwsgiSite, plan: Plan, slots: tuple[Slot, ...]) -> tuple[str, ...]:
    """``chmod-socket`` and ``chown-socket``, which the daemon applies itself when the sockets are its own."""
    unix = [slot.listener for slot in slots if isinstance(slot.listener.address, UnixAddress)]
    words = []
    mode = next((listener.mode for listener in unix if listener.mode is not None), None)
    if mode is not None and "chmod-socket" not in plan.names:
        words.append(f"--chmod-socket={mode:o}")
    for_nginx = [listener for listener in unix if listener.protocol is Protocol.UWSGI]
    owner = next((listener.owner for listener in unix if listener.owner), None)
    if owner is None and for_nginx and site.nginx_group is not None:
        owner = f"{site.user}:{site.nginx_group}"
    if owner is not None and "chown-socket" not in plan.names:
        words.append(f"--chown-socket={owner}")
    return tuple(words)


def render_uwsgi(site: UwsgiSite) -> dict[str, str]:
    """Path (from ``/``, without the slash) to text: ``uwsgi.ini`` and ``uwsgi.env`` beside config.yaml, and a unit."""
    words, environment, notes = command_line(site)
    folder = str(site.folder).lstrip("/")
    files = {
        f"{folder}/uwsgi.env": _environment_file(environment, words, notes),
        "etc/systemd/system/platypush-web.service": _unit(site, words, environment),
    }
    if site.ini is not None:
        files[f"{folder}/uwsgi.ini"] = site.ini
    return files


def _environment_file(environment: Mapping[str, str], words: tuple[str, ...], notes: tuple[str, ...]) -> str:
    lines = [
        "# The environment of a uWSGI that you run yourself. systemd reads this file (EnvironmentFile=); in a shell:",
        "#",
        f"#   set -a; . ./uwsgi.env; exec {shlex.join(words)}",
        *(line for note in notes for line in ("#", f"# {note}")),
        "",
        *(f"{name}={shlex.quote(value)}" for name, value in environment.items()),
    ]
    return "\n".join(lines) + "\n"


def _unit(site: UwsgiSite, words: tuple[str, ...], environment: Mapping[str, str]) -> str:
    read = (*site.resource_dirs, site.config, site.workdir, site.around.binary)
    own = any(value.startswith(f"{_RUNTIME}/") for value in (*words, *environment.values()))
    return _UNIT.format(
        user=site.user,
        group=site.group,
        # Else it could not give the socket to that group.
        nginx_group=f"SupplementaryGroups={site.nginx_group}\n" if site.nginx_group else "",
        environment=site.folder / "uwsgi.env",
        command=" ".join(quoted(word) for word in words),
        fifo=site.around.fifo,
        stop=int(site.around.graceful_stop) + 10,
        runtime=_RUNTIME_LINES if own else "",
        writable=" ".join(quoted(str(path)) for path in dict.fromkeys((site.workdir, site.runtime_dir.parent))),
        home="read-only" if any(path.is_relative_to(home) for path in read for home in _HOMES) else "yes",
    )


def quoted(word: str) -> str:
    """A word for systemd: its own quoting rules, with ``%`` and ``$`` taken literally (systemd.service(5))."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return text if text and all(char.isalnum() or char in "-_./:=@,+%$" for char in text) else f'"{text}"'
