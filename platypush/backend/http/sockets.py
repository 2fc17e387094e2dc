"""Listening sockets that the daemon owns, so that they stay open whatever becomes of the web server."""

from __future__ import annotations

import errno
import grp
import logging
import os
import pwd
import socket
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from platypush._lib.files import check_socket_path
from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, UnixAddress
from platypush.backend.http.plan import HTTP_VARIABLE, UWSGI_VARIABLE
from platypush.errors import ConfigurationError

__all__ = ["Activation", "bind", "explain", "kernel_backlog", "listening_process", "port_of", "somaxconn"]

logger = logging.getLogger(__name__)

_FIRST_DESCRIPTOR = 3  # sd_listen_fds(3)
_TCP_LISTEN = "0A"  # /proc/net/tcp


def somaxconn(path: Path = Path("/proc/sys/net/core/somaxconn")) -> int | None:
    """The kernel's limit on listen backlogs, None where it cannot be read."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def kernel_backlog(wanted: int) -> int:
    """``wanted``, cut down to what the kernel allows: uWSGI does not start with more."""
    limit = somaxconn()
    if limit is not None and wanted > limit:
        logger.warning(
            "limits.listen_backlog is %d, the kernel allows %d. To raise it: sysctl net.core.somaxconn=%d",
            wanted,
            limit,
            wanted,
        )
        return limit
    return wanted


class Activation:
    """The sockets that systemd opened for this service (sd_listen_fds(3)).

    They are taken by name (``FileDescriptorName=`` ``http``, ``uwsgi`` or ``websocket``), else by address. A socket
    unit without names is sorted by kind: a unix socket speaks the uwsgi protocol, a TCP one HTTP.
    """

    def __init__(self, environ: Mapping[str, str], pid: int | None = None) -> None:
        self._sockets: list[tuple[str, socket.socket]] = []
        if environ.get("LISTEN_PID") != str(os.getpid() if pid is None else pid):
            return
        count = environ.get("LISTEN_FDS", "0")
        names = environ.get("LISTEN_FDNAMES", "").split(":")
        for offset in range(int(count) if count.isdecimal() else 0):
            descriptor = _FIRST_DESCRIPTOR + offset
            os.set_inheritable(descriptor, False)
            handed = socket.socket(fileno=descriptor)
            self._sockets.append((names[offset] if offset < len(names) else "", handed))

    def names(self) -> tuple[str, ...]:
        """The names of the sockets that nobody took yet."""
        return tuple(name for name, _ in self._sockets)

    def take_named(self, name: str) -> socket.socket | None:
        """The socket of that name, which is the caller's from then on."""
        for entry in self._sockets:
            if entry[0] == name:
                self._sockets.remove(entry)
                return entry[1]
        return None

    def take(self, address: TcpAddress | UnixAddress) -> socket.socket | None:
        """The socket that listens at ``address``, which is the caller's from then on."""
        for entry in self._sockets:
            if _listens_at(entry[1], address):
                self._sockets.remove(entry)
                return entry[1]
        return None

    def web_listeners(self) -> dict[str, Listener]:
        """What the web server can have, by the environment variable of an ini file that it suits."""
        found: dict[str, Listener] = {}
        for name, handed in self._sockets:
            if name == "websocket":
                continue
            unix = handed.family == socket.AF_UNIX
            speaks_uwsgi = name == "uwsgi" or (name != "http" and unix)
            variable = UWSGI_VARIABLE if speaks_uwsgi else HTTP_VARIABLE
            protocol = Protocol.UWSGI if speaks_uwsgi else Protocol.HTTP
            found.setdefault(variable, Listener(address=_address_of(handed), protocol=protocol))
        return found


def port_of(opened: socket.socket) -> int:
    """The TCP port that ``opened`` listens on, 0 for a unix socket."""
    address = _address_of(opened)
    return address.port if isinstance(address, TcpAddress) else 0


def _address_of(handed: socket.socket) -> TcpAddress | UnixAddress:
    name = handed.getsockname()
    if handed.family == socket.AF_UNIX:
        text = name.decode() if isinstance(name, bytes) else str(name)
        return UnixAddress("@" + text[1:] if text.startswith("\0") else text)
    return TcpAddress(str(name[0]), int(name[1]))


