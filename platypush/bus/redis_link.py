"""One connection to Redis, for commands whose replies are read one after the other."""

from __future__ import annotations

from typing import Any

from platypush.outgoing.redis import RedisServer

__all__ = ["ANSWER_SECONDS", "BLOCK_SECONDS", "Link", "LinkBroken"]

BLOCK_SECONDS = 2.0
"""The longest that Redis may be asked to hold a reply back."""
ANSWER_SECONDS = BLOCK_SECONDS + 3.0
"""A server that does not answer for so long is taken to be gone, though the connection stands."""


class LinkBroken(Exception):
    """The connection is of no further use, and closed; the text says why. ``refused``: Redis ran no such command."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class Link:
    """A connection that is open; used by one thread or greenlet at a time. Whatever fails closes it."""

    __slots__ = ("_connection", "_failures", "_refusal", "_server", "idle_since")

    def __init__(self, server: RedisServer) -> None:
        """Connect. Raises LinkBroken."""
        from redis.exceptions import RedisError, ResponseError

        self._server = server
        self._failures = (RedisError, OSError)
        self._refusal = ResponseError
        self._connection: Any = server.client(timeout=ANSWER_SECONDS).connection_pool.make_connection()
        self.idle_since = 0.0
        """Monotonic time of the end of the last call; kept by whoever pools links."""
        try:
            self._connection.connect()
        except self._failures as error:
            raise self._broken(error) from error

    def usable(self) -> bool:
        """Whether the server has neither closed the connection nor said anything that nobody asked for."""
        try:
            return not self._connection.can_read(0)
        except self._failures:
            return False

    def send(self, *commands: tuple[Any, ...]) -> None:
        """Send commands; their replies are then to be received. Raises LinkBroken."""
        connection = self._connection
        try:
            connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        except self._failures as error:
            raise self._broken(error) from error
        except BaseException:  # undone, and raised again
            self.close()
            raise

    def receive(self) -> Any:
        """The reply to the oldest command that has none yet. Raises LinkBroken, also for one that Redis refuses."""
        try:
            return self._connection.read_response(disable_decoding=True)
        except self._failures as error:
            raise self._broken(error) from error
        except BaseException:  # undone, and raised again
            self.close()
            raise

    def ask(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Send commands and receive their replies. Raises LinkBroken."""
        self.send(*commands)
        return [self.receive() for _ in commands]

    def close(self) -> None:
        """Close it; from any thread. A thread that receives gets an exception of any kind."""
        self._connection.disconnect()

    def _broken(self, error: Exception) -> LinkBroken:
        self.close()
        return LinkBroken(self._server.reason(error).message, refused=isinstance(error, self._refusal))
