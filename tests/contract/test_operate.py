"""Every command of the operator's page exists, with its options; every name in the dashboard file is well-formed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from platypush.cli import cli
from platypush.config.model import Limits

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operate.md").read_text()
DASHBOARD = json.loads((ROOT / "docs" / "grafana.json").read_text())
PROGRAMS = ("platypush", "systemctl", "journalctl", "deploy/", "uwsgi", "nginx", "certbot", "/opt/")
UNITS = {path.name for path in (ROOT / "systemd").iterdir() if path.is_file()} | {"platypush-web.service"}
SYSTEMCTL = {"enable", "start", "stop", "restart", "reload", "status", "daemon-reload", "list-timers"}
JOURNALCTL = {"-u", "-f", "-p", "-b", "-n", "-e", "-k", "--grep", "-i"}


def commands() -> Iterator[str]:
    """Each command line of the page: in blocks for a shell, and in the text between backquotes."""
    blocks = re.findall(r"```shell\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
    for line in lines:
        for part in re.split(r"&&|;", re.sub(r"\s#.*", "", line)):
            part = part.strip()
            if part.startswith(PROGRAMS) and " " in part:
                yield part


COMMANDS = sorted(set(commands()))


def of(program: str) -> list[str]:
    return [command for command in COMMANDS if command.split()[0] == program]


def test_the_page_has_the_commands_that_an_operator_needs() -> None:
    assert len(of("platypush")) >= 12
    assert len(of("systemctl")) >= 7
    for words in ("--connect-and-read", "uwsgitop", "journalctl", "platypush doctor", "platypush user password"):
        assert words in PAGE


@pytest.mark.parametrize("command", of("platypush"))
def test_a_command_of_the_hub_and_its_options_exist(command: str) -> None:
    words = shlex.split(command)[1:]
    found: click.Command = cli
    context = click.Context(cli, info_name="platypush")
    while words and isinstance(found, click.Group):
        name = words.pop(0)
        below = found.get_command(context, name)
        assert below is not None, f"there is no command {name!r}"
        found = below
    options = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= options
    # With the arguments that it names it is taken as a whole.
    found.make_context("platypush", list(words), resilient_parsing=False)


@pytest.mark.parametrize("command", of("systemctl"))
def test_a_command_for_systemd_names_units_that_there_are(command: str) -> None:
    verb, *units = shlex.split(command)[1:]
    assert verb in SYSTEMCTL
    for unit in (unit for unit in units if unit != "--now"):
        name = unit if "." in unit else f"{unit}.service"
        assert name in UNITS | {"nginx.service", "certbot.timer"}, name


@pytest.mark.parametrize("command", of("journalctl"))
def test_a_command_for_the_journal_has_options_that_there_are(command: str) -> None:
    assert {word for word in shlex.split(command)[1:] if word.startswith("-")} <= JOURNALCTL


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("deploy/")])
def test_a_script_of_deploy_exists_and_knows_its_options(command: str) -> None:
    script, *words = shlex.split(command)
    assert os.access(ROOT / script, os.X_OK)
    # Read, not run: these change machines.
    usage = (ROOT / script).read_text().partition("\nTEXT\n")[0]
    for option in (word for word in words if word.startswith("-")):
        assert option in usage, option


def test_options_of_uwsgi_exist() -> None:
    program = Path(sys.prefix) / "bin" / "uwsgi"
    listed = subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout
    for option in re.findall(r"(?<!render )uwsgi (--[\w-]+)", PAGE):
        assert option in listed, option


def test_the_hook_for_certificates_is_where_the_page_says() -> None:
    (path,) = re.findall(r"^/opt/platypush/current/share/platypush/(\S+) ", PAGE, re.MULTILINE)
    assert os.access(ROOT / path, os.X_OK)


def test_units_and_limits_that_the_page_names_exist() -> None:
    named = set(re.findall(r"platypush[\w-]*\.(?:service|socket|timer)", PAGE))
    assert named <= UNITS
    for name in set(re.findall(r"limits\.(\w+)", PAGE)):
        assert hasattr(Limits(), name), name


def test_error_codes_that_the_page_names_exist() -> None:
    codes = set(re.findall(r'code = "(\w+)"', (ROOT / "platypush" / "errors.py").read_text()))
    assert set(re.findall(r"50\d `(\w+)`", PAGE)) <= codes


def test_the_dashboard_has_titles_places_and_expressions_for_every_panel() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        if panel["type"] != "row":
            assert panel["description"].endswith(".")
            assert all(target["expr"].count("(") == target["expr"].count(")") for target in panel["targets"])
