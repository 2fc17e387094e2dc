"""The command line and the environment of the supervised uWSGI, from its plan and open descriptors. Pure."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platypush.backend.http.addresses import Listener, Protocol, UnixAddress
from platypush.backend.http.arguments import Option, is_off
from platypush.backend.http.plan import ROUTERS, SUPERVISED_VARIABLE, Plan, Slot
from platypush.process import Command

__all__ = ["Surroundings", "arguments", "build", "child_environment", "printable", "router_slot", "variables"]

WSGI_MODULE = "platypush.backend.http.uwsgi"

_DROPPED = frozenset({"NOTIFY_SOCKET", "PYTHONOPTIMIZE", "UWSGI_RELOADS", "UWSGI_ORIGINAL_PROC_NAME"})
_DROPPED_PREFIXES = ("WATCHDOG_", "LISTEN_", "UWSGI_EMPEROR_")
_APPLICATIONS = frozenset({"module", "wsgi-file", "file", "mount", "pyrun", "paste", "wsgi-lite", "web3", "pump"})
_REQUEST_LOGS = frozenset(
    {"log-format", "req-logger", "logger-req", "log-slow", "log-4xx", "log-5xx", "disable-logging"}
)
_PYTHON_PLUGIN = "python"
_WEB = (Protocol.HTTP, Protocol.HTTPS)
_KEEPS_CONNECTIONS = frozenset({"http-keepalive", "http11-socket"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the command depends on besides the operator's arguments."""

    binary: Path
    python_plugin: str | None = None
    """The plugin that brings Python; None when the binary has it built in."""
    fifo: Path
    stats: Path
    backlog: int = 1024
    """Already cut down to what the kernel allows (``somaxconn``): uWSGI refuses to start above it."""
    graceful_stop: float = 10.0
    router_timeout: int = 90
    home: Path | None = None
    """Virtual environment to name, where the binary does not find it by itself."""
    python_path: Path | None = None
    """Folder of the package, where it is not installed."""


def child_environment(environ: Mapping[str, str], additions: Mapping[str, str]) -> dict[str, str]:
    """``environ`` without what belongs to this process alone, and with ``additions``.

    A child that had ``NOTIFY_SOCKET`` would tell systemd that it is ready before its application loads;
    ``LISTEN_*`` name descriptors that it gets by other means; ``UWSGI_RELOADS`` and its like come from a uWSGI that
    this process may live in itself; and with ``PYTHONOPTIMIZE`` asserts, which hooks authenticate by, would be gone.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES)
    }
    return {**kept, **additions}


def router_slot(plan: Plan, path: Path) -> Slot | None:
    """A private unix socket between uWSGI's HTTP router and the workers, where the plan has a router without one.

    By itself uWSGI opens a TCP port on loopback for that, on which every local user could run code as the hub.
    """
    names = plan.names
    if not names & (ROUTERS - {"http-to-https"}) or "http-to" in names or "socket" in names:
        return None
    listener = Listener(address=UnixAddress(str(path)), protocol=Protocol.OTHER, mode=0o600)
    return Slot(listener=listener, option="socket")


def build(
    plan: Plan, descriptors: Mapping[Slot, int], around: Surroundings, env: Mapping[str, str]
) -> tuple[Command, tuple[str, ...]]:
    """The command that starts uWSGI, and notes for the log.

    ``descriptors`` has one for each slot of the plan, and the router's (``router_slot``) where there is one.
    """
    targets = {slot: f"fd://{descriptor}" for slot, descriptor in descriptors.items()}
    argv, notes = arguments(plan, targets, around)
    environment = {**env, **variables(targets)}
    return Command(argv=argv, env=environment, pass_fds=tuple(sorted(descriptors.values()))), notes


def variables(targets: Mapping[Slot, str]) -> dict[str, str]:
    """What an ini file finds in the environment when the rest of the line is ``arguments``."""
    named = {slot.variable: target for slot, target in targets.items() if slot.variable}
    return {**named, SUPERVISED_VARIABLE: "1"}


def arguments(plan: Plan, targets: Mapping[Slot, str], around: Surroundings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The whole line, the program first, and notes for the log.

    ``targets`` says for each slot what uWSGI is to open: ``fd://N`` or an address. Everything that the plan sets
    already, in its arguments or files, is left as the operator wants it.
    """
    notes: list[str] = []
    words = [str(around.binary), *_given(plan, targets, around, notes)]
    for slot, target in targets.items():
        if slot.index < 0 and slot.variable is None:
            words += [f"--{slot.option}", slot.template.format(target)]
            if slot not in plan.slots:
                words += ["--http-to", str(slot.listener.address)]
    return (*words, *_added(plan, around, notes)), tuple(notes)


