"""What is examined: an installation on this machine."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platypush.config.model import Config
from platypush.render.installation import Installation

__all__ = ["Output", "Patient", "Places", "Run", "run_program"]

_TIME = 10.0


@dataclass(frozen=True, slots=True)
class Output:
    """What a program printed, and its exit status."""

    status: int
    text: str
    errors: str = ""


Run = Callable[[Sequence[str]], Output | None]
"""Runs a program; None when it is not installed or does not end in time."""


def run_program(argv: Sequence[str]) -> Output | None:
    """Run a program that only looks, without a shell and without input, for ten seconds at most."""
    program = shutil.which(argv[0], path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIME,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Output(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where an installation has its parts."""

    nginx: Path = Path("/etc/nginx")
    releases: Path = Path("/opt/platypush")
    backups: Path = Path("/var/backups/platypush")
    tls: Path = Path("/etc/platypush/tls")
    letsencrypt: Path = Path("/etc/letsencrypt/live")
    web_sockets: Path = Path("/run/platypush-web")
    proc: Path = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """An installation: its configuration, what the installer wrote down, and what the running hub says."""

    config: Config
    installation: Installation | None = None
    """None where ``deploy/install`` installed nothing: checks of nginx, releases and backups have nothing to see."""
    status: Mapping[str, Any] | None = None
    """The hub's own status; None when it does not answer."""
    silence: str = ""
    """Why it does not answer."""
    places: Places = field(default_factory=Places)
    run: Run = run_program
    rendered: Callable[[], Mapping[str, str]] | None = None
    """Gives what ``platypush render`` writes for this machine: path to text. Raises ConfigurationError."""
    now: float = field(default_factory=time.time)
    """Seconds since the epoch."""
    is_root: bool = False

    @property
    def behind_nginx(self) -> bool:
        """Whether the installer has put nginx in front."""
        return self.installation is not None and self.installation.nginx
