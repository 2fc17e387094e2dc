"""The web panel's sources with their libraries installed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

__all__ = ["WEBAPP", "Npm"]

WEBAPP = Path(__file__).resolve().parents[2] / "platypush" / "backend" / "http" / "webapp"
_NEWEST = 20
"""The oldest major version of Node that the libraries are made for."""
Npm = Callable[..., str]


@pytest.fixture(scope="session")
def npm() -> Npm:
    """Runs a program of the panel's libraries and gives what it printed; a failure shows all of it."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    assert int(version.removeprefix("v").split(".")[0]) >= _NEWEST, f"Node {version} is too old: install 20 or newer"
    installed = WEBAPP / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (WEBAPP / "package-lock.json").stat().st_mtime:
        assert not (WEBAPP / "node_modules").is_symlink(), "npm ci would empty the folder that node_modules leads to"
        _run("npm", "ci")
        installed.touch()

    def run(program: str, *arguments: str) -> str:
        return _run(str(WEBAPP / "node_modules" / ".bin" / program), *arguments)

    return run


def _run(*argv: str) -> str:
    done = subprocess.run(argv, cwd=WEBAPP, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
