"""``platypush import``: takes over an old Platypush."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from platypush.backend.registry import find_backend
from platypush.cli.options import Options, installation_options
from platypush.cli.store import opened_users
from platypush.config.loader import load
from platypush.config.paths import find_config, user_config
from platypush.errors import ConfigurationError, PlatypushError
from platypush.importing.old_config import Known
from platypush.importing.old_installation import find, read_users
from platypush.importing.take_over import Report, take_files, take_users
from platypush.plugins.registry import Catalogue

__all__ = ["command"]


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--database", type=click.Path(path_type=Path), help="The old main.db, where it is not found by itself.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@installation_options
@click.pass_obj
def command(options: Options | None, path: Path, database: Path | None, dry_run: bool) -> None:
    """Take over configuration, scripts, dashboards and users of the old Platypush at PATH.

    PATH is its config.yaml, the folder of it, or the home folder that has it below .config. Nothing there is changed,
    and nothing here is overwritten. Passwords stay valid; what cannot be taken is listed with the reason.
    """
    options = options or Options()
    config = find_config(options.config, os.environ) or user_config(os.environ)
    old = find(path.absolute(), database)
    report = Report(todo=list(old.notes))
    known = Known(plugin=Catalogue().knows, backend=_knows_backend)
    users = read_users(old.database) if old.database is not None else []
    written = take_files(old, config, known, report, dry_run=dry_run)
    if dry_run:
        take_users(users, None, report)
    else:
        _check(written, options, report)
        if users:
            with opened_users(replace(options, config=config)) as store:
                take_users(users, lambda: store.accounts, report)
    for title, lines in (
        ("Would be taken over:" if dry_run else "Taken over:", report.taken),
        ("Not taken over:", report.left),
        ("To do:", report.todo),
    ):
        if lines:
            click.echo("\n  ".join([title, *lines]))


def _knows_backend(name: str) -> bool:
    try:
        find_backend(name)
    except PlatypushError:
        return False
    return True


def _check(config: Path, options: Options, report: Report) -> None:
    """Note what is still wrong in the converted configuration. Raises ConfigurationError when it cannot be used."""
    try:
        loaded = load(config, workdir=options.workdir, environ=os.environ)
    except ConfigurationError as error:
        report.todo += [f"correct {problem}" for problem in error.problems or (str(error),)]
        return
    report.todo += [
        f"correct {problem.source}: {problem.section}: {problem.reason}"
        for problem in loaded.problems
        if not problem.warning
    ]
