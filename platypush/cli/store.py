"""How a command opens the user store: directly, whether the hub runs or not."""

from __future__ import annotations

import getpass
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import click

from platypush._lib.owner import as_owner
from platypush.cli.options import Options
from platypush.config.loader import load
from platypush.user.passwords import MIN_LENGTH
from platypush.user.service import Users, UserSettings, open_users

__all__ = ["opened_users", "read_password", "table", "when"]


@contextmanager
def opened_users(options: Options | None) -> Iterator[Users]:
    """The users of the installation that ``options`` means. A running hub sees each change at once.

    Root acts as the owner of the working directory meanwhile, because files that belong to root would lock the hub
    out. Raises ConfigurationError and what the store raises.
    """
    options = options or Options()
    config = load(options.config, workdir=options.workdir, environ=os.environ)
    settings = UserSettings(
        url=config.database.reveal(),
        workdir=config.workdir,
        global_token=config.token.reveal() if config.token else None,
        session_days=config.limits.session_days,
        remembered_session_days=config.limits.remembered_session_days,
        audit_days=config.limits.audit_days,
    )
    with as_owner(config.workdir):
        users = open_users(settings, migrate=True)
        try:
            yield users
        finally:
            users.close()


def read_password(*, stdin: bool, prompt: str = "Password") -> str:
    """A new password: the first line of standard input, or typed twice without being shown.

    It is never an argument, which every user of the machine could read. Raises click.UsageError when there is none.
    """
    if stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise click.UsageError("There is no password on standard input.")
        return password
    try:
        with warnings.catch_warnings():
            # getpass would go on where everybody can read along.
            warnings.simplefilter("error", getpass.GetPassWarning)
            answer: str = click.prompt(
                f"{prompt} (at least {MIN_LENGTH} characters)", hide_input=True, confirmation_prompt=True, err=True
            )
    except getpass.GetPassWarning:
        raise click.UsageError("There is no terminal to type a password on: use --password-stdin.") from None
    return answer


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns for people, as wide as their widest cell."""
    lines = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def when(seconds: float | None, *, otherwise: str) -> str:
    """A time of day of this machine for people, ``otherwise`` for None."""
    if seconds is None:
        return otherwise
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
