"""``platypush status``: what the running hub does, part by part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from platypush.cli.bus import control
from platypush.cli.options import Options, installation_options

__all__ = ["command", "render"]


def render(status: dict[str, Any]) -> Iterator[str]:
    """The lines for people: what runs, then everything that failed with its reason."""
    yield f"Platypush {status['version']} on {status['device_id']}, up {_span(status['uptime'])}, pid {status['pid']}"
    for url in status["urls"]:
        yield f"  {url}"
    web = status.get("http") or {}
    if web:
        yield f"web: {web['state']}, {web['restarts']} restarts" + (f" ({web['reason']})" if web.get("reason") else "")
        for worker in web.get("workers", ()):
            yield (
                f"  worker {worker['id']}: pid {worker['pid']}, {worker['status']}, "
                f"{worker['requests']} requests, {worker['exceptions']} exceptions"
            )
    socket = status.get("websocket") or {}
    if socket:
        yield f"websocket: {socket['clients']} clients"
    for kind in ("plugins", "backends"):
        good = [name for name, part in sorted(status[kind].items()) if not part.get("reason")]
        if good:
            yield f"{kind}: {', '.join(good)}"
    yield f"hooks: {status['hooks']}, procedures: {status['procedures']}, crons: {status['crons']}"
    problems = list(status["problems"])
    yield "problems: none" if not problems else "problems:"
    yield from (f"  - {problem}" for problem in problems)


def _span(seconds: float) -> str:
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


@click.command("status")
@installation_options
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """Show what the running hub does. Exit status 1 when a part of it has a problem."""
    options: Options = ctx.obj or Options()
    status = control(options, "status")
    if as_json:
        click.echo(json.dumps(status, indent=2))
    else:
        click.echo("\n".join(render(status)))
    return 1 if status["problems"] else 0
