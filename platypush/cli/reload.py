"""``platypush reload``: configuration and scripts anew, without losing a request."""

from __future__ import annotations

import click

from platypush.cli.bus import control
from platypush.cli.options import Options, installation_options

__all__ = ["command"]


@click.command("reload")
@installation_options
@click.option("--timeout", default=120.0, show_default=True, help="Seconds to wait until it is done.")
@click.pass_context
def command(ctx: click.Context, timeout: float) -> int:
    """Load configuration, scripts, hooks and changed plugins anew, and wait until it is done.

    A broken configuration is refused: the hub goes on with the old one, and the exit status is 1.
    """
    options: Options = ctx.obj or Options()
    report = control(options, "reload", time=timeout)
    for line in report["changes"]:
        click.echo(line)
    for key in report["restart_needed"]:
        click.echo(f"{key}: changed, and takes effect at the next restart", err=True)
    for problem in report["problems"]:
        click.echo(f"problem: {problem}", err=True)
    click.echo(f"Reloaded in {report['seconds']:.1f} s.")
    return 0
