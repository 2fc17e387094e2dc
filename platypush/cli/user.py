"""``platypush user``: the people who may sign in, also when one has forgotten the password."""

from __future__ import annotations

import sys

import click

from platypush.cli.options import Options, installation_options
from platypush.cli.store import opened_users, read_password, table, when
from platypush.errors import NotFound
from platypush.user.accounts import UserInfo, check_name, normal_name
from platypush.user.passwords import check_new_password

__all__ = ["user"]

_password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)


@click.group("user")
def user() -> None:
    """Add, list and remove users, and set a forgotten password. The hub need not run."""


@user.command("add")
@click.argument("name")
@_password_stdin
@installation_options
@click.pass_obj
def add(options: Options | None, name: str, password_stdin: bool) -> None:
    """Add the user NAME. The first one opens the hub's doors: nothing is served before."""
    name = check_name(name)
    password = read_password(stdin=password_stdin)
    check_new_password(password, name)
    with opened_users(options) as users:
        if users.accounts.exists():
            users.accounts.create(name, password)
        else:
            users.registrar.register(name, password, address="", local=True)
    click.echo(f"User {name} was added.", err=True)


@user.command("list")
@installation_options
@click.pass_obj
def list_users(options: Options | None) -> None:
    """List the users."""
    with opened_users(options) as users:
        accounts = users.accounts.list()
        rows = [
            (
                account.name,
                when(account.created_at, otherwise=""),
                when(account.password_changed_at, otherwise=""),
                str(len(users.sessions.list(account.name))),
                str(len(users.tokens.list(account.name))),
            )
            for account in accounts
        ]
    if rows:
        click.echo(table(("NAME", "CREATED", "PASSWORD SINCE", "SESSIONS", "TOKENS"), rows))
    else:
        click.echo("There is no user yet: platypush user add NAME", err=True)


@user.command("password")
@click.argument("name")
@_password_stdin
@installation_options
@click.pass_obj
def password(options: Options | None, name: str, password_stdin: bool) -> None:
    """Give NAME a new password, for instance because the old one is forgotten.

    All sessions and JWTs of the user end; named API tokens stay (see: platypush token list).
    """
    with opened_users(options) as users:
        _require(users.accounts.list(), name)
        users.accounts.set_password(name, read_password(stdin=password_stdin, prompt="New password"))
    click.echo(f"The password of {name} was changed. All sessions and JWTs of {name} have ended.", err=True)


@user.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@installation_options
@click.pass_obj
def delete(options: Options | None, name: str, yes: bool) -> None:
    """Remove the user NAME with all sessions and tokens."""
    with opened_users(options) as users:
        accounts = users.accounts.list()
        _require(accounts, name)
        if not yes:
            last = " It is the last user: nothing is served until there is another one." if len(accounts) == 1 else ""
            _confirm(f"Remove {name} with all sessions and tokens?{last}")
        users.accounts.delete(name)
    click.echo(f"User {name} was removed.", err=True)


def _confirm(question: str) -> None:
    """Go on after a yes. Raises click.Abort after a no, click.UsageError when there is nobody to ask."""
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError("There is nobody to ask on standard input: add --yes.") from None
    if not agreed:
        raise click.Abort


def _require(accounts: list[UserInfo], name: str) -> None:
    if normal_name(name) not in [account.name for account in accounts]:
        known = ", ".join(account.name for account in accounts) or "none"
        raise NotFound(f"There is no user {name!r}. Users: {known}.")
