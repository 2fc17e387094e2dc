"""Where the bridge is, when the configuration does not say it: multicast DNS, and the manufacturer's directory."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from platypush.errors import ActionFailed, PlatypushError, Unavailable
from platypush.outgoing.exchange import Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts

__all__ = ["Found", "ask_directory", "browse", "only_one"]

Found = dict[str, str]
"""Bridge id (in lower case, may be empty) to its base URL."""

_SERVICE = "_hue._tcp.local."
_TLS = 443


def ask_directory(url: str, *, owner: str, timeout: float) -> Found:
    """The bridges that have called home from this network (N-UPnP). Raises Unavailable when the directory is away."""
    exchange = Exchange(AllowedHosts([], urls=[url]), Limits(timeout, 65536, 0), owner=owner)
    try:
        listed = exchange.request("GET", url).json()
    except PlatypushError as error:
        raise Unavailable(
            f"No Hue bridge was found, and {urlsplit(url).netloc} cannot be asked: {error.message} "
            "Set 'bridge' to the bridge's address.",
            retry_after=error.retry_after,
        ) from error
    return read_directory(listed, loopback=_is_loopback(urlsplit(url).hostname or ""))


def read_directory(listed: Any, *, loopback: bool = False) -> Found:
    """The directory's answer: ``[{"id", "internalipaddress", "port"?}]``. Pure.

    Addresses that are not in a private network are left out: the directory does not say where else the hub connects to.
    Raises ActionFailed for an answer of another form.
    """
    if not isinstance(listed, list):
        raise ActionFailed("The directory of Hue bridges gave an answer that it does not have.")
    found: Found = {}
    for item in listed:
        address = str(item.get("internalipaddress", "")) if isinstance(item, dict) else ""
        port = item.get("port") if isinstance(item, dict) else None
        try:
            number = ipaddress.ip_address(address)
        except ValueError:
            continue
        if number.is_private and (loopback or not number.is_loopback):
            found[str(item.get("id", "")).lower()] = base_url(address, port if isinstance(port, int) else None)
    return found


def browse(seconds: float, interfaces: Sequence[str] | None = None) -> Found:
    """The bridges that announce themselves in this network, after listening for up to ``seconds``.

    None without the library ``zeroconf``, or where no multicast is possible.
    """
    try:
        from zeroconf import InterfaceChoice, ServiceBrowser, ServiceListener, Zeroconf
    except ImportError:
        return {}
    found: Found = {}
    done = threading.Event()

    class Listener(ServiceListener):
        def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
            info = zc.get_service_info(type_, name, timeout=1000)
            addresses = info.parsed_addresses() if info else []
            if info and addresses:
                key = (info.properties.get(b"bridgeid") or b"").decode(errors="replace").lower()
                found[key] = base_url(addresses[0], info.port)
                done.set()

        def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
            self.add_service(zc, type_, name)

        def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
            """A bridge that leaves is found to be away by its connection."""

    try:
        zeroconf = Zeroconf(interfaces=list(interfaces) if interfaces else InterfaceChoice.Default)
    except OSError:
        return {}
    try:
        browser = ServiceBrowser(zeroconf, _SERVICE, Listener())
        done.wait(seconds)
        browser.cancel()
    finally:
        zeroconf.close()
    return found


def only_one(found: Found) -> str:
    """The base URL of the one bridge in ``found``. Raises Unavailable when there is none, or a choice."""
    if not found:
        raise Unavailable(
            "No Hue bridge was found. Is it on, and in this network? Otherwise set 'bridge' to its address.",
            retry_after=60,
        )
    if len(found) > 1:
        listed = ", ".join(f"{url} ({name})" for name, url in sorted(found.items()))
        raise Unavailable(f"There are several Hue bridges: {listed}. Set 'bridge' to one of them.", retry_after=60)
    return next(iter(found.values()))


def base_url(address: str, port: int | None) -> str:
    """The base URL of the bridge at ``address``. Those that name the port of HTTPS get HTTPS."""
    host = f"[{address}]" if ":" in address else address
    if port == _TLS:
        return f"https://{host}"
    return f"http://{host}" if port in (None, 80) else f"http://{host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
