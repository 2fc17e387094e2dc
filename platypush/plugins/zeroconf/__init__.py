"""The local network's own directory: multicast DNS with service discovery (RFC 6762, RFC 6763)."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import (
    InterfaceChoice,
    NonUniqueNameException,
    ServiceBrowser,
    ServiceInfo,
    Zeroconf,
    ZeroconfServiceTypes,
)

from platypush import __version__
from platypush.context import get_backend
from platypush.errors import BadRequest, NotFound, Unavailable, UnknownAction
from platypush.message.event.zeroconf import (
    ZeroconfServiceAddedEvent,
    ZeroconfServiceRemovedEvent,
    ZeroconfServiceUpdatedEvent,
)
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.services import ServicePlugin
from platypush.plugins.zeroconf._announcement import WEB_SERVICE, Announcement, announcement, reachable, service_type
from platypush.plugins.zeroconf._services import Finder

__plugin__ = "ZeroconfPlugin"
__all__ = ["ZeroconfPlugin"]

_EVENTS = {
    "added": ZeroconfServiceAddedEvent,
    "updated": ZeroconfServiceUpdatedEvent,
    "removed": ZeroconfServiceRemovedEvent,
}
_LONGEST = 30.0
_LOOK_AGAIN = 15.0
"""Seconds after which it is seen that the machine has another address."""


class ZeroconfPlugin(ServicePlugin, RunnablePlugin):
    """Announce the web service on the local network, and find the services of others.

    Apps look for ``_platypush-http._tcp``: the scheme and the port are those by which the hub is reached from outside.
    """

    def __init__(
        self,
        *,
        announce: bool = True,
        browse: list[str] | None = None,
        interfaces: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param announce: Whether the web service is announced.
        :param browse: Types of services (``_mpd._tcp``) of which events tell when they come and go.
        :param interfaces: Addresses of the network interfaces to use. Default: all of them.
        """
        super().__init__(**kwargs)
        self._announce = announce
        self._browse = [service_type(text) for text in browse or ()]
        self._interfaces = interfaces

    @action
    def get_services(self, timeout: float = 5) -> list[str]:
        """The types of services that there are on the network.

        :param timeout: Seconds to look for them, 30 at most.
        :return: a list such as ``["_hue._tcp.local.", "_mpd._tcp.local."]``.
        """
        seconds = _seconds(timeout)
        with self._open() as network:
            return sorted(ZeroconfServiceTypes.find(network, seconds))

    @action
    def discover_service(self, service: str, timeout: float = 5) -> list[dict[str, Any]]:
        """Find the services of one type.

        :param service: The type, such as ``_mpd._tcp``.
        :param timeout: Seconds to look for them, 30 at most.
        :return: a list of ``{name, type, server, port, addresses, properties}``.
        """
        try:
            kind = service_type(service)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        seconds = _seconds(timeout)
        finder = Finder()
        with self._open() as network, _browsing(network, [kind], finder):
            self.wait_stop(seconds)
        return finder.services()

    def main(self) -> None:
        """Announce and browse until the hub stops. Raises Unavailable while there is no network."""
        if not self._announce and not self._browse:
            return
        addresses = self._addresses()
        with self._open() as network, _browsing(network, self._browse, Finder(self._tell)):
            service = self._register(network, addresses) if self._announce else None
            self.presence.found()
            while not self.wait_stop(_LOOK_AGAIN):
                if self._addresses() != addresses:
                    self.logger.info("The machine has other addresses now: announcing them")
                    break
            if service is not None:
                network.unregister_service(service)

    def on_start(self) -> None:
        """Run ``main`` again and again: it returns when the machine's addresses have changed."""
        self.poll_interval = 0.0 if self._announce or self._browse else None
        super().on_start()

    def _register(self, network: Zeroconf, addresses: tuple[str, ...]) -> ServiceInfo | None:
        found = self._announcement()
        if found is None:
            return None
        device = self.services.config.device_id
        host = device.split(".")[0]
        service = ServiceInfo(
            WEB_SERVICE,
            f"{device}.{WEB_SERVICE}",
            port=found.port,
            parsed_addresses=list(addresses),
            server=f"{host}.local.",
            properties=found.properties(device, __version__),
        )
        try:
            network.register_service(service, allow_name_change=True)
        except NonUniqueNameException as error:
            raise Unavailable(f"Another hub on the network is called {device!r}: change device_id of one.") from error
        self.logger.info("Announced as %s, %s on port %d", service.name, found.scheme, found.port)
        return service

    def _announcement(self) -> Announcement | None:
        try:
            urls: tuple[str, ...] = get_backend("http").urls()  # type: ignore[attr-defined]
        except (NotFound, Unavailable, UnknownAction):
            urls = ()
        found = announcement(urls)
        if found is None:
            self.logger.warning(
                "There is nothing to announce: the web service is reached from this machine only. Set public_url "
                "or bind_address in backend.http, or announce: false in the section zeroconf."
            )
        return found

    def _addresses(self) -> tuple[str, ...]:
        return reachable(self._interfaces or _own_addresses())

    def _open(self) -> Zeroconf:
        missing = sorted(set(self._interfaces or ()) - set(_own_addresses()))
        if missing:
            raise Unavailable(
                f"This machine has no address {missing[0]} now. Check interfaces in the section zeroconf."
            )
        try:
            return Zeroconf(interfaces=self._interfaces or InterfaceChoice.All)
        except (OSError, ZeroconfError) as error:
            raise _no_network(error) from error

    def _tell(self, what: str, service: dict[str, Any]) -> None:
        self.get_bus().post(_EVENTS[what](service["name"], service["type"], service))


@contextlib.contextmanager
def _browsing(network: Zeroconf, kinds: list[str], finder: Finder) -> Iterator[None]:
    """Have ``finder`` told of services for the time of the block; its thread ends with it."""
    browser = ServiceBrowser(network, kinds, finder) if kinds else None
    try:
        yield
    finally:
        if browser is not None:
            browser.cancel()


def _own_addresses() -> list[str]:
    found = (item.ip if item.is_IPv4 else item.ip[0] for adapter in ifaddr.get_adapters() for item in adapter.ips)
    return [str(address) for address in found]


def _seconds(timeout: float) -> float:
    if not 0 < timeout <= _LONGEST:
        raise BadRequest(f"timeout is a number of seconds up to {_LONGEST:g}.")
    return timeout


def _no_network(error: Exception) -> Unavailable:
    reason = error.strerror if isinstance(error, socket.error) and error.strerror else str(error)
    return Unavailable(f"The local network cannot be used for multicast DNS: {reason}.")
