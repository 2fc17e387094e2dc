"""Where rendered files go: to standard output, or into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

__all__ = ["emit", "output_option"]


def output_option(command: Any) -> Any:
    """The option ``--output FOLDER`` of every ``render`` command, given to it as ``output``."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, file_okay=False),
        help="Write the files into this folder, under their paths, instead of standard output.",
    )(command)


def emit(files: Mapping[str, str], output: Path | None) -> None:
    """Show ``files`` (path to text), or write them under ``output``; existing ones are replaced.

    Paths are taken as relative to ``output`` also when they begin with a slash. Raises OSError.
    """
    for name, text in sorted(files.items()):
        if output is None:
            if len(files) > 1:
                click.echo(f"# --- {name} ---")
            click.echo(text.rstrip("\n"))
            if len(files) > 1:
                click.echo()
            continue
        path = output / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        click.echo(str(path))
