"""``install.env``: what the installer was told about this machine. Pure, apart from the one reader."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platypush.errors import ConfigurationError

__all__ = ["INSTALL_ENV", "Installation", "parse_assignments", "read_installation"]

INSTALL_ENV = Path("/etc/platypush/install.env")
_OFF = frozenset({"", "0", "no", "false", "off", "none"})


@dataclass(frozen=True, slots=True)
class Installation:
    """What ``deploy/install`` wrote down. ``values`` has every assignment of the file; nothing in it is secret."""

    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> str | None:
        """``DOMAIN``: the name that clients use."""
        return self.values.get("DOMAIN") or None

    @property
    def tls(self) -> str:
        """``TLS``: ``letsencrypt``, ``selfsigned``, ``none`` or the files ``CERT,KEY``."""
        return self.values.get("TLS") or "selfsigned"

    @property
    def listen(self) -> str | None:
        """``LISTEN``: address and port of the web service without nginx, such as ``0.0.0.0:8008``."""
        return self.values.get("LISTEN") or None

    @property
    def nginx(self) -> bool:
        """``NGINX``: whether nginx stands in front."""
        return self.values.get("NGINX", "yes").lower() not in _OFF


def parse_assignments(text: str) -> dict[str, str]:
    """The ``NAME=value`` lines of a file for the shell; quotes are understood, nothing is expanded.

    Raises ValueError for a line that is neither an assignment nor a comment.
    """
    values = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = shlex.split(line, comments=True)
        if not words:
            continue
        name, equals, value = words[0].partition("=")
        if not equals or not name.isidentifier() or len(words) > 1:
            raise ValueError(f"line {number} is no assignment: {line.strip()}")
        values[name] = value
    return values


def read_installation(path: Path = INSTALL_ENV) -> Installation | None:
    """What the installer wrote down, None where nothing was installed by it.

    Raises ConfigurationError for a file that cannot be read.
    """
    try:
        return Installation(parse_assignments(path.read_text()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{path}: {error}. It holds shell assignments only, one for each line.") from error