def printable(command: Command) -> str:
    """The whole line, for the log. No secret is ever part of it."""
    return shlex.join(command.argv)


def _given(plan: Plan, targets: Mapping[Slot, str], around: Surroundings, notes: list[str]) -> list[str]:
    replaced = {slot.index: (slot, target) for slot, target in targets.items() if slot.index >= 0}
    words: list[str] = []
    for index, option in enumerate(plan.arguments):
        if index in replaced:
            slot, target = replaced[index]
            words += [f"--{_LONG.get(slot.option, slot.option)}", slot.template.format(target)]
        elif option.name in ("plugin", "need-plugin"):
            words += _plugins(option, around.python_plugin, notes)
        else:
            words += option.tokens
    return words


_LONG = {"s": "socket"}


def _plugins(option: Option, python_plugin: str | None, notes: list[str]) -> list[str]:
    """``--plugin``, with ``python`` left out where it is built in, and under the name that this binary knows it by."""
    asked = [name.strip() for name in (option.value or "").split(",") if name.strip()]
    kept = []
    for name in asked:
        if name.startswith(_PYTHON_PLUGIN) and python_plugin is None:
            notes.append(f"uwsgi_args: --{option.spelling} {name} is left out, because this uWSGI has Python built in.")
        elif name == _PYTHON_PLUGIN and python_plugin and python_plugin != name:
            notes.append(f"uwsgi_args: --{option.spelling} {name} becomes {python_plugin}, as this uWSGI calls it.")
            kept.append(python_plugin)
        else:
            kept.append(name)
    return [f"--{option.spelling}", ",".join(kept)] if kept else []


def _added(plan: Plan, around: Surroundings, notes: list[str]) -> list[str]:
    names = plan.names
    words: list[str] = []

    def add(option: str, value: object = None, *, unless: frozenset[str] | set[str] = frozenset()) -> None:
        if option not in names and not names & unless:
            words.extend([f"--{option}"] if value is None else [f"--{option}", str(value)])

    if around.python_plugin and not any(
        name.startswith(_PYTHON_PLUGIN) for name in _values(plan, "plugin") + _values(plan, "need-plugin")
    ):
        words += ["--plugin", around.python_plugin]
    add("module", WSGI_MODULE, unless=_APPLICATIONS)
    if around.home is not None:
        add("home", around.home)
    if around.python_path is not None:
        words += ["--pythonpath", str(around.python_path)]
    if is_off(plan.value("master")):
        notes.append(
            "uwsgi_args switch the master off: no chain reload, no statistics, and a worker that dies takes the whole "
            "server down until it is started again."
        )
    add("master")
    add("lazy-apps", unless={"lazy"})
    add("need-app")
    add("no-orphans")
    # The third worker that dies within a second would otherwise keep the master asleep for two.
    add("forkbomb-delay", 0)
    add("single-interpreter")
    add("enable-threads")
    add("master-fifo", around.fifo)
    add("stats", around.stats)
    add("listen", around.backlog)
    add("buffer-size", 32_768)
    add("post-buffering", 65_536)
    # Without it SIGTERM means "reload brutally", which no init system expects.
    add("hook-master-start", "unix_signal:15 gracefully_kill_them_all", unless={"die-on-term"})
    mercy = max(1, math.ceil(around.graceful_stop))
    add("worker-reload-mercy", mercy)
    add("reload-mercy", mercy + 2)
    # uWSGI's request log has whole addresses in it, tokens included; the application logs without them.
    add("disable-logging", unless=_REQUEST_LOGS)
    if names & ROUTERS:
        add("http-timeout", around.router_timeout)
    if any(listener.protocol in _WEB for listener in plan.listeners):
        # uWSGI closes each connection after its answer and does not say so: a client that sends its next request over
        # it would get none.
        add("add-header", "Connection: close", unless=_KEEPS_CONNECTIONS)
    return words


def _values(plan: Plan, name: str) -> list[str]:
    options = (*plan.arguments, *plan.ini)
    return [part for option in options if option.name == name for part in (option.value or "").split(",")]
