"""Which uWSGI program there is, and what it has built in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from platypush.errors import ConfigurationError

__all__ = ["find_binary", "find_python_plugin", "lists_python", "list_plugins", "needs_home"]

_CANDIDATES = ("python3", "python", f"python{sys.version_info.major}{sys.version_info.minor}")


def find_binary(environ: Mapping[str, str], prefix: Path) -> Path:
    """The uWSGI of the environment that this process runs in (``prefix``), else the first on PATH.

    Raises ConfigurationError that names the extra to install.
    """
    own = prefix / "bin" / "uwsgi"
    if os.access(own, os.X_OK):
        return own
    for name in ("uwsgi", "uwsgi-core"):
        found = shutil.which(name, path=environ.get("PATH"))
        if found is not None:
            return Path(found)
    raise ConfigurationError(
        "uwsgi_args are set, but there is no uWSGI here or on PATH. Install it with: pip install 'platypush[uwsgi]' "
        "(it needs a C compiler), or remove run_externally to use the built-in server."
    )


def list_plugins(binary: Path, *arguments: str) -> str:
    """What ``uwsgi --plugins-list`` prints. Raises ConfigurationError when the program does not run."""
    # Told where systemd listens, uWSGI would report that it starts, as if it were the service.
    env = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
    argv = (str(binary), *arguments, "--plugins-list")
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False, env=env)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"{binary} cannot be run: {error}. Reinstall uWSGI.") from error
    if "request plugins" not in done.stdout + done.stderr:
        text = (done.stderr or done.stdout).strip()
        raise ConfigurationError(f"{binary} does not work (exit code {done.returncode}): {text[-400:]}")
    return done.stdout + done.stderr


def lists_python(listing: str) -> bool:
    """Whether Python is among the request plugins of a listing. Pure."""
    _, _, requests = listing.partition("request plugins")
    return any(line.strip() == "0: python" for line in requests.splitlines())


def find_python_plugin(asked: str | None, run: Callable[..., str]) -> str | None:
    """The plugin that brings Python to a uWSGI, or None when it is built in.

    ``asked`` is the name that the arguments use; ``run`` lists plugins with the given arguments. Raises
    ConfigurationError when none can be loaded.
    """
    if lists_python(run()):
        return None
    candidates = [name for name in (asked, *_CANDIDATES) if name]
    for name in dict.fromkeys(candidates):
        if lists_python(run("--plugin", name)):
            return name
    raise ConfigurationError(
        "This uWSGI has no Python built in and finds no plugin for it. On Debian: apt install uwsgi-plugin-python3; "
        "or use the one of this environment: pip install 'platypush[uwsgi]'."
    )


def needs_home(binary: Path, prefix: Path, base_prefix: Path) -> bool:
    """Whether the virtual environment has to be named to ``binary``: it is one that lives elsewhere. Pure."""
    return prefix != base_prefix and prefix not in binary.parents
