"""From the settings to a web server: which kind, on which sockets, with which command."""

from __future__ import annotations

import logging
import math
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platypush._lib.clock import Clock
from platypush._lib.originals import original_folders
from platypush.backend.http import binary
from platypush.backend.http._builtin_server import BuiltinServer
from platypush.backend.http._gevent_worker import HARAKIRI_VARIABLE
from platypush.backend.http._server import WebServer
from platypush.backend.http._uwsgi_server import Controls, UwsgiServer
from platypush.backend.http.addresses import Listener, Protocol, UnixAddress, parse_address
from platypush.backend.http.command import WSGI_MODULE, Surroundings, build, child_environment, printable, router_slot
from platypush.backend.http.plan import Defaults, Plan, Slot, make_plan
from platypush.backend.http.sockets import Activation, bind, kernel_backlog
from platypush.backend.http.trial import PACKAGE_ROOT, python_command
from platypush.errors import ConfigurationError
from platypush.process import Command, Supervisor, System

__all__ = ["Launch", "Opened", "external_hint", "find_ini", "find_surroundings", "launch_builtin", "launch_uwsgi"]

logger = logging.getLogger(__name__)

_BUILTIN = "platypush.backend.http.builtin"
_BUILTIN_APPLICATION = "platypush.backend.http.app:application"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Everything that a server is made of."""

    listener: Listener
    """``port`` and ``bind_address``."""
    uwsgi_args: tuple[str, ...] = ()
    ssl_cert: Path | None = None
    ssl_key: Path | None = None
    ssl_cafile: Path | None = None
    ssl_capath: Path | None = None
    config_path: Path | None = None
    runtime_dir: Path
    backlog: int = 1024
    graceful_stop: float = 10.0
    harakiri: float = 90.0
    application: str | None = None
    """``module:callable`` in place of the hub's own."""
    environ: Mapping[str, str] = field(repr=False)
    additions: Mapping[str, str]
    """Variables for the child."""
    activation: Activation
    supervisor: Supervisor
    system: System
    clock: Clock

    @property
    def child_env(self) -> dict[str, str]:
        """The environment of the child, and of the trial import."""
        own = {**self.additions, HARAKIRI_VARIABLE: str(math.ceil(self.harakiri))}
        return child_environment(self.environ, own)


@dataclass(slots=True)
class Opened:
    """A server that can be started, and what it listens on."""

    server: WebServer
    listeners: tuple[Listener, ...]
    target: str
    """What a trial import has to load."""
    sockets: Sockets


class Sockets:
    """The listening sockets of one server. The daemon keeps them open for as long as the backend runs."""

    def __init__(self, activation: Activation, backlog: int) -> None:
        self._activation = activation
        self._backlog = backlog
        self._open: list[socket.socket] = []
        self._files: list[Path] = []

    def open(self, listener: Listener) -> int:
        """The descriptor of a socket that listens there: systemd's if it handed one over, else a new one.

        Raises ConfigurationError.
        """
        opened = self._activation.take(listener.address)
        if opened is None:
            opened = bind(listener, self._backlog)
            if isinstance(listener.address, UnixAddress) and listener.address.file is not None:
                self._files.append(listener.address.file)
        self._open.append(opened)
        return opened.fileno()

    def close(self) -> None:
        """Close them, and remove the files of those that were made here."""
        for opened in self._open:
            opened.close()
        for path in self._files:
            path.unlink(missing_ok=True)
        self._open.clear()
        self._files.clear()


def launch_builtin(launch: Launch) -> Opened:
    """The built-in server. Raises ConfigurationError when its port cannot be had."""
    handed = launch.activation.web_listeners()
    listener = next((one for one in handed.values() if one.protocol is Protocol.HTTP), launch.listener)
    protocol = Protocol.HTTPS if launch.ssl_cert else Protocol.HTTP
    sockets = Sockets(launch.activation, launch.backlog)
    descriptor = sockets.open(listener)
    tls = {
        "certfile": launch.ssl_cert,
        "keyfile": launch.ssl_key,
        "cafile": launch.ssl_cafile,
        "capath": launch.ssl_capath,
    }
    words = [word for name, path in tls.items() if path is not None for word in (f"--{name}", str(path.absolute()))]
    target = launch.application or _BUILTIN_APPLICATION

    def command(ready: int) -> Command:
        argv, folder = python_command(
            _BUILTIN,
            (
                *("--fd", str(descriptor), "--ready-fd", str(ready)),
                *("--grace", str(launch.graceful_stop), "--application", target),
                *words,
            ),
        )
        return Command(argv=argv, env=launch.child_env, pass_fds=(descriptor, ready), cwd=folder)

    server = BuiltinServer(
        command,
        supervisor=launch.supervisor,
        system=launch.system,
        clock=launch.clock,
        graceful_stop=launch.graceful_stop,
    )
    listening = Listener(address=listener.address, protocol=protocol)
    return Opened(server=server, listeners=(listening,), target=target, sockets=sockets)


