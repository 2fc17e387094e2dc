"""Where the configuration, the working directory and the sockets are. Pure: looks at values, creates nothing."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping
from pathlib import Path

from platypush.errors import ConfigurationError

__all__ = [
    "BUS_SOCKET",
    "CONFIG_VARIABLE",
    "SYSTEM_CONFIG",
    "WORKDIR_VARIABLE",
    "default_bus",
    "find_config",
    "home",
    "named_path",
    "resolve_path",
    "runtime_dir",
    "user_config",
    "user_workdir",
]

CONFIG_VARIABLE = "PLATYPUSH_CONFIG"
WORKDIR_VARIABLE = "PLATYPUSH_WORKDIR"
BUS_SOCKET = "bus.sock"
SYSTEM_CONFIG = Path("/etc/platypush/config.yaml")

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def home(environ: Mapping[str, str]) -> Path:
    """The user's home: ``$HOME``, else what the system knows. Raises ConfigurationError when it knows none."""
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise ConfigurationError(
            "This user has no home folder. Set HOME, or name the configuration with -c and the working folder with -w."
        ) from None


def user_config(environ: Mapping[str, str]) -> Path:
    """``~/.config/platypush/config.yaml``."""
    return home(environ) / ".config" / "platypush" / "config.yaml"


def user_workdir(environ: Mapping[str, str]) -> Path:
    """``~/.local/share/platypush``."""
    return home(environ) / ".local" / "share" / "platypush"


def find_config(path: Path | None, environ: Mapping[str, str], *, system: Path = SYSTEM_CONFIG) -> Path | None:
    """The configuration file that counts, as an absolute path; None when there is none.

    ``path`` (the command line's), else ``PLATYPUSH_CONFIG``: returned whether they exist or not, because a file that
    was named has to be there. Else the user's file, else the system's, if they exist.
    """
    if path is None and environ.get(CONFIG_VARIABLE):
        path = Path(environ[CONFIG_VARIABLE])
    if path is not None:
        return named_path(path, environ)
    return next((found for found in (user_config(environ), system) if os.path.exists(found)), None)


def named_path(path: Path, environ: Mapping[str, str]) -> Path:
    """A path of the command line or of the environment, absolute: ``~`` is filled in, the rest is as it is."""
    parts = path.parts
    return home(environ).joinpath(*parts[1:]) if parts[:1] == ("~",) else path.absolute()


def resolve_path(text: str, base: Path, environ: Mapping[str, str]) -> Path:
    """``text`` as an absolute path: ``~``, ``$NAME`` and ``${NAME}`` are filled in, the rest is relative to ``base``.

    Raises ValueError when it is empty or names an environment variable that is not set.
    """

    def fill_in(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in environ:
            raise ValueError(f"the environment variable {name} in {text!r} is not set.")
        return environ[name]

    if not text or "\0" in text:
        raise ValueError("a path is expected, and there is none.")
    path = Path(_VARIABLE.sub(fill_in, text))
    return named_path(path, environ) if path.parts[:1] == ("~",) else base / path


def runtime_dir(workdir: Path, environ: Mapping[str, str]) -> Path:
    """Where sockets go: the first folder of ``$RUNTIME_DIRECTORY`` (systemd.exec(5)), else ``<workdir>/run``."""
    first = environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(first) if first else workdir / "run"


def default_bus(workdir: Path | None, environ: Mapping[str, str]) -> Path:
    """Where the bus listens when the configuration names neither ``workdir`` nor ``bus.path``; ``workdir`` is the
    command line's. Raises ConfigurationError like ``home``."""
    named = workdir or (Path(environ[WORKDIR_VARIABLE]) if environ.get(WORKDIR_VARIABLE) else None)
    work = named_path(named, environ) if named is not None else user_workdir(environ)
    return runtime_dir(work, environ) / BUS_SOCKET
