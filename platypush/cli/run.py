"""``platypush run``: the daemon in the foreground."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from platypush.cli.options import Options, installation_options
from platypush.daemon.main import run

__all__ = ["command"]


@click.command("run")
@installation_options
@click.option("-P", "--pidfile", type=click.Path(path_type=Path), help="Write the daemon's process id there.")
@click.pass_context
def command(ctx: click.Context, pidfile: Path | None = None) -> int:
    """Run the hub in the foreground until it gets SIGTERM or SIGINT; SIGHUP reloads it."""
    options: Options = ctx.obj or Options()
    if pidfile is not None:
        options = replace(options, pidfile=pidfile)
    return run(config_path=options.config, workdir=options.workdir, verbose=options.verbose, pidfile=options.pidfile)
