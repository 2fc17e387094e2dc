"""``platypush backup``: one archive of everything that makes up this installation."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from platypush.backup.create import create, remove_superseded
from platypush.cli.options import Options, installation_options
from platypush.config.loader import load
from platypush.errors import BackupFailed

__all__ = ["command"]


@click.command("backup")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The archive (.tar.gz), or a folder for it. Default: backups in the working folder.",
)
@click.option("--keep", type=click.IntRange(min=1), help="Keep this many archives in the folder; remove older ones.")
@installation_options
@click.pass_obj
def command(options: Options | None, output: Path | None, keep: int | None) -> None:
    """Back up database, keys, state, configuration, scripts and dashboards, whether the hub runs or not.

    The archive's path goes to standard output. It holds secrets and keys: only you can read it.
    """
    options = options or Options()
    config = load(options.config, workdir=options.workdir, environ=os.environ)
    made = create(config, os.environ, output.absolute() if output else None, datetime.now(UTC))
    for note in made.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"Backed up {made.files} files, {made.size / 1024:.0f} KiB.", err=True)
    click.echo(made.path)
    if keep is not None:
        try:
            for path in remove_superseded(made.path.parent, keep):
                click.echo(f"Removed {path}", err=True)
        except OSError as error:
            raise BackupFailed(f"The backup was made, but an older one could not be removed: {error}") from error
