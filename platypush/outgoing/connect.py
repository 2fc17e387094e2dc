"""TCP connections that go to allowed addresses only. The standard library is enough for it: workers use it too."""

from __future__ import annotations

import socket

from platypush.errors import Forbidden
from platypush.outgoing.hosts import AllowedHosts

__all__ = ["connect"]


def connect(
    host: str, port: int, allowed: AllowedHosts, *, owner: str, timeout: float | None, family: int = socket.AF_UNSPEC
) -> socket.socket:
    """A connection to the first address of ``host`` that is allowed and answers.

    The check is made on the very address that is connected to: a name that changes its address in between gains
    nothing. ``owner`` is the section whose ``allowed_hosts`` count, for the message. Raises Forbidden,
    ``socket.gaierror`` or another OSError.
    """
    try:
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(str(error)) from error
    addresses = [address for _, _, _, _, address in found if allowed.allows(host, str(address[0]), port)]
    if not addresses:
        raise Forbidden(
            f"{owner} may not reach {host}:{port} ({', '.join(sorted({str(item[4][0]) for item in found}))}). "
            f"Add it to allowed_hosts in the section {owner}."
        )
    failure: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((str(address[0]), int(address[1])), timeout)
        except OSError as error:
            failure = error
    raise failure or OSError(f"{host} has no address.")
