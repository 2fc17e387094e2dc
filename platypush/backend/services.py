"""What backends that carry messages need of the hub: one way in, through the one authorisation policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from platypush._lib.ids import new_id
from platypush.backend import Backend
from platypush.bus.replies import error_reply
from platypush.errors import BadRequest, NotAuthenticated, PlatypushError, Unavailable
from platypush.message import decode
from platypush.message.envelope import Envelope, Principal, Reply
from platypush.user.credentials import Credential

if TYPE_CHECKING:
    from platypush.config.model import Config
    from platypush.message.event import Event
    from platypush.user.service import Users

__all__ = ["BackendServices", "ServiceBackend"]


@dataclass(slots=True, kw_only=True)
class BackendServices:
    """The hub's parts. Attributes are replaced as a whole on a reload; backends read them at each call."""

    config: Config
    users: Users
    handle: Callable[[Envelope], Reply]
    """Authorises and runs an envelope in the calling thread. Never raises."""
    listen: Callable[[Callable[[Event], None]], Callable[[], None]]
    """Has a function called with every event, at once and in the thread that posts it; gives what ends that."""

    def run_message(
        self,
        raw: bytes | str,
        *,
        origin: str,
        address: str,
        credential: Credential | None = None,
        trusted: Principal | None = None,
    ) -> Reply:
        """Run a request or post an event that came over another transport; in the calling thread, never raises.

        Without ``credential`` the message's own ``token`` counts: a JWT, an API token or the global token.
        ``trusted`` is who asks where the transport itself is trusted by the configuration. ``origin`` names the
        transport (``mqtt``), ``address`` where the message came from, for the throttle and the audit log.

        The reply's body is a response as JSON (``{}`` for an event), or an error in the one error shape.
        """
        request_id = new_id()
        try:
            data = decode(raw)
            if not isinstance(data, dict):
                raise BadRequest(f"A message is a JSON object; this is a {type(data).__name__}.")
            principal = trusted or self.users.authenticate(credential or _own_token(data), address)
        except PlatypushError as error:
            return error_reply(error, request_id)
        return self.handle(
            Envelope(
                "execute",
                raw if isinstance(raw, bytes) else raw.encode(),
                principal=principal,
                time_left=self.config.limits.action_time,
                request_id=request_id,
                meta={"origin": origin},
            )
        )


class ServiceBackend(Backend):
    """A backend that carries messages. The hub calls ``bind`` before ``start``."""

    _services: BackendServices | None = None

    def bind(self, services: BackendServices) -> None:
        """Take the hub's parts. Called once, after the constructor."""
        self._services = services

    @property
    def services(self) -> BackendServices:
        """The hub's parts. Raises Unavailable outside a hub."""
        if self._services is None:
            raise Unavailable(f"backend.{self.name} works inside a running hub only: bind(services) was not called.")
        return self._services


def _own_token(data: dict[str, Any]) -> Credential:
    token = data.get("token")
    if not isinstance(token, str) or not token:
        raise NotAuthenticated(
            "A message that comes this way needs a 'token': a JWT, an API token or the global token of the hub."
        )
    return Credential("token", token, "message")
