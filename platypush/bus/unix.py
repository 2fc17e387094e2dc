"""The embedded bus: one unix socket, no other server needed.

The daemon serves ``UnixBusServer``; workers and command lines call through ``UnixBusClient``. Only processes of the
daemon's own user, and root, are served. ``platypush.bus.framing`` describes the bytes.
"""

from __future__ import annotations

from platypush.bus.client import UnixBusClient
from platypush.bus.server import UnixBusServer

__all__ = ["UnixBusClient", "UnixBusServer"]
