"""An installation in a temporary folder, and the command line run in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from platypush.cli.options import Options
from platypush.cli.token import token
from platypush.cli.user import user
from tests.running.commands import command_runner

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("user", "add", "alice", input="…")``; errors of the hub are raised as they are."""
    monkeypatch.delenv("PLATYPUSH_CONFIG", raising=False)
    monkeypatch.delenv("PLATYPUSH_WORKDIR", raising=False)
    config = tmp_path / "config.yaml"
    config.write_text(f"workdir: {tmp_path / 'work'}\n")
    groups = {"user": user, "token": token}

    def run_(name: str, *arguments: str, input: str | None = None) -> Result:
        return command_runner().invoke(
            groups[name], list(arguments), input=input, obj=Options(config=config), catch_exceptions=True
        )

    return run_
