"""The bridge's API v1 (``/api/<user>/…``): requests, and its answers, which report errors with status 200."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from platypush.errors import ActionFailed, PlatypushError, TimeLimit, Unavailable
from platypush.outgoing.exchange import Exchange, shown

__all__ = ["BUTTON_NOT_PRESSED", "Bridge", "Fault", "NotPaired", "Outcome"]

BUTTON_NOT_PRESSED = 101
_UNAUTHORIZED = 1


class NotPaired(Unavailable):
    """The bridge does not know the user name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One error in an answer: its number, the resource, and the bridge's own words."""

    type: int
    address: str
    description: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: the parameters that were taken, and the faults."""

    taken: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Bridge:
    """One bridge, and the user name by which it knows the hub. Immutable, safe for many threads.

    Every method raises Unavailable when the bridge cannot be reached or does not answer in time, NotPaired when it
    does not know the user name, ActionFailed when it refuses. No text of an error has the user name in it.
    """

    url: str
    exchange: Exchange
    username: str = field(default="", repr=False)
    info: Mapping[str, Any] = field(default_factory=dict)
    """What it says of itself to everybody: ``bridgeid``, ``name``, ``modelid``, ``swversion``, …"""

    @property
    def title(self) -> str:
        """What it is called at the beginning of messages."""
        return f"The Hue bridge at {self.url.partition('://')[2]}"

    def get(self, path: str) -> dict[str, Any]:
        """A resource, such as ``/lights``."""
        answer = self._send("GET", f"/{self.username}{path}")
        if isinstance(answer, list):
            raise _refused(self.title, _outcome(self.title, answer).faults)
        if not isinstance(answer, dict):
            raise ActionFailed(f"{self.title} answered {path} with no object.")
        return answer

    def put(self, path: str, body: Mapping[str, Any]) -> Outcome:
        """Send a command. What of it the bridge refused is in the outcome."""
        outcome = _outcome(self.title, self._send("PUT", f"/{self.username}{path}", body))
        if any(fault.type == _UNAUTHORIZED for fault in outcome.faults):
            raise _refused(self.title, outcome.faults)
        return outcome

    def describe(self) -> dict[str, Any]:
        """What the bridge tells everybody, paired or not. Raises Unavailable when it is no bridge, too."""
        try:
            answer = self._send("GET", "/0/config")
        except ActionFailed as error:
            raise Unavailable(f"What answers at {shown(self.url)} is no Hue bridge: {error.message}") from None
        if not isinstance(answer, dict) or not (answer.get("bridgeid") or answer.get("mac")):
            raise Unavailable(f"What answers at {shown(self.url)} is no Hue bridge. Check 'bridge' in the section.")
        return answer

    def create_user(self, device: str) -> str | None:
        """Ask for a user name; None while nobody has pressed the bridge's button in the last 30 s."""
        answer = self._send("POST", "", {"devicetype": device})
        for item in answer if isinstance(answer, list) else ():
            name = item.get("success", {}).get("username") if isinstance(item, dict) else None
            if isinstance(name, str) and name:
                return name
        outcome = _outcome(self.title, answer)
        if any(fault.type == BUTTON_NOT_PRESSED for fault in outcome.faults):
            return None
        raise _refused(self.title, outcome.faults)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        url = f"{self.url}/api{path}"
        try:
            return self.exchange.request(method, url, json=body).json()
        except TimeLimit:
            # Without its cause: that has the user name in its text.
            done = "" if method == "GET" else " Whether it did what it was told is not known."
            raise Unavailable(f"{self.title} did not answer in time.{done}") from None
        except PlatypushError as error:
            reason = self._masked(error.message.removeprefix(f"{method} {shown(url)} failed: "))
            if isinstance(error, Unavailable):
                raise Unavailable(
                    f"{self.title} cannot be reached: {reason}",
                    retry_after=error.retry_after,
                ) from None
            raise ActionFailed(reason) from None

    def _masked(self, text: str) -> str:
        return text.replace(f"/api/{self.username}", "/api/…") if self.username else text


def _outcome(title: str, answer: Any) -> Outcome:
    """The faults and successes in ``answer``. Raises ActionFailed when it is no list of these."""
    taken: list[str] = []
    faults: list[Fault] = []
    for item in answer if isinstance(answer, list) else (None,):
        if isinstance(item, dict) and isinstance(item.get("success"), dict):
            taken += item["success"]
        elif isinstance(item, dict) and isinstance(item.get("error"), dict):
            error = item["error"]
            faults.append(
                Fault(int(error.get("type", 0)), str(error.get("address", "")), str(error.get("description", "")))
            )
        else:
            raise ActionFailed(f"{title} gave an answer that its API does not have.")
    return Outcome(tuple(taken), tuple(faults))


def _refused(title: str, faults: tuple[Fault, ...]) -> PlatypushError:
    if any(fault.type == _UNAUTHORIZED for fault in faults):
        return NotPaired(f"{title} does not know this hub (any more). Press the button on the bridge.")
    words = "; ".join(f"{fault.description} (error {fault.type})" for fault in faults) or "no reason given"
    return ActionFailed(f"{title} refused: {words}.")
