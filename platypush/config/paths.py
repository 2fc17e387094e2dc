"""Where the configuration, the working directory and the sockets are. Pure: looks at values, creates nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

__all__ = [
    "CONFIG_VARIABLE",
    "SYSTEM_CONFIG",
    "WORKDIR_VARIABLE",
    "find_config",
    "home",
    "resolve_path",
    "runtime_dir",
    "user_config",
    "user_workdir",
]

CONFIG_VARIABLE = "PLATYPUSH_CONFIG"
WORKDIR_VARIABLE = "PLATYPUSH_WORKDIR"
SYSTEM_CONFIG = Path("/etc/platypush/config.yaml")

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def home(environ: Mapping[str, str]) -> Path:
    """The user's home: ``$HOME``, else what the system knows. Raises RuntimeError when it knows none."""
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


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
        return resolve_path(str(path), Path.cwd(), environ)
    return next((found for found in (user_config(environ), system) if found.exists()), None)


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
    expanded = _VARIABLE.sub(fill_in, text)
    if expanded == "~" or expanded.startswith("~/"):
        expanded = str(home(environ)) + expanded[1:]
    return base / expanded


def runtime_dir(workdir: Path, environ: Mapping[str, str]) -> Path:
    """Where sockets go: the first folder of ``$RUNTIME_DIRECTORY`` (systemd.exec(5)), else ``<workdir>/run``."""
    first = environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(first) if first else workdir / "run"
