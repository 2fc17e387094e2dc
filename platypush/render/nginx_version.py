"""Which nginx there is, and what it understands."""

from __future__ import annotations

import re
import subprocess

from platypush.errors import ConfigurationError

__all__ = ["DEFAULT_VERSION", "Version", "has_http2_directive", "has_reject_handshake", "installed_version", "parse"]

Version = tuple[int, int, int]
DEFAULT_VERSION: Version = (1, 22, 1)
"""Debian 12's, whose configuration newer ones understand too."""

_VERSION = re.compile(r"(?:nginx/)?(\d+)\.(\d+)\.(\d+)")


def parse(text: str) -> Version:
    """The version in ``1.22.1`` or in what ``nginx -v`` prints. Raises ConfigurationError."""
    found = _VERSION.search(text)
    if found is None:
        raise ConfigurationError(f"{text.strip()!r} names no version of nginx: 1.22.1 would.")
    return int(found[1]), int(found[2]), int(found[3])


def installed_version(program: str = "nginx") -> Version | None:
    """The version of the nginx on PATH; None without one. Raises ConfigurationError when it does not say."""
    try:
        done = subprocess.run([program, "-v"], capture_output=True, text=True, timeout=10, check=False)
    except FileNotFoundError:
        return None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"{program} -v does not run: {error}") from error
    return parse(done.stderr + done.stdout)


def has_http2_directive(version: Version) -> bool:
    """Whether ``http2 on;`` replaces the parameter of ``listen``, which newer versions warn about."""
    return version >= (1, 25, 1)


def has_reject_handshake(version: Version) -> bool:
    """Whether a server can refuse TLS for unknown names without a certificate."""
    return version >= (1, 19, 4)
