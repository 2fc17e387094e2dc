"""How a command reaches the running hub: over its bus, as the operator's own process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from platypush.bus.unix import UnixBusClient
from platypush.cli.options import Options
from platypush.config.loader import load
from platypush.config.paths import default_bus
from platypush.errors import BusUnavailable, ConfigurationError, PlatypushError
from platypush.message import decode, encode
from platypush.message.envelope import LOCAL, Envelope, Reply

__all__ = ["call", "control"]


def call(options: Options, envelope: Envelope) -> Reply:
    """Send one envelope to the hub of this installation.

    Raises PlatypushError when it is not running or its configuration cannot be read.
    """
    path = _socket(options)
    client = UnixBusClient(path, wait=1.0)
    try:
        return client.call(envelope)
    except BusUnavailable as error:
        raise BusUnavailable(
            f"The hub does not run, or not here: nobody listens at {path}. Start it (systemctl start platypush, or "
            "platypush run); platypush doctor says what keeps it from running."
        ) from error
    finally:
        client.close()


def control(options: Options, operation: str, body: Any = None, *, time: float = 30) -> Any:
    """Run a control operation of the hub and give its decoded answer.

    Raises PlatypushError with the hub's own message when the hub refuses or fails.
    """
    payload = b"" if body is None else encode(body)
    reply = call(options, Envelope("control", payload, operation, LOCAL, time_left=time))
    if reply.status >= 400:
        raise PlatypushError(decode(reply.body)["error"]["message"])
    return decode(reply.body)


def _socket(options: Options) -> Path:
    try:
        bus = load(options.config, workdir=options.workdir, environ=os.environ).bus
    except ConfigurationError:
        # The hub runs on the version of the file that was right. Where it listens is known without it, unless the
        # file names another place.
        path = default_bus(options.workdir, os.environ)
        if not os.path.exists(path):  # unlike Path.exists it is content with a folder that is closed to this user
            raise
        return path
    return bus.path
