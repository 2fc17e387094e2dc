"""The configuration that a hub without one starts with, and writes so that its owner has something to edit."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from platypush.config.paths import find_config, user_config
from platypush.errors import ConfigurationError

__all__ = ["default_text", "ensure", "uwsgi_available", "write_default"]

_HEAD = """\
# Configuration of this Platypush hub, written at its first start. Change it as you like, then:
#
#     platypush check     says what is wrong with it, if anything
#     platypush reload    loads it into the running hub
#
# docs/configure.md explains every key. Secrets need not stand here: '!env NAME' takes a value from the environment,
# '!file PATH' from a file.

# How this hub calls itself towards others; the name of the machine unless it is set.
# device_id: kitchen

# The global token: whoever has it may do everything. Better, make tokens of their own with 'platypush token'.
# token: !file token

# The web service: panel, API, webhooks and websocket. Without this section there is none.
backend.http:
    # Listen port for the web server
    port: 8008
    # Listen port for the websocket
    websocket_port: 8009
    # 127.0.0.1 accepts connections from this machine only, for instance from nginx
    # bind_address: 0.0.0.0
    # Folders that are shown under /resources/<name>
    # resource_dirs:
    #     photos: /mnt/hd/photos
"""

_UWSGI = """\
    # The web server is uWSGI, started and watched by the hub. A uwsgi.ini beside this file replaces the one that
    # comes with Platypush.
    run_externally: true
    uwsgi_args: ['--ini', 'uwsgi.ini']
"""

_BUILT_IN = """\
    # The web server is the built-in one. With uWSGI (pip install 'platypush[uwsgi]') these two lines make the hub
    # start and watch it instead, with several processes:
    # run_externally: true
    # uwsgi_args: ['--ini', 'uwsgi.ini']
"""

_TAIL = """\

# Plugins load when they have a section. Some need none: config, inspect, utils, variable, user, tts, qrcode. What can
# run commands or touch files or the network has to be named:
# shell:
# file:
# http.request:

# What happens when something happens. Webhooks and hooks in Python go to scripts/, beside this file.
# event.hook.doorbell:
#     if:
#         type: platypush.message.event.custom.CustomEvent
#         subtype: doorbell
#     then:
#         - action: tts.say
#           args:
#               text: Somebody is at the door

# What happens at a time: minute, hour, day, month, weekday, and seconds as a sixth field if you like.
# cron.good_morning:
#     cron_expression: '0 7 * * *'
#     actions:
#         - action: tts.say
#           args:
#               text: Good morning
"""


def default_text(*, uwsgi: bool) -> str:
    """The default configuration with its comments, for uWSGI or for the built-in web server."""
    return _HEAD + (_UWSGI if uwsgi else _BUILT_IN) + _TAIL


def uwsgi_available() -> bool:
    """Whether uWSGI is installed: in this Python's environment, or on PATH."""
    own = Path(sys.prefix, "bin", "uwsgi")
    return os.access(own, os.X_OK) or any(map(shutil.which, ("uwsgi", "uwsgi-core")))


def write_default(path: Path, *, uwsgi: bool | None = None) -> bool:
    """Write the default configuration to ``path``, mode 0600, unless there is a file already.

    ``uwsgi`` None means: if it is installed. Returns whether it was written. Raises ConfigurationError when the
    folder or the file cannot be written.
    """
    text = default_text(uwsgi=uwsgi_available() if uwsgi is None else uwsgi)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8", opener=_private) as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigurationError(
            f"There is no configuration yet, and the default one cannot be written to {path}: {error.strerror}. "
            "Name a file with -c, or make the folder writable."
        ) from error
    return True


def ensure(path: Path | None, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """The configuration file that counts, and whether it was written just now because there was none anywhere.

    ``path`` is the command line's. A file that was named is never made: a name that leads nowhere is a mistake, which
    ``load`` reports. Raises ConfigurationError like ``write_default``.
    """
    found = find_config(path, environ)
    if found is not None:
        return found, False
    target = user_config(environ)
    return target, write_default(target)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
