"""Philips Hue lights, over the bridge's own API in the local network."""

from __future__ import annotations

import threading
from typing import Any

from platypush.errors import BadRequest, ConfigurationError
from platypush.outgoing.hosts import origin_of
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.light import Names
from platypush.plugins.light.hue._animation import Kind, Settings
from platypush.plugins.light.hue._bridge import Bridge
from platypush.plugins.light.hue._control import Control, Lights, flat
from platypush.plugins.light.hue._link import Link
from platypush.plugins.light.hue._pairing import Address, Known, Pairing, parse_address
from platypush.plugins.light.hue._setting import SettingActions
from platypush.plugins.light.hue._state import MAX_BRI, MAX_HUE
from platypush.plugins.light.hue._targets import visible
from platypush.plugins.services import ServicePlugin

__plugin__ = "LightHuePlugin"
__all__ = ["LightHuePlugin"]


class LightHuePlugin(ServicePlugin, RunnablePlugin, SettingActions):
    """Philips Hue lights.

    The bridge lets the hub in when its button is pressed once, while the hub asks for it. Without ``lights`` and
    ``groups`` an action is for the configured defaults, or for all lights where there are none.
    """

    def __init__(
        self,
        *,
        bridge: str | None = None,
        lights: Names = None,
        groups: Names = None,
        poll_interval: float = 5,
        poll_seconds: float | None = None,
        token: str | None = None,
        ssl_verify: bool = False,
        discovery_url: str = "https://discovery.meethue.com",
        timeout: float = 4,
        **kwargs: Any,
    ) -> None:
        """
        :param bridge: Address of the bridge: ``192.168.1.2``, ``hue.lan:8080``, or ``https://192.168.1.2``. Without it
            the bridge is looked for in the network, and then in the manufacturer's directory.
        :param lights: Names or ids of the lights that are meant when a call names none. Default: all.
        :param groups: The same for groups.
        :param poll_interval: Seconds between two looks at what has changed elsewhere.
        :param poll_seconds: The name that ``poll_interval`` had.
        :param token: A user name that the bridge knows already. Default: the hub pairs, and remembers its own.
        :param ssl_verify: With ``https``: check the certificate against the system's authorities. Bridges sign their
            own, so by default the one that was seen when pairing has to stay the same.
        :param discovery_url: The manufacturer's directory of bridges.
        :param timeout: Seconds that the bridge has for an answer.
        """
        super().__init__(**kwargs)
        try:
            url = parse_address(bridge) if bridge else None
            origin_of(discovery_url)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        poll_interval = poll_interval if poll_seconds is None else poll_seconds
        if poll_interval < 1 or timeout <= 0:
            raise ConfigurationError("poll_interval is 1 s or more, and timeout above 0 s.")
        self._address = Address(url, token, ssl_verify, discovery_url, timeout)
        self._interval = poll_interval
        self._pairing: Pairing | None = None
        self._wake = threading.Event()
        self._forget = threading.Event()
        self._control = Control(
            lambda: self._link,
            self.logger,
            name=self.name,
            lights=lights,
            groups=groups,
            post=lambda event: self.get_bus().post(event),
            stopping=self.should_stop,
        )
        self._link = Link(
            self._open,
            timeout=timeout,
            wait=self.wait_stop,
            changed=self._control.changed,
            quiet=self._control.animated,
            trouble=self._wake.set,
        )

    def main(self) -> None:
        """Look at the lights again and again, until the hub stops."""
        while not self.should_stop():
            self._link.look()
            self.presence.found()
            self._wake.wait(self._interval)
            self._wake.clear()

    def on_stop(self) -> None:
        """Stop at once: a request that the bridge does not answer ends by itself, soon."""
        self._stop_requested.set()
        self._wake.set()
        self._control.stop_animation(grace=0.5)
        if self._thread is not None:
            self._thread.join(1)

    @action
    def scene(self, name: str, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:  # noqa: ARG002
        """Recall a scene.

        :param name: Its name or id. Several groups may have scenes of one name: then ``groups`` says which.
        :param lights: Without meaning: a scene knows its lights.
        :param groups: Names or ids of groups. Default: the configured ones that have the scene, or where it belongs.
        :return: The scene's lights, by id.
        """
        return self._control.scene(name, groups, kwargs)

    @action
    def get_lights(self) -> Lights:
        """All lights.

        :return: Id to ``{id, name, type, modelid, uniqueid, state: {on, bri, hue, sat, xy, ct, colormode, effect,
            alert, reachable}, …}``, as the bridge has it.
        """
        return self._link.lights()

    @action
    def get_groups(self) -> Lights:
        """All rooms, zones and other groups.

        :return: Id to ``{id, name, type, class, lights: [id, …], state: {any_on, all_on}, action: {…}}``.
        """
        return self._link.groups()

    @action
    def get_scenes(self) -> Lights:
        """All scenes.

        :return: Id to ``{id, name, type, group, lights: [id, …], …}``.
        """
        return visible(self._link.scenes())

    @action
    def status(self, lights: Names = None, groups: Names = None) -> list[dict[str, Any]]:
        """The state of lights, one flat object for each.

        :param lights: Names or ids of lights. Default: all.
        :param groups: Names or ids of groups.
        :return: A list of ``{id, name, on, bri, hue, sat, xy, ct, reachable, type, …}``.
        """
        return flat(self._control.get(lights, groups))

    @action
    def animate(
        self,
        animation: Kind,
        duration: float | None = None,
        hue_range: tuple[int, int] | None = None,
        sat_range: tuple[int, int] | None = None,
        bri_range: tuple[int, int] | None = None,
        lights: Names = None,
        groups: Names = None,
        hue_step: int = 1000,
        sat_step: int = 2,
        bri_step: int = 1,
        transition_seconds: float = 1.0,
    ) -> dict[str, Any]:
        """Start an animation; it goes on until its time is over, it is stopped, or one of its lights is set.

        :param animation: ``color_transition`` (each light walks through the colours from a random one) or ``blink``.
        :param duration: Seconds. Default: until it is stopped.
        :param hue_range: Lowest and highest hue. Default: 0 to 65535.
        :param sat_range: Lowest and highest saturation. Default: 0 to 255.
        :param bri_range: Lowest and highest brightness. Default: 254 to 255.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :param hue_step: By how much the hue changes in a step.
        :param sat_step: By how much the saturation changes in a step.
        :param bri_step: By how much the brightness changes in a step.
        :param transition_seconds: Seconds between two steps. Ten lights are told in a second, so many take longer.
        :return: The animations that run, as ``get_animations`` gives them.
        """
        settings = Settings(
            type=animation,
            duration=duration,
            hue_range=_pair(hue_range, (0, MAX_HUE), "hue_range"),
            sat_range=_pair(sat_range, (0, 255), "sat_range"),
            bri_range=_pair(bri_range, (MAX_BRI, 255), "bri_range"),
            hue_step=hue_step,
            sat_step=sat_step,
            bri_step=bri_step,
            transition_seconds=transition_seconds,
        )
        self._control.animate(settings, lights, groups)
        return self._animations()

    @action
    def stop_animation(self) -> bool:
        """Stop the animation. The lights stay as they are.

        :return: Whether one ran.
        """
        return self._control.stop_animation()

    @action
    def is_animation_running(self) -> bool:
        """Whether an animation runs.

        :return: True or false.
        """
        return self._control.animation is not None

    @action
    def get_animations(self) -> dict[str, Any]:
        """The animations that run.

        :return: ``{lights: {id: {type, duration, …}}, groups: {id: {…}}}``, with what ``animate`` was given.
        """
        return self._animations()

    @action
    def connect(self, reset: bool = False) -> dict[str, Any]:
        """Look at the bridge now; fails with the reason when it cannot be used.

        :param reset: Forget the user name and the certificate first, for a bridge that was replaced or reset: its
            button has to be pressed again.
        :return: What the bridge says of itself: ``{url, name, bridgeid, modelid, swversion, apiversion}``.
        """
        if reset:
            self._forget.set()
            self._link.reset()
        self._wake.set()
        bridge = self._link.bridge()
        self._link.lights()
        told = ("name", "bridgeid", "modelid", "swversion", "apiversion")
        return {"url": bridge.url, **{key: bridge.info[key] for key in told if key in bridge.info}}

    def _open(self) -> Bridge:
        """Find the bridge and pair. In the plugin's own thread."""
        config = self.services.config
        known = Known(config.workdir / f"{self.name}.json")
        if self._forget.is_set():
            known.forget()
            self._forget.clear()
        if self._pairing is None:
            self._pairing = Pairing(self._address, known, owner=self.name, device=config.device_id)
        return self._pairing.open()

    def _animations(self) -> dict[str, Any]:
        current = self._control.animation
        if current is None:
            return {"lights": {}, "groups": {}}
        settings = current.settings.to_dict()
        return {"lights": dict.fromkeys(current.lights, settings), "groups": dict.fromkeys(current.groups, settings)}


def _pair(given: tuple[int, int] | None, default: tuple[int, int], name: str) -> tuple[int, int]:
    if given is None:
        return default
    if len(given) != 2:
        raise BadRequest(f"animate: {name!r} must be two integers, the lower one first.")
    return given[0], given[1]
