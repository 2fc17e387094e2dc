"""What every plugin for lights can do, so that one can take the place of another."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from platypush.plugins import Plugin, action

__all__ = ["LightPlugin", "Names"]

Names = list[str | int] | str | int | None
"""Lights or groups as callers name them: a name, an id, several of them, or several names with commas in between."""


class LightPlugin(Plugin):
    """Base of the plugins for lights. Without ``lights`` and ``groups`` the configured defaults are meant."""

    @action
    @abstractmethod
    def on(self, lights: Names = None, groups: Names = None, **kwargs: Any) -> Any:
        """Switch lights on.

        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        """

    @action
    @abstractmethod
    def off(self, lights: Names = None, groups: Names = None, **kwargs: Any) -> Any:
        """Switch lights off.

        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        """

    @action
    @abstractmethod
    def toggle(self, lights: Names = None, groups: Names = None, **kwargs: Any) -> Any:
        """Switch lights on that are off, and the other way round.

        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        """

    @action
    @abstractmethod
    def status(self, lights: Names = None, groups: Names = None) -> Any:
        """The state of lights.

        :param lights: Names or ids of lights.
        :param groups: Names or ids of groups.
        :return: A list with one object for each light: ``id``, ``name``, ``on``, and what else the light knows.
        """
