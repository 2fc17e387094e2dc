"""Small actions that procedures and the panel need."""

from __future__ import annotations

import threading
from typing import Any

from platypush.errors import Unavailable
from platypush.plugins import action
from platypush.plugins.services import ServicePlugin
from platypush.plugins.utils._folders import web_files

__plugin__ = "UtilsPlugin"
__all__ = ["UtilsPlugin"]

_SWITCH_ACTIONS = frozenset({"on", "off", "toggle"})


class UtilsPlugin(ServicePlugin):
    """Small actions that procedures and the panel need."""

    def __init__(self, *, max_files: int = 10_000, **kwargs: Any) -> None:
        """:param max_files: How many files ``search_web_directory`` returns at most."""
        super().__init__(**kwargs)
        self.max_files = max_files
        self._stopping = threading.Event()

    def on_stop(self) -> None:
        """Wake those who sleep."""
        self._stopping.set()

    @action
    def sleep(self, seconds: float) -> None:
        """Wait, for instance between two steps of a procedure.

        :param seconds: How long.
        """
        if seconds < 0:
            raise ValueError("utils.sleep cannot wait for less than 0 seconds.")
        if self._stopping.wait(seconds):
            raise Unavailable("The sleep was cut short: the hub stops.")

    @action
    def search_web_directory(
        self,
        directory: str,
        extensions: list[str] = [".jpg", ".jpeg", ".png"],  # noqa: B006 - never changed, and the schema shows it
        recursive: bool = True,
    ) -> list[str]:
        """List the files of a folder that ``backend.http`` exposes, for instance for a slide show.

        :param directory: The folder; it has to be one of ``resource_dirs``, or inside of one.
        :param extensions: Which files, by the end of their name; no matter the case.
        :param recursive: Whether to look into folders inside.
        :return: The path of each file's URL (``/resources/…``), sorted. Links and hidden files are left out.
        """
        http = self.services.config.http
        return web_files(directory, extensions, http.resource_dirs if http else {}, recursive, self.max_files)

    @action
    def get_switch_plugins(self) -> dict[str, Any]:
        """The plugins whose devices can be switched: those that have ``on``, ``off`` and ``toggle``.

        :return: Name to name, summary and actions.
        """
        registry = self.services.registry
        plugins = registry.describe() if registry else {}
        return {
            name: {"name": name, "doc": plugin["summary"], "actions": sorted(plugin["actions"])}
            for name, plugin in plugins.items()
            if _SWITCH_ACTIONS.issubset(plugin["actions"])
        }
