"""``platypush call``: run an action from the shell."""

from __future__ import annotations

import json
from typing import Any

import click

from platypush.cli.bus import call
from platypush.cli.options import Options, installation_options
from platypush.message import decode, encode
from platypush.message.envelope import LOCAL, Envelope

__all__ = ["command", "read_arguments"]


def read_arguments(pairs: tuple[str, ...]) -> dict[str, Any]:
    """``name=value`` is text, ``name:=value`` is JSON. Raises click.BadParameter that names the odd one."""
    arguments: dict[str, Any] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name.removesuffix(":"):
            raise click.BadParameter(f"{pair!r} is neither name=text nor name:=JSON.")
        if not name.endswith(":"):
            arguments[name] = value
            continue
        try:
            arguments[name[:-1]] = json.loads(value)
        except ValueError as error:
            raise click.BadParameter(f"{pair!r} is no JSON: {error}") from error
    return arguments


@click.command("call")
@installation_options
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait for the answer.")
@click.argument("action")
@click.argument("arguments", nargs=-1)
@click.pass_context
def command(ctx: click.Context, timeout: float, action: str, arguments: tuple[str, ...]) -> int:
    """Run ACTION of the running hub and print its output as JSON.

    Arguments are name=text, or name:=JSON for numbers, lists and the like: platypush call utils.sleep seconds:=1
    """
    options: Options = ctx.obj or Options()
    body = encode({"type": "request", "action": action, "args": read_arguments(arguments)})
    envelope = Envelope("execute", body, "", LOCAL, time_left=timeout, meta={"origin": "cli"})
    reply = call(options, envelope)
    answer = decode(reply.body)
    if reply.status >= 400:
        click.echo(answer["error"]["message"], err=True)
        return 1
    response = answer["response"]
    for error in response["errors"]:
        click.echo(error, err=True)
    if response["output"] is not None:
        click.echo(json.dumps(response["output"], indent=2, ensure_ascii=False))
    return 1 if response["errors"] else 0
