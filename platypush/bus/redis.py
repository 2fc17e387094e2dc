"""The bus over Redis, for workers on other machines than the daemon's.

The daemon serves ``RedisBusServer``; workers call through ``RedisBusClient``. Both need a key that only they have:
``platypush.bus.redis_wire`` says what is signed with it. The library is imported at the first connection.
"""

from __future__ import annotations

from platypush.bus.redis_client import RedisBusClient
from platypush.bus.redis_server import RedisBusServer

__all__ = ["RedisBusClient", "RedisBusServer"]
