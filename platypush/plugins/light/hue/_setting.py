"""The actions that set lights: on and off, brightness, colour."""

from __future__ import annotations

from typing import Any

from platypush.errors import BadRequest
from platypush.plugins import action
from platypush.plugins.light import LightPlugin, Names
from platypush.plugins.light.hue._control import Control, Lights
from platypush.plugins.light.hue._state import MAX_BRI, MAX_HUE, MAX_SAT, percent

__all__ = ["SettingActions"]


class SettingActions(LightPlugin):
    """Part of the plugin. Whoever derives from it sets ``_control``."""

    _control: Control

    @action
    def on(self, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Switch lights on.

        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :param kwargs: What else they are told: ``bri``, ``rgb``, ``transitiontime`` (tenths of a second), …
        :return: The lights concerned, by id, as ``get_lights`` gives them.
        """
        return self._control.set("on", {"on": True, **kwargs}, lights, groups)

    @action
    def off(self, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Switch lights off.

        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :param kwargs: What else they are told: ``transitiontime`` (tenths of a second).
        :return: The lights concerned, by id.
        """
        return self._control.set("off", {"on": False, **kwargs}, lights, groups)

    @action
    def toggle(self, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Switch each light on that is off, and the other way round; a group goes off when any of its lights is on.

        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :param kwargs: What else they are told: ``transitiontime`` (tenths of a second).
        :return: The lights concerned, by id.
        """
        return self._control.toggle(kwargs, lights, groups)

    @action
    def bri(self, value: float, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Set the brightness. Lights that are off stay off, unless ``on`` is given too.

        :param value: 0 to 255; the brightest is 254, and 0 does not switch off.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("bri", {"bri": value, **kwargs}, lights, groups)

    @action
    def sat(self, value: float, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Set the saturation.

        :param value: 0 (white) to 255; the most is 254.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("sat", {"sat": value, **kwargs}, lights, groups)

    @action
    def hue(self, value: float, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Set the hue.

        :param value: 0 to 65535, once around: red, green at 21845, blue at 43690.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("hue", {"hue": value, **kwargs}, lights, groups)

    @action
    def ct(self, value: float, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Set the colour temperature of white.

        :param value: 153 (cold, 6500 K) to 500 (warm, 2000 K) mired.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("ct", {"ct": value, **kwargs}, lights, groups)

    @action
    def xy(self, value: list[float], lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Set the colour by its place in the CIE 1931 diagram.

        :param value: Two numbers of 0 to 1.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("xy", {"xy": value, **kwargs}, lights, groups)

    @action
    def rgb(self, value: str | list[int], lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Set colour and brightness. Black switches off.

        :param value: ``#ff8000``, or three numbers of 0 to 255: ``[255, 128, 0]``.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("rgb", {"rgb": value, **kwargs}, lights, groups)

    @action
    def effect(self, value: str = "colorloop", lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Let the lights themselves go through all colours, or stop that.

        :param value: ``colorloop`` or ``none``.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("effect", {"effect": value, **kwargs}, lights, groups)

    @action
    def delta_bri(self, delta: float, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Make lights brighter or darker than they are.

        :param delta: Percent of the whole range, -100 to 100.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("delta_bri", {"bri_inc": percent(delta, MAX_BRI), **kwargs}, lights, groups)

    @action
    def delta_sat(self, delta: float, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Make colours stronger or paler than they are.

        :param delta: Percent of the whole range, -100 to 100.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("delta_sat", {"sat_inc": percent(delta, MAX_SAT), **kwargs}, lights, groups)

    @action
    def delta_hue(self, delta: float, lights: Names = None, groups: Names = None, **kwargs: Any) -> Lights:
        """Move hues around the circle.

        :param delta: Percent of the whole circle, -100 to 100.
        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: The lights concerned, by id.
        """
        return self._control.set("delta_hue", {"hue_inc": percent(delta, MAX_HUE - 1), **kwargs}, lights, groups)

    @action
    def set_light(self, light: Names, **kwargs: Any) -> Lights:
        """Set several parameters of a light at once.

        :param light: Name or id of a light, or several.
        :param kwargs: ``on``, ``bri``, ``hue``, ``sat``, ``ct``, ``xy``, ``rgb``, ``effect``, ``alert``,
            ``transitiontime``, ``bri_inc``, …
        :return: The lights concerned, by id.
        """
        return self._control.set("set_light", kwargs, _some(light, "set_light"), None)

    @action
    def set_lights(self, lights: Names, **kwargs: Any) -> Lights:
        """Set several parameters of lights at once: another name of ``set_light``.

        :param lights: Names or ids of lights.
        :param kwargs: As for ``set_light``.
        :return: The lights concerned, by id.
        """
        return self._control.set("set_lights", kwargs, _some(lights, "set_lights"), None)

    @action
    def set_group(self, group: Names, **kwargs: Any) -> Lights:
        """Set several parameters of a group at once.

        :param group: Name or id of a group, or several.
        :param kwargs: As for ``set_light``.
        :return: The lights concerned, by id.
        """
        return self._control.set("set_group", kwargs, None, _some(group, "set_group"))


def _some(names: Names, name: str) -> Names:
    if not names:
        raise BadRequest(f"{name} needs the name or the id of what is set.")
    return names
