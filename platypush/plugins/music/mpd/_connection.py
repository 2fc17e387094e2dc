"""One connection to MPD: python-mpd2's client, with errors of the hub, limits, and an ``idle`` that can be ended.

The protocol is https://mpd.readthedocs.io/en/latest/protocol.html.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import mpd

from platypush.errors import ActionFailed, BadRequest, Conflict, NotFound, PlatypushError, TooLarge, Unavailable

__all__ = ["Address", "Command", "Connection"]

Command = tuple[str, tuple[Any, ...]]
_BROKEN = (OSError, mpd.ConnectionError, mpd.ProtocolError, UnicodeDecodeError)
_REFUSALS: dict[str, type[PlatypushError]] = {
    "ARG": BadRequest,
    "NO_EXIST": NotFound,
    "EXIST": Conflict,
}
_LONGEST = 8000
_QUESTIONS = frozenset(
    {"currentsong", "find", "listplaylist", "listplaylistinfo", "listplaylists", "lsinfo", "outputs", "password"}
    | {"plchanges", "playlistinfo", "search", "stats", "status"}
)
"""Commands that change nothing: they can be repeated when no answer came."""
_NOT_ALLOWED = frozenset({"PASSWORD", "PERMISSION"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where an MPD is. ``host`` is a name, an address, or the path of a unix socket."""

    host: str
    port: int
    password: str | None = field(default=None, repr=False)
    timeout: float = 5

    def __str__(self) -> str:
        if self.host.startswith(("/", "@")):
            return f"MPD at {self.host}"
        return f"MPD at {f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


class _Client(mpd.MPDClient):  # type: ignore[misc]
    def _connect_unix(self, path: str) -> socket.socket:
        # The library's own does not close a socket that nobody answered.
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(self.timeout)
            made.connect(path)
        except OSError:
            made.close()
            raise
        return made


class Connection:
    """A connection. Used by one thread at a time, except ``interrupt``."""

    def __init__(self, address: Address) -> None:
        """Connect and sign in. Raises Unavailable."""
        self._address = address
        self.used = time.monotonic()
        self.broken = False
        self._client: Any = _Client()
        self._client.timeout = address.timeout
        try:
            self._client.connect(address.host, address.port)
            # The client forgets them where it cannot write, without closing them.
            self._parts = (self._client._wfile, self._client._rbfile, self._client._sock)
            # A descriptor of its own: it stays good while the client closes its socket in another thread.
            self._socket = self._client._sock.dup()
        except (*_BROKEN, ValueError) as error:
            self._client.disconnect()
            raise Unavailable(f"{address} cannot be reached: {_told(error)}") from error
        try:
            if address.password is not None:
                self.run("password", address.password)
        except PlatypushError as error:
            self.close()
            if isinstance(error, Unavailable):
                raise
            raise Unavailable(f"{address} refuses the password of the section music.mpd.") from error

    @property
    def version(self) -> tuple[int, ...]:
        """The version of the protocol."""
        return tuple(int(part) for part in str(self._client.mpd_version).split(".") if part.isdecimal())

    def run(self, command: str, *arguments: Any) -> Any:
        """Run one command and give what python-mpd2 makes of the answer. Raises what ``Player`` says."""
        _check(arguments)
        with self._errors(asks=command in _QUESTIONS):
            return getattr(self._client, command)(*arguments)

    def run_all(self, commands: Sequence[Command]) -> tuple[int, PlatypushError | None]:
        """Run commands in one go. Gives how many were run before one failed, and why that failed."""
        for _, arguments in commands:
            _check(arguments)
        done = 0
        try:
            with self._errors():
                self._client.command_list_ok_begin()
                for command, arguments in commands:
                    getattr(self._client, command)(*arguments)
                try:
                    self._client.command_list_end()
                except mpd.CommandError as error:
                    done = error.offset or 0
                    raise
        except (ActionFailed, BadRequest, Conflict, NotFound) as error:
            return done, error
        return len(commands), None

    def picture(self, command: str, uri: str, limit: int) -> bytes:
        """An image in parts (``albumart`` or ``readpicture``); empty when there is none. Raises TooLarge."""
        _check((uri,))
        data = bytearray()
        with self._errors(asks=True):
            while True:
                # The client's own command would read an image of any size.
                self._client._write_command(command, [uri, len(data)])
                part = self._client._read_binary()
                size = int(part.get("size", 0))
                if size > limit:
                    raise TooLarge(f"The picture of {uri!r} has {size} bytes, more than max_picture_size ({limit}).")
                data += part.get("binary", b"")
                if len(data) >= size or not part.get("binary"):
                    return bytes(data)

    def idle(self, subsystems: Sequence[str], seconds: float) -> bool:
        """Wait for a change in one of ``subsystems``; whether there was one. Returns after ``seconds`` at the latest,
        and then MPD has shown that it is there. Raises Unavailable."""
        with self._errors(asks=True):
            self._client._write_command("idle", subsystems)
            if not self._readable(seconds):
                self._client._write_command("noidle")
            return bool(list(self._client._read_lines()))

    def stale(self, seconds: float) -> bool:
        """Whether it should not be used any more: MPD closed it, or it was not in use for ``seconds``."""
        return time.monotonic() - self.used > seconds or self._readable(0)

    def interrupt(self) -> None:
        """Make whatever waits for MPD fail now. From any thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it. Does nothing the second time."""
        self.broken = True
        self._socket.close()
        for part in self._parts:
            with contextlib.suppress(OSError):
                part.close()

    def _readable(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(int(seconds * 1000)))

    @contextlib.contextmanager
    def _errors(self, *, asks: bool = False) -> Iterator[None]:
        """Errors as those of the hub; a connection that may be out of step is not used again. ``asks`` when nothing
        is changed."""
        try:
            yield
        except mpd.CommandError as error:
            raise _refusal(error, self._address) from error
        except TimeoutError as error:
            self.broken = True
            rest = "." if asks else ": what it was told may have happened."
            raise Unavailable(f"{self._address} did not answer within {self._address.timeout:g} s{rest}") from error
        except _BROKEN as error:
            self.broken = True
            raise Unavailable(f"{self._address} ended the connection: {_told(error)}") from error
        except BaseException:
            self.broken = True
            raise


def _check(arguments: Sequence[Any]) -> None:
    """Every command is one line: a line break in an argument would begin another command."""
    for argument in arguments:
        if not isinstance(argument, str):
            continue
        if any(character in argument for character in "\n\r\0"):
            raise BadRequest(f"MPD takes no line breaks: {argument!r}")
        try:
            size = len(argument.encode())
        except UnicodeEncodeError as error:
            raise BadRequest(f"{argument[:40]!r} is no Unicode text: {error.reason}.") from error
        if size > _LONGEST:
            raise BadRequest(f"MPD takes arguments of {_LONGEST} bytes: this one begins with {argument[:40]!r}.")


def _refusal(error: Any, address: Address) -> PlatypushError:
    code = error.errno.name if error.errno is not None else ""
    reason = error.msg or str(error)
    command = f" {error.command}" if error.command else ""
    if code in _NOT_ALLOWED:
        return ActionFailed(f"{address} does not allow{command}: {reason}. Set the password in the section music.mpd.")
    return _REFUSALS.get(code, ActionFailed)(f"{address} refuses{command}: {reason}")


def _told(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
