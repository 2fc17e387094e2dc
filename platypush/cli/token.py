"""``platypush token``: credentials for programs."""

from __future__ import annotations

import click

from platypush.cli.options import Options, installation_options
from platypush.cli.store import opened_users, table, when

__all__ = ["token"]

_owner = click.option("--user", "username", required=True, help="Whose token it is.")
_days = click.option("--days", type=click.FloatRange(min=0), help="Days until it expires; without it, or 0: never.")


@click.group("token")
def token() -> None:
    """Make, list and revoke tokens. The hub need not run."""


@token.command("create")
@click.argument("name")
@_owner
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="What it may do: 'light.*' (actions), 'events:light.*', 'resources:photos', 'camera:ffmpeg', "
    "'metrics'. Repeat for more; without: all.",
)
@_days
@installation_options
@click.pass_obj
def create(options: Options | None, name: str, username: str, scopes: tuple[str, ...], days: float | None) -> None:
    """Make the API token NAME and print it. It is shown this once."""
    with opened_users(options) as users:
        new = users.tokens.create_api_token(username, name, scopes or None, days)
    click.echo(f"Token {name} of {username} (id {new.id}); it is not shown again:", err=True)
    click.echo(new.secret)


@token.command("jwt")
@_owner
@_days
@installation_options
@click.pass_obj
def jwt(options: Options | None, username: str, days: float | None) -> None:
    """Print a JWT for a user, as POST /auth gives. It ends with the user's password."""
    with opened_users(options) as users:
        click.echo(users.tokens.issue_jwt(username, days, by="operator"))


@token.command("list")
@click.option("--user", "username", help="Only those of this user.")
@installation_options
@click.pass_obj
def list_tokens(options: Options | None, username: str | None) -> None:
    """List the tokens that have not expired. Secrets are not stored, so they cannot be shown."""
    with opened_users(options) as users:
        rows = [
            (
                item.id,
                item.user,
                item.name or f"({item.kind})",
                "all" if item.scopes is None else " ".join(item.scopes),
                when(item.created_at, otherwise=""),
                when(item.expires_at, otherwise="never"),
                when(item.last_used_at, otherwise="never"),
            )
            for item in users.tokens.list(username)
        ]
    if rows:
        click.echo(table(("ID", "USER", "NAME", "ALLOWS", "CREATED", "EXPIRES", "LAST USED"), rows))
    else:
        click.echo("There are no tokens.", err=True)


@token.command("revoke")
@click.argument("id")
@installation_options
@click.pass_obj
def revoke(options: Options | None, id: str) -> None:
    """End the token with this ID (see: platypush token list), at once in every process of the hub."""
    with opened_users(options) as users:
        users.tokens.revoke(id)
    click.echo(f"Token {id} was revoked.", err=True)
