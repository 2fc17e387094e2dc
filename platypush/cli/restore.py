"""``platypush restore``: brings an installation back from an archive of ``platypush backup``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from platypush.backup.restore import check, restore
from platypush.cli.options import Options, installation_options

__all__ = ["command"]


@click.command("restore")
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Check the archive, and restore nothing.")
@installation_options
@click.pass_obj
def command(options: Options | None, archive: Path, only_check: bool) -> None:
    """Restore ARCHIVE to this installation, or with -c and -w to another place. The hub must be stopped.

    The archive is checked whole before anything is replaced, and what is replaced is put aside.
    """
    options = options or Options()
    if only_check:
        manifest = check(archive)
        click.echo(
            f"{archive} is whole: Platypush {manifest.version}, {manifest.created}, {len(manifest.members)} files"
        )
        return
    done = restore(archive, config=options.config, workdir=options.workdir, environ=os.environ, now=datetime.now(UTC))
    click.echo(f"Restored the backup of {done.manifest.created} (Platypush {done.manifest.version}).", err=True)
    if done.config:
        click.echo(f"  configuration: {done.config}", err=True)
    click.echo(f"  working folder: {done.workdir}", err=True)
    if done.manifest.schema is None:
        click.echo("The database was not in the archive: it is as it was.", err=True)
    for folder in done.replaced:
        click.echo(f"What was there before is in {folder}: remove it when all is well.", err=True)