def _listens_at(handed: socket.socket, address: TcpAddress | UnixAddress) -> bool:
    own = _address_of(handed)
    if isinstance(own, TcpAddress) and isinstance(address, TcpAddress):
        anywhere = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
        return own.port == address.port and (own.host == address.host or {own.host, address.host} <= {*anywhere})
    return own == address


def bind(listener: Listener, backlog: int) -> socket.socket:
    """Open the socket that ``listener`` describes. It is not inherited by children unless handed over.

    Raises ConfigurationError that names the address, who has it, and the mend.
    """
    address = listener.address
    try:
        if isinstance(address, TcpAddress):
            return _bind_tcp(address, backlog)
        return _bind_unix(address, listener, backlog)
    except OSError as error:
        raise ConfigurationError(explain(address, error)) from error
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _bind_tcp(address: TcpAddress, backlog: int) -> socket.socket:
    candidates = socket.getaddrinfo(
        address.host or "0.0.0.0",  # noqa: S104 - what ":8008" means to uWSGI, and the specification's default
        address.port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )
    family, kind, proto, _, target = candidates[0]
    opened = socket.socket(family, kind, proto)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and address.host == "::":
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind(target)
        opened.listen(backlog)
    except BaseException:  # undone, and raised again
        opened.close()
        raise
    return opened


def _bind_unix(address: UnixAddress, listener: Listener, backlog: int) -> socket.socket:
    path = address.file
    if path is not None:
        check_socket_path(path)
        _remove_stale(path)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path is not None:
            # The mode has to be right from the first moment; umask would race with other threads.
            os.fchmod(opened.fileno(), 0o600)
        opened.bind(address.raw)
        if path is not None:
            if listener.owner:
                os.chown(path, *_owner(listener.owner))
            os.chmod(path, 0o660 if listener.mode is None else listener.mode)
        opened.listen(backlog)
    except BaseException:  # undone, and raised again
        opened.close()
        raise
    return opened


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody listens on any more. Raises OSError (EADDRINUSE) for one that is in use."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "there is a file that is no socket", str(path))
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
        except BlockingIOError:
            pass  # its backlog is full: very much in use
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _owner(text: str) -> tuple[int, int]:
    user, _, group = text.partition(":")
    try:
        uid = -1 if not user else int(user) if user.isdecimal() else pwd.getpwnam(user).pw_uid
        gid = -1 if not group else int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise ValueError(f"--chown-socket {text}: {error.args[0]}.") from error
    return uid, gid


def explain(address: TcpAddress | UnixAddress, error: OSError) -> str:
    """Why ``address`` cannot be listened on, and the mend."""
    if error.errno == errno.EADDRINUSE:
        if isinstance(address, UnixAddress):
            return f"Another process listens on {address}. Stop it, or choose another path."
        owner = listening_process(address.port)
        by = f" by {owner}" if owner else ""
        return (
            f"Port {address.port} is taken{by}. Stop that process, or set another port in backend.http (port, "
            "websocket_port, or the socket in uwsgi_args)."
        )
    if error.errno == errno.EACCES and isinstance(address, TcpAddress) and address.port < 1024:
        return (
            f"Port {address.port} is reserved for root. Choose one from 1024 on and put nginx in front, or grant "
            "CAP_NET_BIND_SERVICE."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"This machine has no address {address}. Check bind_address in backend.http."
    return f"Cannot listen on {address}: {error.strerror or error}."


def listening_process(port: int, proc: Path = Path("/proc")) -> str | None:
    """``"nginx (pid 123)"``: who listens on a TCP port, as far as this user may see."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _inodes(proc / "net" / table, port)}
    if not inodes:
        return None
    for process in proc.iterdir():
        if process.name.isdecimal() and _has_one_of(process / "fd", inodes):
            try:
                name = (process / "comm").read_text().strip()
            except OSError:
                name = "a process"
            return f"{name} (pid {process.name})"
    return None


def _inodes(table: Path, port: int) -> Iterable[str]:
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [row[9] for row in rows if row[3] == _TCP_LISTEN and int(row[1].rpartition(":")[2], 16) == port]


def _has_one_of(descriptors: Path, inodes: set[str]) -> bool:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    try:
        return any(os.readlink(entry) in wanted for entry in descriptors.iterdir())
    except OSError:
        return False
