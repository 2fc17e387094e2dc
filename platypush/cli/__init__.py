"""The ``platypush`` command. Each command's module is imported when it is called, so that all start fast."""

from __future__ import annotations

import importlib
import keyword
import os
import sys
from pathlib import Path
from typing import Any

import click

from platypush import __version__
from platypush._lib.logs import is_journal
from platypush._lib.suggest import did_you_mean
from platypush.cli.options import Options
from platypush.errors import PlatypushError

__all__ = ["main"]

_COMMANDS = {
    "backup": "Back up database, keys, configuration, scripts and dashboards.",
    "call": "Run an action of the running hub.",
    "check": "Validate configuration, scripts, permissions and ports.",
    "doctor": "Say what is wrong with this installation, and the command that mends it.",
    "import": "Take over configuration, scripts, dashboards and users of an old Platypush.",
    "reload": "Make the running hub load its configuration and scripts anew.",
    "render": "Render files for nginx, systemd and uWSGI from the configuration.",
    "restore": "Bring the installation back from a backup.",
    "run": "Run the hub in the foreground (the default).",
    "status": "Show what the running hub does.",
    "token": "Make, list and revoke tokens.",
    "user": "Add, list and remove users, and set a forgotten password.",
}


class _Commands(click.Group):
    """Commands by name; ``platypush`` alone, or with options only, is ``platypush run``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's interface
        if cmd_name not in _COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"platypush.cli.{name}")
        command: click.Command = getattr(module, "command", None) or getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            ctx.fail(f"There is no command {args[0]!r}.{did_you_mean(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-c", "--config", type=click.Path(path_type=Path), help="Configuration file [env: PLATYPUSH_CONFIG]")
@click.option("-w", "--workdir", type=click.Path(path_type=Path), help="State folder [env: PLATYPUSH_WORKDIR]")
@click.option("-v", "--verbose", is_flag=True, help="Log details.")
@click.option("-P", "--pidfile", type=click.Path(path_type=Path), help="Write the daemon's process id there.")
@click.version_option(__version__, prog_name="platypush")
@click.pass_context
def cli(ctx: click.Context, config: Path | None, workdir: Path | None, verbose: bool, pidfile: Path | None) -> None:
    """A self-hosted automation hub. Without a command it runs the hub in the foreground."""
    ctx.obj = Options(config=config, workdir=workdir, verbose=verbose, pidfile=pidfile)
    if ctx.invoked_subcommand is None:
        ctx.exit(ctx.invoke(_run_command(ctx)))


def _run_command(ctx: click.Context) -> Any:
    group = ctx.command
    assert isinstance(group, click.Group)  # noqa: S101 - tells the type checker what click gives
    return group.get_command(ctx, "run")


def _complain(text: str) -> None:
    """To standard error; to the journal as an error, so that ``journalctl -p warning`` shows it."""
    prefix = "<3>" if is_journal(sys.stderr, os.environ) else ""
    for line in text.splitlines():
        click.echo(f"{prefix}{line}", err=True)


def main() -> None:
    """Entry point of the ``platypush`` script: exits with the command's status, errors in one readable text."""
    try:
        result = cli.main(prog_name="platypush", standalone_mode=False)
    except PlatypushError as error:
        _complain(f"platypush: {error}")
        sys.exit(1)
    except OSError as error:
        # A full disk, a folder of somebody else's: the machine's trouble, which the text names.
        _complain(f"platypush: {error}")
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("platypush: stopped", err=True)
        sys.exit(130)
    sys.exit(result if isinstance(result, int) else 0)
