"""Imports the web application in a throw-away process, before workers that serve are replaced by ones that may not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from platypush.errors import ConfigurationError

__all__ = ["PACKAGE_ROOT", "check", "python_command"]

PACKAGE_ROOT = Path(__file__).resolve().parents[3]
"""The folder that the package is in: a checkout, or ``site-packages``."""

_PROGRAM = "platypush.backend.http.preflight"


def python_command(module: str, arguments: Sequence[str]) -> tuple[tuple[str, ...], Path | None]:
    """The command line that runs a module of this package in this interpreter, and the folder to run it in (None: any).

    An installed package is found by itself and nothing in the current folder may stand before it; one that is run
    from its checkout is found from there.
    """
    if PACKAGE_ROOT.name in ("site-packages", "dist-packages"):
        return (sys.executable, "-P", "-m", module, *arguments), None
    return (sys.executable, "-m", module, *arguments), PACKAGE_ROOT


def check(target: str, env: Mapping[str, str], timeout: float) -> None:
    """Load ``target`` in a process of its own with the environment ``env``.

    Raises ConfigurationError with what that process said when it fails or takes longer than ``timeout`` seconds.
    """
    argv, folder = python_command(_PROGRAM, (target,))
    try:
        done = subprocess.run(
            argv,
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(
            f"The web application did not load within {timeout:.0f} s with the new configuration. The running one "
            "goes on serving."
        ) from error
    except OSError as error:
        raise ConfigurationError(f"The trial of the new configuration cannot be started: {error}.") from error
    if done.returncode != 0:
        said = done.stderr.strip() or f"exit code {done.returncode}"
        raise ConfigurationError(
            "The web application does not load with the new configuration; the running one goes on serving.",
            problems=tuple(said.splitlines()[-12:]),
        )
