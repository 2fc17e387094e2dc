"""Events of lights."""

from __future__ import annotations

from typing import Any

from platypush.message.event import Event

__all__ = ["LightAnimationStartedEvent", "LightAnimationStoppedEvent", "LightEvent", "LightStatusChangeEvent"]


class LightEvent(Event):
    """Base of the events of lights."""

    def __init__(self, *, plugin_name: str | None = None, **kwargs: Any) -> None:
        """:param plugin_name: The plugin that has the light, such as ``light.hue``."""
        super().__init__(plugin_name=plugin_name, **kwargs)


class LightStatusChangeEvent(LightEvent):
    """A light has changed. Of the state only what changed is among the arguments."""

    def __init__(
        self,
        *,
        light_id: str | None = None,
        light_name: str | None = None,
        on: bool | None = None,
        bri: int | None = None,
        sat: int | None = None,
        hue: int | None = None,
        ct: int | None = None,
        xy: list[float] | None = None,
        reachable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param light_id: The light's id.
        :param light_name: Its name.
        :param on: Whether it is on now.
        :param bri: Its brightness, 1 to 254.
        :param sat: Its saturation, 0 to 254.
        :param hue: Its hue, 0 to 65535.
        :param ct: Its colour temperature in mired.
        :param xy: Its colour as two numbers of 0 to 1 (CIE 1931).
        :param reachable: Whether the light answers: it does not while its power is cut.
        """
        state = {"on": on, "bri": bri, "sat": sat, "hue": hue, "ct": ct, "xy": xy, "reachable": reachable}
        named: dict[str, Any] = {"light_id": light_id, "light_name": light_name, **state}
        super().__init__(**{key: value for key, value in named.items() if value is not None}, **kwargs)


class LightAnimationStartedEvent(LightEvent):
    """An animation begins."""

    def __init__(
        self, *, animation: str, lights: list[str] | None = None, groups: list[str] | None = None, **kwargs: Any
    ) -> None:
        """
        :param animation: Its name, such as ``color_transition``.
        :param lights: The names of its lights.
        :param groups: The ids of the groups it was started for.
        """
        super().__init__(animation=animation, lights=lights, groups=groups, **kwargs)


class LightAnimationStoppedEvent(LightEvent):
    """An animation has ended, by itself or because it was stopped."""

    def __init__(
        self,
        *,
        animation: str | None = None,
        lights: list[str] | None = None,
        groups: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param animation: Its name.
        :param lights: The names of its lights.
        :param groups: The ids of the groups it was started for.
        """
        super().__init__(animation=animation, lights=lights, groups=groups, **kwargs)
