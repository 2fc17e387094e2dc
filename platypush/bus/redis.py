"""The bus over Redis, for workers on other machines than the daemon's.

The daemon serves ``RedisBusServer``; workers call through ``RedisBusClient``. Both need a key that only they have:
``platypush.bus.redis_wire`` says what is signed with it. The library is imported when one of them is made.
"""

from __future__ import annotations

from platypush.bus.framing import MAX_FRAME
from platypush.bus.redis_client import RedisBusClient
from platypush.bus.redis_server import RedisBusServer
from platypush.errors import ConfigurationError
from platypush.outgoing.redis import RedisServer

__all__ = ["RedisBusClient", "RedisBusServer", "open_redis_client", "open_redis_server"]


def open_redis_client(url: str, secret: bytes, *, wait: float = 5.0, max_frame: int = MAX_FRAME) -> RedisBusClient:
    """A client of the hub with the key ``secret``, not connected yet. Raises ConfigurationError."""
    return RedisBusClient(_server(url), secret, wait=wait, max_frame=max_frame)


def open_redis_server(url: str, secret: bytes, *, max_calls: int = 1024, max_frame: int = MAX_FRAME) -> RedisBusServer:
    """The server of the hub with the key ``secret``, not started yet. Raises ConfigurationError."""
    return RedisBusServer(_server(url), secret, max_calls=max_calls, max_frame=max_frame)


def _server(url: str) -> RedisServer:
    try:
        return RedisServer({"url": url})
    except ImportError as error:
        raise ConfigurationError(
            f"bus.type is 'redis', and the module {error.name!r} is missing. Install it: pip install 'platypush[redis]'"
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"bus.url: {error}") from error
