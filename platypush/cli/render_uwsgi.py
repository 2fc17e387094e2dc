"""``platypush render uwsgi``."""

from __future__ import annotations

import grp
import math
import os
import pwd
import shlex
import sys
from pathlib import Path

import click

from platypush._lib.originals import find_original
from platypush.backend.http._modes import find_ini, find_surroundings
from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, parse_address
from platypush.backend.http.binary import find_binary
from platypush.backend.http.plan import HTTP_VARIABLE, UWSGI_VARIABLE, Defaults, Plan, make_plan
from platypush.cli.options import Options, installation_options
from platypush.cli.rendered import emit, output_option
from platypush.config.loader import load
from platypush.config.media import media_settings
from platypush.config.model import Config, HttpSettings
from platypush.config.paths import user_config
from platypush.errors import ConfigurationError
from platypush.render.installation import read_installation
from platypush.render.uwsgi import OWN_SOCKET, UwsgiSite, command_line, render_uwsgi

__all__ = ["command"]

_OWN_FILE = ("--ini", "uwsgi.ini")
_NGINX_GROUP = "www-data"


@click.command("uwsgi")
@installation_options
@output_option
@click.option("--line", is_flag=True, help="Only the command line, with the environment before it, for a shell.")
@click.option(
    "--socket",
    help="Where uWSGI listens, unless uwsgi_args say so: a path for nginx, or HOST:PORT for HTTP.",
    metavar="ADDRESS",
)
@click.option("--user", help="Who runs it. [default: the owner of the work folder]")
@click.pass_context
def command(ctx: click.Context, output: Path | None, line: bool, socket: str | None, user: str | None) -> int:
    """uWSGI as the hub would run it, for operators who run it themselves.

    Gives uwsgi.ini, the environment that it needs (uwsgi.env) with the whole command line, and a systemd unit. Paths
    are those of this machine; what follows --output is put before them.
    """
    options: Options = ctx.obj or Options()
    config = load(options.config, workdir=options.workdir, environ=os.environ)
    site = _site(config, socket, user)
    if line:
        words, environment, notes = command_line(site)
        for note in notes:
            click.echo(f"# {note}", err=True)
        settings = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
        click.echo(" ".join([*settings, shlex.join(words)]))
    else:
        emit(render_uwsgi(site), output)
    return 0


def _site(config: Config, socket: str | None, user: str | None) -> UwsgiSite:
    http = config.http or HttpSettings()
    media = media_settings(config)
    path = config.path or user_config(os.environ)
    program = find_binary(os.environ, Path(sys.prefix))
    plan = _plan(http, path, socket)
    owner, group = _owner(config.workdir, user)
    return UwsgiSite(
        plan=plan,
        around=find_surroundings(
            plan,
            program,
            runtime_dir=config.runtime_dir,
            backlog=config.limits.listen_backlog,
            graceful_stop=config.limits.graceful_stop,
            harakiri=config.limits.harakiri,
        ),
        config=path,
        workdir=config.workdir,
        runtime_dir=config.runtime_dir,
        harakiri=math.ceil(config.limits.harakiri),
        resource_dirs=(*http.resource_dirs.values(), *(media.media_dirs if media else ())),
        nginx_group=_NGINX_GROUP if _is_behind_nginx() else None,
        ini=_shipped(plan, path),
        user=owner,
        group=group,
    )


def _plan(http: HttpSettings, config: Path, socket: str | None) -> Plan:
    listener = Listener(address=TcpAddress(http.bind_address, http.port), protocol=Protocol.HTTP)
    return make_plan(
        http.uwsgi_args or _OWN_FILE,
        Defaults(
            listener=listener,
            uwsgi_listener=Listener(address=OWN_SOCKET, protocol=Protocol.UWSGI),
            handed=_handed(socket),
            ssl_cert=http.ssl_cert,
            ssl_key=http.ssl_key,
        ),
        # The operator's copy does not have to be there yet: it is what is rendered here.
        find_file=lambda name: config.parent / name if Path(name) == Path(_OWN_FILE[1]) else find_ini(name, config),
        read=lambda path: (path if path.exists() else find_original(path.name)).read_text(),
        env=os.environ,
    )


def _handed(socket: str | None) -> dict[str, Listener]:
    """The socket that was asked for, else nginx's where the installer has put nginx in front."""
    address = parse_address(socket) if socket else None
    if socket and address is None:
        raise ConfigurationError(f"--socket {socket} is no address: give a path, or HOST:PORT for HTTP.")
    if address is None:
        if not _is_behind_nginx():
            return {}
        address = OWN_SOCKET
    if isinstance(address, TcpAddress):
        return {HTTP_VARIABLE: Listener(address=address, protocol=Protocol.HTTP)}
    return {UWSGI_VARIABLE: Listener(address=address, protocol=Protocol.UWSGI, mode=0o660)}


def _is_behind_nginx() -> bool:
    installation = read_installation()
    return installation is not None and installation.nginx


def _shipped(plan: Plan, config: Path) -> str | None:
    """The text of ``uwsgi.ini`` for the operator, where the line refers to it."""
    if plan.value("ini") != str(config.parent / _OWN_FILE[1]):
        return None
    own = config.parent / _OWN_FILE[1]
    return (own if own.is_file() else find_original(_OWN_FILE[1])).read_text()


def _owner(workdir: Path, user: str | None) -> tuple[str, str]:
    try:
        if user is not None:
            entry = pwd.getpwnam(user)
        else:
            entry = pwd.getpwuid(workdir.stat().st_uid if workdir.exists() else os.getuid())
        return entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name
    except KeyError as error:
        raise ConfigurationError(f"There is no such user: {error.args[0]}. Name another one with --user.") from error
