"""``platypush doctor``: what is wrong with this installation, and the line that mends it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import click

from platypush.cli.bus import control
from platypush.cli.options import Options, installation_options
from platypush.cli.render_nginx import read_originals as read_nginx_originals
from platypush.cli.render_nginx import site_of as nginx_site_of
from platypush.cli.render_systemd import read_originals as read_systemd_originals
from platypush.cli.render_systemd import site_of as systemd_site_of
from platypush.config.loader import load
from platypush.config.model import Config
from platypush.config.problem import Severity
from platypush.doctor.examine import FAMILIES, examine
from platypush.doctor.finding import Finding, error
from platypush.doctor.patient import Patient
from platypush.errors import BusUnavailable, ConfigurationError, PlatypushError
from platypush.render.installation import Installation, read_installation
from platypush.render.nginx import render_nginx
from platypush.render.systemd import render_systemd

__all__ = ["command", "render"]

_USER = "platypush"


@click.command("doctor")
@installation_options
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """Say what is wrong with this installation, and the command that mends it. Nothing is changed.

    Root sees more than others: who has a port, what nginx runs, backups. Exit status 0 when nothing is wrong (warnings
    do not count), else 1.
    """
    options: Options = ctx.obj or Options()
    try:
        config = load(options.config, workdir=options.workdir, environ=os.environ)
    except ConfigurationError as failure:
        # A text alone has its mend in it.
        mend = "platypush check" if failure.problems else ""
        problems = failure.problems or (str(failure),)
        findings: Sequence[Finding] = [error("config.invalid", problem, mend) for problem in problems]
        sees_all = True
    else:
        status, silence = _ask(options, config)
        installation = read_installation()
        sees_all = installation is None or os.geteuid() == 0
        findings = examine(
            Patient(
                config=config,
                installation=installation,
                rendered=None if installation is None else partial(_rendered, config, installation),
                status=status,
                silence=silence,
                is_root=os.geteuid() == 0,
            )
        )
    if as_json:
        click.echo(json.dumps([finding.to_dict() for finding in findings], indent=2))
    else:
        click.echo("\n".join(render(findings, sees_all=sees_all)))
    return int(any(finding.severity is Severity.ERROR for finding in findings))


def _rendered(config: Config, installation: Installation) -> Mapping[str, str]:
    files = render_systemd(systemd_site_of(config, installation, None, _USER), read_systemd_originals())
    if installation.nginx:
        files |= render_nginx(nginx_site_of(config, installation), read_nginx_originals())
    return files


def _ask(options: Options, config: Config) -> tuple[dict[str, Any] | None, str]:
    try:
        answer: dict[str, Any] = control(options, "status", time=5)
    except BusUnavailable:
        return None, f"nobody listens at {config.bus.path}."
    except (PlatypushError, OSError) as failure:
        return None, str(failure)
    return answer, ""


def render(findings: Sequence[Finding], *, sees_all: bool) -> Iterator[str]:
    """The lines for people: each finding with its mend below it, then how many."""
    for finding in findings:
        yield f"{finding.severity.value}: {finding.text}"
        if finding.mend:
            yield f"    {finding.mend}"
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    names = ", ".join(family.name for family in FAMILIES)
    if not findings:
        yield f"Nothing is wrong. Looked at: {names}."
    else:
        yield f"{_counted(errors, 'error')}, {_counted(len(findings) - errors, 'warning')}"
    if not sees_all:
        yield "Not everything can be seen by this user: sudo platypush doctor"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
