"""What every command of the command line shares."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

__all__ = ["Options", "installation_options"]


@dataclass(frozen=True, slots=True)
class Options:
    """The options before the command: which installation is meant, and how much is told."""

    config: Path | None = None
    workdir: Path | None = None
    verbose: bool = False
    pidfile: Path | None = None

    def environ(self) -> dict[str, str]:
        """The environment that the configuration is looked up in."""
        return dict(os.environ)


def installation_options(command: Any) -> Any:
    """Let a command take ``-c``, ``-w`` and ``-v`` after its name too, where people expect them.

    The command reads the result from ``ctx.obj`` as ever.
    """

    def merge(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value:
            ctx.obj = replace(ctx.obj or Options(), **{parameter.name or "": value})

    choices: tuple[tuple[tuple[str, str], dict[str, Any]], ...] = (
        (("-c", "--config"), {"type": click.Path(path_type=Path), "help": "Configuration file."}),
        (("-w", "--workdir"), {"type": click.Path(path_type=Path), "help": "State folder."}),
        (("-v", "--verbose"), {"is_flag": True, "help": "Log details."}),
    )
    for flags, settings in choices:
        command = click.option(*flags, callback=merge, expose_value=False, **settings)(command)
    return command
