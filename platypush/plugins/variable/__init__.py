"""Values by name that hooks, procedures, scripts and clients share."""

from __future__ import annotations

import time
from typing import Any

from platypush.errors import Unavailable
from platypush.plugins import action
from platypush.plugins.services import ServicePlugin
from platypush.plugins.variable._memory import MemoryValues
from platypush.plugins.variable._store import StoredValues, check_name

__plugin__ = "VariablePlugin"
__all__ = ["VariablePlugin"]


class VariablePlugin(ServicePlugin):
    """Values by name: persistent ones in the main database, and others in memory.

    In scripts use ``platypush.context.Variable``.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._memory = MemoryValues(time.monotonic)

    @action
    def get(self, name: str | None = None, default_value: Any = None) -> dict[str, Any]:
        """Get a persistent variable, or all of them.

        :param name: Its name; without it all are returned.
        :param default_value: The value when there is no such variable.
        :return: Name to value.
        """
        if name is None:
            return self._stored().all()
        return {name: self._stored().get(name, default_value)}

    @action
    def set(self, **kwargs: Any) -> dict[str, Any]:
        """Set persistent variables. The value null removes one.

        :return: What was set.
        """
        self._stored().set(kwargs)
        return kwargs

    @action
    def unset(self, name: str) -> bool:
        """Remove a persistent variable.

        :param name: Its name.
        :return: Whether there was one.
        """
        return self._stored().unset(name)

    @action
    def mget(self, name: str | None = None, default_value: Any = None) -> dict[str, Any]:
        """Get a variable kept in memory, or all of them.

        :param name: Its name; without it all are returned.
        :param default_value: The value when there is no such variable.
        :return: Name to value.
        """
        if name is None:
            return self._memory.all()
        return {name: self._memory.get(name, default_value)}

    @action
    def mset(self, **kwargs: Any) -> dict[str, Any]:
        """Set variables in memory: quick, and gone when the daemon stops. The value null removes one.

        :return: What was set.
        """
        for name in kwargs:
            check_name(name)
        self._memory.set(kwargs)
        return kwargs

    @action
    def munset(self, name: str) -> bool:
        """Remove a variable from memory.

        :param name: Its name.
        :return: Whether there was one.
        """
        return self._memory.unset(name)

    @action
    def expire(self, name: str, expire: float) -> bool:
        """Let a variable vanish after some time, whether it is in memory, persistent or both.

        :param name: Its name.
        :param expire: Seconds from now; 0 or less removes it at once. Setting the variable again ends this.
        :return: Whether there was one.
        """
        in_memory = self._memory.expire(name, expire)
        if self.services.values is None:
            return in_memory
        return self._stored().expire(name, expire) or in_memory

    def _stored(self) -> StoredValues:
        values = self.services.values
        if values is None:
            raise Unavailable("Persistent variables need the main database, which is not open.")
        return StoredValues(values, time.time)
