"""Keeps open only connections whose session or token still counts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet

from platypush.backend.http.websocket_client import REVOKED, WebClient
from platypush.backend.http.websocket_requests import Authenticate
from platypush.errors import NotAuthenticated, PlatypushError, RegistrationRequired
from platypush.message.envelope import Principal
from platypush.user.credentials import Credential

__all__ = ["Watch"]

_TICK = 0.2
_PERIOD = 2.0
_logger = logging.getLogger(__name__)

Outcome = Principal | PlatypushError


class Watch:
    """Looks at all credentials again after each revocation, and every two seconds for those that expire.

    ``generation`` is the installation's counter of revocations. ``in_thread`` runs a function away from the loop. A
    database that cannot be reached closes nothing: its clients are looked at again at the next turn.
    """

    def __init__(
        self,
        clients: AbstractSet[WebClient],
        generation: Callable[[], int],
        revalidate: Authenticate,
        in_thread: Callable[[Callable[[], dict[Credential, Outcome]]], Awaitable[dict[Credential, Outcome]]],
    ) -> None:
        self._clients = clients
        self._generation = generation
        self._revalidate = revalidate
        self._in_thread = in_thread
        self._seen = generation()

    def joined(self, generation: int) -> None:
        """A client joined whose credential was checked when the counter stood at ``generation``."""
        if generation != self._generation():
            self._seen = generation - 1

    async def run(self) -> None:
        """Watch until cancelled."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(_TICK)
            generation = self._generation()
            if generation != self._seen or loop.time() - last >= _PERIOD:
                # Read before the look: what is revoked during it shows at the next turn.
                self._seen = generation
                await self.look()
                last = loop.time()

    async def look(self) -> None:
        """Look at every credential once and close the connections of those that do not count any more."""
        clients = [client for client in self._clients if client.is_open]
        if not clients:
            return
        credentials = {client.credential: client.address for client in clients}
        outcomes = await self._in_thread(lambda: _check_all(credentials.items(), self._revalidate))
        failure: PlatypushError | None = None
        for client in clients:
            outcome = outcomes[client.credential]
            if isinstance(outcome, Principal):
                client.admit(outcome)
            elif isinstance(outcome, (NotAuthenticated, RegistrationRequired)):
                client.end(REVOKED, "the session or token is revoked or expired")
            else:
                failure = outcome
        if failure is not None:
            _logger.warning("Credentials of websocket clients could not be checked: %s", failure)


def _check_all(credentials: Iterable[tuple[Credential, str]], revalidate: Authenticate) -> dict[Credential, Outcome]:
    outcomes: dict[Credential, Outcome] = {}
    for credential, address in credentials:
        try:
            outcomes[credential] = revalidate(credential, address)
        except PlatypushError as error:
            outcomes[credential] = error
    return outcomes
