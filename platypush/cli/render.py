"""``platypush render``: files for the programs around the hub, made from the configuration."""

from __future__ import annotations

import importlib

import click

__all__ = ["command"]

_TARGETS: dict[str, str] = {
    "nginx": "nginx's site: HTTPS, the application, the websocket, and resource_dirs.",
    "systemd": "The units of the hub, with what they owe to the configuration.",
    "uwsgi": "uWSGI's file and whole command line, for running it yourself.",
}


class _Targets(click.Group):
    """Targets by name; each one's module ``platypush.cli.render_<target>`` is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return sorted(_TARGETS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's interface
        if cmd_name not in _TARGETS:
            return None
        target: click.Command = importlib.import_module(f"platypush.cli.render_{cmd_name}").command
        return target

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Targets"):
            formatter.write_dl(sorted(_TARGETS.items()))


@click.group("render", cls=_Targets)
def command() -> None:
    """Render files for nginx, systemd and uWSGI from the configuration.

    They go to standard output, or with --output FOLDER to files. Nothing on the machine is changed.
    """