def launch_uwsgi(launch: Launch) -> Opened:
    """uWSGI with the operator's arguments. Raises ConfigurationError for anything that would not start."""
    program = binary.find_binary(launch.environ, Path(sys.prefix))
    plan = make_plan(
        launch.uwsgi_args,
        Defaults(
            listener=launch.listener,
            uwsgi_listener=Listener(
                address=UnixAddress(str(launch.runtime_dir / "uwsgi.sock")), protocol=Protocol.UWSGI
            ),
            handed=launch.activation.web_listeners(),
            ssl_cert=launch.ssl_cert,
            ssl_key=launch.ssl_key,
        ),
        find_file=lambda name: find_ini(name, launch.config_path),
        read=Path.read_text,
        env=launch.child_env,
    )
    for note in plan.notes:
        logger.warning("%s", note)
    around = find_surroundings(
        plan,
        program,
        runtime_dir=launch.runtime_dir,
        backlog=launch.backlog,
        graceful_stop=launch.graceful_stop,
        harakiri=launch.harakiri,
    )
    sockets = Sockets(launch.activation, around.backlog)
    router = router_slot(plan, launch.runtime_dir / "uwsgi-router.sock")
    slots: tuple[Slot, ...] = plan.slots if router is None else (*plan.slots, router)
    try:
        descriptors = {slot: sockets.open(slot.listener) for slot in slots}
    except ConfigurationError:
        sockets.close()
        raise
    command, notes = build(plan, descriptors, around, launch.child_env)
    for note in notes:
        logger.warning("%s", note)
    logger.info("uWSGI: %s", printable(command))
    server = UwsgiServer(
        lambda: command,
        plan.listeners,
        Controls(
            fifo=Path(plan.value("master-fifo") or around.fifo),
            stats=parse_address(plan.value("stats") or str(around.stats)),
            graceful_stop=launch.graceful_stop,
        ),
        supervisor=launch.supervisor,
        system=launch.system,
        clock=launch.clock,
    )
    return Opened(server=server, listeners=plan.listeners, target=_target(plan), sockets=sockets)


def find_surroundings(
    plan: Plan, program: Path, *, runtime_dir: Path, backlog: int, graceful_stop: float, harakiri: float
) -> Surroundings:
    """What the command line depends on on this machine. Raises ConfigurationError for a uWSGI that cannot be used."""
    asked = next((name for name in ("plugin", "need-plugin") if plan.value(name)), None)
    names = (plan.value(asked) or "").split(",") if asked else []
    prefix = Path(sys.prefix)
    return Surroundings(
        binary=program,
        python_plugin=binary.find_python_plugin(
            next((name for name in names if name.startswith("python")), None),
            lambda *arguments: binary.list_plugins(program, *arguments),
        ),
        fifo=runtime_dir / "uwsgi.fifo",
        stats=runtime_dir / "uwsgi-stats.sock",
        backlog=kernel_backlog(backlog),
        graceful_stop=graceful_stop,
        router_timeout=math.ceil(harakiri),
        home=prefix if binary.needs_home(program, prefix, Path(sys.base_prefix)) else None,
        python_path=None if PACKAGE_ROOT.name in ("site-packages", "dist-packages") else PACKAGE_ROOT,
    )


def _target(plan: Plan) -> str:
    """What uWSGI will load."""
    return plan.value("module") or plan.value("wsgi-file") or plan.value("file") or WSGI_MODULE


def find_ini(name: str, config_path: Path | None) -> Path:
    """The ini file ``name``: beside the configuration, in the current folder, or the one that comes with the package.

    Raises ConfigurationError that lists where it was looked for.
    """
    path = Path(name).expanduser()
    folders = [Path.cwd(), *original_folders()]
    if config_path is not None:
        folders.insert(0, config_path.parent)
    candidates = [folder / path for folder in folders]  # an absolute path stays itself
    for candidate in candidates:
        if os.path.isfile(candidate):  # False also for one in a folder that this user cannot enter
            return candidate
    looked = ", ".join(str(candidate) for candidate in dict.fromkeys(candidates))
    raise ConfigurationError(f"uwsgi_args: there is no {name}. Looked for: {looked}.")


def external_hint(config_path: Path | None, workdir: Path, listener: Listener) -> str:
    """How to start an operator's own uWSGI for this installation."""
    settings = [f"PLATYPUSH_WORKDIR={shlex.quote(str(workdir))}"]
    if config_path is not None:
        settings.insert(0, f"PLATYPUSH_CONFIG={shlex.quote(str(config_path))}")
    start = (
        f"uwsgi --http {listener.address} --module {WSGI_MODULE} --master --processes 4 --threads 4 "
        "--lazy-apps --need-app --disable-logging --buffer-size 32768 --post-buffering 65536"
    )
    return f"{' '.join(settings)} {start}"
