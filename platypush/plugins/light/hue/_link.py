"""The connection to the bridge as the plugin uses it: what the lights are like, and telling them something."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from platypush.errors import ActionFailed, NotFound, Unavailable
from platypush.plugins.light import Names
from platypush.plugins.light.hue._bridge import Bridge, Fault, Outcome
from platypush.plugins.light.hue._changes import Changes
from platypush.plugins.light.hue._pace import Pace
from platypush.plugins.light.hue._state import State
from platypush.plugins.light.hue._targets import ALL, Command, find, listed, plan, visible

__all__ = ["Link", "judge"]

_OFF = 201
_NO_SUCH_PARAMETER = 6
_MILD = (_OFF, _NO_SUCH_PARAMETER)
"""Faults of single lights that are no reason to complain while others did what they were told."""

T = TypeVar("T")
Things = dict[str, dict[str, Any]]


class Link:
    """Lights, groups and scenes of one bridge. All methods but ``look`` may be called from any thread."""

    def __init__(
        self,
        open_bridge: Callable[[], Bridge],
        *,
        timeout: float,
        wait: Callable[[float], bool],
        changed: Callable[[dict[str, Any]], None],
        quiet: Callable[[], Iterable[str]],
        trouble: Callable[[], None],
    ) -> None:
        """
        :param open_bridge: Finds the bridge and pairs.
        :param timeout: Seconds that callers wait for the first connection.
        :param wait: Sleeps, and says whether the hub stops.
        :param changed: Called with the arguments of an event for each light that changed.
        :param quiet: The lights whose changes are not told now.
        :param trouble: Called when a command could not be delivered.
        """
        self._open = open_bridge
        self._timeout = timeout
        self._changed = changed
        self._quiet = quiet
        self._trouble = trouble
        self._bridge: Bridge | None = None
        self._reason = "The Hue bridge has not been found yet."
        self._settled = threading.Event()
        self._looking = threading.Lock()
        self._changes = Changes()
        self._lights: Things = {}
        # What Philips' guide for developers asks for: 10 commands a second for lights, 1 for groups.
        self._paces = {
            "lights": Pace(0.1, what="Commands for lights", burst=3, wait=wait),
            "groups": Pace(1.0, what="Commands for groups", wait=wait),
        }

    def look(self) -> None:
        """Connect when there is no connection, and see what has changed. For one thread only.

        Raises Unavailable, also for an answer that makes no sense: a bridge that starts gives such.
        """
        try:
            bridge = self._bridge
            if bridge is None:
                self._bridge = bridge = self._open()
            self._see(bridge)
        except (Unavailable, ActionFailed) as error:
            self._lose(error)
            if isinstance(error, Unavailable):
                raise
            raise Unavailable(error.message) from error
        finally:
            self._settled.set()

    def reset(self) -> None:
        """Forget the connection: callers wait until ``look`` has made another."""
        self._settled.clear()
        self._reason = "The Hue bridge is paired anew."
        self._bridge = None

    def bridge(self) -> Bridge:
        """The bridge. Raises Unavailable with the reason when there is no connection."""
        self._settled.wait(self._timeout)
        bridge = self._bridge
        if bridge is None:
            raise Unavailable(self._reason)
        return bridge

    def lights(self) -> Things:
        """The lights by id, as they are now; whoever listens is told what has changed."""
        return self._see(self.bridge())

    def known_lights(self) -> Things:
        """The lights as they were last seen."""
        self.bridge()
        return self._lights

    def groups(self) -> Things:
        """Rooms, zones and other groups by id."""
        return self._get(self.bridge(), "/groups")

    def scenes(self) -> Things:
        """Scenes by id, those that the bridge made for its own use among them."""
        return dict(self._ask(lambda: self.bridge().get("/scenes")))

    def find_lights(self, names: Names) -> list[str]:
        """The ids of lights. Raises NotFound with a did-you-mean."""
        wanted = listed(names)
        try:
            return find(wanted, self._lights, "light")
        except NotFound:
            # One that was added a moment ago, maybe.
            return find(wanted, self.lights(), "light")

    def find_groups(self, names: Names) -> list[str]:
        """The ids of groups; 0 is the one of all lights. Raises NotFound with a did-you-mean."""
        wanted = listed(names)
        return find(wanted, {**self.groups(), ALL: {"name": "Group 0"}}, "group") if wanted else []

    def members(self, groups: Sequence[str]) -> dict[str, list[str]]:
        """The lights of each group."""
        if not groups:
            return {}
        known = self.groups()
        return {
            group: list(self._lights) if group == ALL else list(known.get(group, {}).get("lights", ()))
            for group in groups
        }

    def tell(self, lights: Sequence[str], groups: Sequence[str], state: State) -> None:
        """Send ``state`` to lights and groups (ids).

        Raises ActionFailed when the bridge refuses, Unavailable when it is away, Busy when too many commands wait.
        """
        known = self.groups() if len(lights) > 1 else {}
        commands = plan(lights, groups, self._lights, known)
        outcomes: list[tuple[str, Outcome]] = []
        for command in commands:
            try:
                outcomes.append((self._name(command, known), self.send(command, state)))
            except Unavailable as error:
                if outcomes:
                    error.message += f" {len(outcomes)} of {len(commands)} commands were carried out."
                    error.args = (error.message,)
                raise
        judge(outcomes)

    def send(self, command: Command, state: State) -> Outcome:
        """Send one command when it is its turn."""
        bridge = self.bridge()
        self._paces[command.kind].take()
        return self._ask(lambda: bridge.put(command.path, state))

    def _see(self, bridge: Bridge) -> Things:
        # One after the other: an older answer must not be taken for the newer one.
        if not self._looking.acquire(timeout=self._timeout):
            raise Unavailable(f"{bridge.title} is slow: others wait for it already.")
        try:
            if self._bridge is not bridge:
                # Whoever was first has found it away: waiting once more would take as long again.
                raise Unavailable(self._reason)
            found = self._get(bridge, "/lights")
            for event in self._changes.note(found, self._quiet()):
                self._changed(event)
            self._lights = found
        except Unavailable as error:
            if self._bridge is bridge:
                self._lose(error)
            raise
        finally:
            self._looking.release()
        return found

    def _lose(self, error: Exception) -> None:
        self._reason = str(error)
        self._bridge = None

    def _get(self, bridge: Bridge, path: str) -> Things:
        return visible(self._ask(lambda: bridge.get(path)))

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except Unavailable:
            self._trouble()
            raise

    def _name(self, command: Command, groups: Things) -> str:
        things = self._lights if command.kind == "lights" else groups
        return str(things.get(command.id, {}).get("name", f"{command.kind[:-1]} {command.id}"))


def judge(outcomes: Sequence[tuple[str, Outcome]]) -> None:
    """Raise ActionFailed when what the bridge refused has to be known: pure.

    A light that is off, or cannot do what is asked, is no failure while others could.
    """
    done = any(outcome.taken for _, outcome in outcomes)
    bad = [
        f"{name}: {_words(fault)}"
        for name, outcome in outcomes
        for fault in outcome.faults
        if fault.type not in _MILD or not done
    ]
    if bad:
        raise ActionFailed("; ".join(dict.fromkeys(bad)) + ".", details={"refused": bad})


def _words(fault: Fault) -> str:
    if fault.type == _OFF:
        return "it is off; switch it on first, or add on=true"
    text = fault.description.rstrip(".")
    if fault.type == _NO_SUCH_PARAMETER:
        return f"it cannot do that ({text})"
    return f"{text} (error {fault.type})"
