"""What the actions do: which lights are meant, what they are told, and what has become of them."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from platypush.errors import BadRequest, Busy, NotFound, PlatypushError
from platypush.message.event import Event
from platypush.message.event.light import (
    LightAnimationStartedEvent,
    LightAnimationStoppedEvent,
    LightStatusChangeEvent,
)
from platypush.plugins.light import Names
from platypush.plugins.light.hue._animation import Animation, Animator, Settings
from platypush.plugins.light.hue._link import Link, judge
from platypush.plugins.light.hue._state import State, checked, colour_state
from platypush.plugins.light.hue._targets import Command, find_scene, visible

__all__ = ["Control", "Lights", "flat"]

Lights = dict[str, dict[str, Any]]
_LONGEST_TOGGLE = 20.0


class Control:
    """Carries out actions. Called from many threads at once."""

    def __init__(
        self,
        link: Callable[[], Link],
        logger: logging.Logger,
        *,
        name: str,
        lights: Names,
        groups: Names,
        post: Callable[[Event], None],
        stopping: Callable[[], bool],
    ) -> None:
        """
        :param link: Gives the connection.
        :param name: The plugin's name, for events.
        :param lights: The lights that are meant when none are named; the same for ``groups``.
        :param post: Takes events.
        :param stopping: Whether the hub stops.
        """
        self._get_link = link
        self._name = name
        self._lights = lights
        self._groups = groups
        self._post = post
        self._stopping = stopping
        self._toggling = threading.Lock()
        self._animator = Animator(logger)

    def animated(self) -> Iterable[str]:
        """The lights of the animation that runs: their changes are nobody's business."""
        current = self._animator.current
        return current.lights if current else ()

    def changed(self, change: Mapping[str, Any]) -> None:
        """Tell everybody that a light has changed."""
        self._post(LightStatusChangeEvent(plugin_name=self._name, **change))

    def set(self, action: str, given: Mapping[str, Any], lights: Names, groups: Names) -> Lights:
        """Tell lights and groups ``given``; the lights concerned, as they are then."""
        state = _state(action, given)
        some, rooms = self._targets(lights, groups)
        concerned = self._concerned(some, rooms)
        self._interrupt(concerned)
        self._link.tell(some, rooms, state)
        return self._now(concerned)

    def toggle(self, given: Mapping[str, Any], lights: Names, groups: Names) -> Lights:
        """Switch lights on that are off, and the other way round; the lights concerned, as they are then."""
        more = _state("toggle", given) if given else {}
        with self._one_toggle_at_a_time():
            now = self._link.lights()
            some, rooms = self._targets(lights, groups)
            members = self._link.members(rooms)
            concerned = self._concerned(some, rooms)
            self._interrupt(concerned)

            def is_on(light: str) -> bool:
                return bool(now.get(light, {}).get("state", {}).get("on"))

            for state in (False, True):
                # Those that are the other way round.
                which = [light for light in some if is_on(light) is not state]
                where = [room for room in rooms if any(map(is_on, members[room])) is not state]
                if which or where:
                    self._link.tell(which, where, {**more, "on": state})
            return self._now(concerned)

    def scene(self, name: str, groups: Names, given: Mapping[str, Any]) -> Lights:
        """Recall a scene; its lights, as they are then."""
        more = _state("scene", given) if given else {}
        scenes, known = self._link.scenes(), self._link.groups()
        rooms = self._link.find_groups(groups)
        pairs = find_scene(name, rooms, scenes, known) if rooms else self._default_scene(name, scenes, known)
        concerned = [light for _, scene in pairs for light in map(str, scenes[scene].get("lights", ()))]
        self._interrupt(concerned)
        done = [(name, self._link.send(Command("groups", group), {"scene": scene, **more})) for group, scene in pairs]
        judge(done)
        return self._now(concerned)

    def get(self, lights: Names, groups: Names) -> Lights:
        """Lights as they are now; all of them when none are named, whatever the defaults."""
        now = self._link.lights()
        if not lights and not groups:
            return now
        concerned = self._concerned(*self._targets(lights, groups))
        return {light: data for light, data in now.items() if light in concerned}

    def animate(self, settings: Settings, lights: Names, groups: Names) -> None:
        """Start an animation instead of what runs now."""
        settings.check()
        some, rooms = self._targets(lights, groups)
        concerned = self._concerned(some, rooms)
        now = self._link.lights()
        animation = Animation(settings, {light: now[light] for light in concerned if light in now}, rooms, self._told)
        self.stop_animation()
        args = self._event_args(animation)
        self._post(LightAnimationStartedEvent(**args))
        self._animator.start(animation, self._ended)

    def stop_animation(self, grace: float = 1.5) -> bool:
        """Stop the animation; whether one ran."""
        return self._animator.stop(grace)

    @property
    def animation(self) -> Animation | None:
        """The one that runs."""
        return self._animator.current

    @property
    def _link(self) -> Link:
        return self._get_link()

    def _targets(self, lights: Names, groups: Names) -> tuple[list[str], list[str]]:
        if not lights and not groups:
            lights, groups = self._lights, self._groups
            if not lights and not groups:
                return list(self._link.known_lights()), []
        return self._link.find_lights(lights), self._link.find_groups(groups)

    def _concerned(self, lights: Sequence[str], groups: Sequence[str]) -> list[str]:
        members = self._link.members(groups)
        return list(dict.fromkeys([*lights, *(light for group in groups for light in members[group])]))

    def _now(self, concerned: Iterable[str]) -> Lights:
        now = self._link.lights()
        return {light: now[light] for light in concerned if light in now}

    def _default_scene(self, name: str, scenes: Lights, known: Lights) -> list[tuple[str, str]]:
        pairs = []
        for room in self._link.find_groups(self._groups):
            try:
                pairs += find_scene(name, [room], scenes, known)
            except NotFound:
                continue
        return pairs or find_scene(name, [], scenes, known)

    def _interrupt(self, lights: Iterable[str]) -> None:
        """Whoever sets a light does not want it animated any more."""
        if set(lights) & set(self.animated()):
            self.stop_animation()

    def _told(self, lights: Sequence[str], state: State) -> None:
        self._link.tell(lights, [], state)

    def _ended(self, animation: Animation) -> None:
        if self._stopping():
            return
        self._post(LightAnimationStoppedEvent(**self._event_args(animation)))
        # What became of the lights is told now. A bridge that is away meanwhile is its own story.
        with contextlib.suppress(PlatypushError):
            self._link.lights()

    def _event_args(self, animation: Animation) -> dict[str, Any]:
        return {
            "animation": animation.settings.type,
            "lights": [str(data.get("name", light)) for light, data in animation.lights.items()],
            "groups": list(animation.groups),
            "plugin_name": self._name,
        }

    @contextlib.contextmanager
    def _one_toggle_at_a_time(self) -> Iterator[None]:
        """Two that see the same state would undo nothing."""
        if not self._toggling.acquire(timeout=_LONGEST_TOGGLE):
            raise Busy(f"{self._name}.toggle is called faster than the bridge can follow.")
        try:
            yield
        finally:
            self._toggling.release()


def _state(action: str, given: Mapping[str, Any]) -> State:
    """``given`` as the bridge takes it; ``rgb`` is ours. Raises BadRequest."""
    rest = {key: value for key, value in given.items() if key != "rgb"}
    if "rgb" in given:
        rest = colour_state(given["rgb"]) | rest
    if not rest:
        raise BadRequest(f"{action} needs something to set, such as bri=200.")
    return checked(rest, action=action)


def flat(lights: Lights) -> list[dict[str, Any]]:
    """Each light as one flat object, its state among its other properties."""
    return [
        {"id": light, **data.get("state", {}), **{key: value for key, value in data.items() if key != "state"}}
        for light, data in visible(lights).items()
    ]
