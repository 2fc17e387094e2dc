"""One connection of a client to the daemon: it carries one call at a time."""

from __future__ import annotations

import os
import socket
import struct

from platypush.bus.framing import FIRST_READ, FrameError, decode_reply, read_frame
from platypush.errors import AnswerLost, TimeLimit
from platypush.message.envelope import Reply

__all__ = ["Connection"]

_TIMEVAL = struct.Struct("@ll")


class Connection:
    """A connection that the daemon has greeted. Used by one thread or greenlet at a time.

    Whatever fails closes it.
    """

    __slots__ = ("_blocks", "_limit", "_socket", "idle_since")

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(None)
        self._socket = connected
        # gevent's sockets never block, whatever their time-out.
        self._blocks = os.get_blocking(connected.fileno())
        self._limit = 0.0
        self.idle_since = 0.0
        """Monotonic time of the end of the last call; kept by whoever pools connections."""

    def send(self, buffers: tuple[bytes, ...], limit: float) -> bool:
        """Whether the kernel accepted every byte. If not, the connection is closed, and the call has certainly not run.

        ``limit``: seconds to wait for the daemon, here and in ``receive``. Raises TimeLimit.
        """
        try:
            if limit != self._limit:
                self._set_limit(limit)
            for buffer in buffers:
                # Not sendall() at once: gevent's asks the kernel for the size of its buffer each time.
                sent = self._socket.send(buffer, socket.MSG_NOSIGNAL)
                if sent < len(buffer):
                    self._socket.sendall(memoryview(buffer)[sent:], socket.MSG_NOSIGNAL)
        except (TimeoutError, BlockingIOError) as error:
            self.close()
            raise TimeLimit("The daemon did not take the request within the time limit. It did not run.") from error
        except OSError:
            self.close()
            return False
        except BaseException:  # undone, and raised again
            self.close()
            raise
        return True

    def receive(self, max_frame: int) -> Reply:
        """Wait for the reply. Raises TimeLimit, AnswerLost, TooLarge."""
        recv = self._socket.recv
        try:
            data = recv(FIRST_READ)
            if not data:
                raise AnswerLost
            header, body = read_frame(data, recv, max_frame)
            return decode_reply(header, body)
        except (TimeoutError, BlockingIOError) as error:
            self.close()
            raise TimeLimit from error
        except (OSError, FrameError) as error:
            self.close()
            raise AnswerLost from error
        except BaseException:  # undone, and raised again
            self.close()
            raise

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _set_limit(self, seconds: float) -> None:
        if self._blocks:
            # The kernel keeps the time. With settimeout() each send and recv would be two system calls, and the
            # interpreter handed to another thread and back at both.
            value = _TIMEVAL.pack(int(seconds), max(1, int(seconds % 1 * 1_000_000)))  # nothing at all means for ever
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, value)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, value)
        else:
            self._socket.settimeout(seconds)
        self._limit = seconds
