"""``platypush check``: everything that is wrong, at once, without starting anything."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from platypush.backend.registry import BackendRegistry
from platypush.bus.unix import UnixBusClient
from platypush.cli.options import Options, installation_options
from platypush.config.check import check
from platypush.config.loader import load
from platypush.config.model import Config
from platypush.config.problem import Problem, Severity
from platypush.daemon.automation import load_automation
from platypush.dashboards.files import dashboard_names, read_dashboard
from platypush.dashboards.layout import read_layout
from platypush.dashboards.parts import find_parts, part_widgets
from platypush.dashboards.widgets import bundled_widgets
from platypush.doctor.wire import uwsgi_on_tcp
from platypush.errors import BadRequest, ConfigurationError, PlatypushError, TooLarge
from platypush.event.types import EventTypes
from platypush.message.envelope import LOCAL, Envelope
from platypush.message.request import Request
from platypush.message.response import Response
from platypush.plugins.registry import PluginRegistry
from platypush.procedure.interpreter import Interpreter

__all__ = ["command"]


@click.command("check")
@installation_options
@click.pass_context
def command(ctx: click.Context) -> int:
    """Validate configuration, hooks, procedures, crons, scripts, plugin sections, permissions and ports.

    Scripts are imported, as the hub does it, in this process. Exit status 0 when nothing is wrong (warnings do not
    count), else 1.
    """
    options: Options = ctx.obj or Options()
    try:
        config = load(options.config, workdir=options.workdir, environ=os.environ)
    except ConfigurationError as error:
        click.echo(str(error), err=True)
        return 1
    problems = [
        *check(config, environ=os.environ, running=_runs(config)),
        *_uwsgi_files(config),
        *_automation(config),
        *_plugins(config),
        *_backends(config),
        *_dashboards(config),
    ]
    for problem in problems:
        click.echo(f"{problem.severity.value}: {problem}", err=problem.severity is Severity.ERROR)
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    where = config.path or "the built-in default configuration"
    click.echo(f"{where}: {_counted(errors, 'error')}, {_counted(len(problems) - errors, 'warning')}")
    return 1 if errors else 0


def _dashboards(config: Config) -> Iterator[Problem]:
    parts = part_widgets(find_parts())
    for name in dashboard_names(config.dashboards_dir):
        file = config.dashboards_dir / f"{name}.xml"
        try:
            layout = read_layout(name, read_dashboard(config.dashboards_dir, name), bundled_widgets(), parts)
        except (BadRequest, TooLarge) as error:
            yield Problem("check.dashboard", name, error.message, str(file))
            continue
        for problem in layout.problems:
            yield Problem("check.dashboard", name, problem.reason, f"{file}:{problem.line}:{problem.column}")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _runs(config: Config) -> bool:
    client = UnixBusClient(config.bus.path, wait=0)
    try:
        return client.call(Envelope("control", name="ready", principal=LOCAL, time_left=2)).status < 500
    except PlatypushError:
        return False
    finally:
        client.close()


def _uwsgi_files(config: Config) -> list[Problem]:
    """Sockets for the uwsgi protocol on TCP that stand in ini files; those in the arguments were seen before."""
    if config.http is None:
        return []
    words = " ".join(config.http.uwsgi_args)
    return [
        Problem.warning(
            "check.uwsgi-tcp",
            "backend.http.uwsgi_args",
            f"the ini file opens {address} for the uwsgi protocol: whoever reaches that port can run code here. Use a "
            "unix socket, or http-socket.",
        )
        for address in uwsgi_on_tcp(config.http, config.path, os.environ)
        if str(address) not in words
    ]


def _automation(config: Config) -> list[Problem]:
    def refuse(_: Request) -> Response:
        raise PlatypushError("Nothing runs during a check.")

    interpreter = Interpreter(refuse, config.constants)
    automation = load_automation(config, EventTypes(), interpreter)
    return [Problem("check.automation", "", text) for text in automation.problems]


def _plugins(config: Config) -> list[Problem]:
    registry = PluginRegistry(config.plugins, config.disabled, sources=config.sources)
    return [Problem("check.plugin", state.name, state.reason) for state in registry.check()]


def _backends(config: Config) -> list[Problem]:
    registry = BackendRegistry(config.backends, config.disabled, sources=config.sources)
    return [Problem("check.backend", f"backend.{state.name}", state.reason) for state in registry.check()]
