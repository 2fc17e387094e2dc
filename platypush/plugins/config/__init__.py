"""The configuration, as it may be shown."""

from __future__ import annotations

from typing import Any

from platypush.config.secrets import mask
from platypush.dashboards.files import dashboard_names, read_dashboard
from platypush.plugins import action
from platypush.plugins.services import ServicePlugin

__plugin__ = "ConfigPlugin"
__all__ = ["ConfigPlugin"]


class ConfigPlugin(ServicePlugin):
    """Show the configuration of this hub. Secrets are masked everywhere."""

    @action
    def get(self) -> dict[str, Any]:
        """The whole configuration as written, includes merged.

        :return: Section to its content.
        """
        return dict(mask(self.services.config.raw))

    @action
    def get_plugins(self) -> dict[str, Any]:
        """The plugins of this hub.

        :return: Name to the content of its section, for those that are loaded; empty for those without a section.
        """
        registry = self.services.registry
        loaded = [state.name for state in registry.statuses() if state.status != "disabled"] if registry else []
        sections = self.services.config.plugins
        return {name: dict(mask(sections.get(name, {}))) for name in dict.fromkeys((*loaded, *sections))}

    @action
    def get_backends(self) -> dict[str, Any]:
        """The configured backends.

        :return: Name, without ``backend.``, to the content of its section.
        """
        config = self.services.config
        sections: dict[str, Any] = {name: dict(mask(section)) for name, section in config.backends.items()}
        if config.http is not None:
            sections["http"] = dict(mask(config.raw.get("backend.http") or {}))
        return sections

    @action
    def get_procedures(self) -> dict[str, Any]:
        """The procedures of the configuration and of scripts.

        :return: Name to a description.
        """
        return dict(mask(self.services.procedures()))

    @action
    def get_device_id(self) -> str:
        """The name of this hub.

        :return: ``device_id`` of the configuration.
        """
        return self.services.config.device_id

    @action
    def get_dashboards(self) -> dict[str, str]:
        """All dashboards.

        :return: Name to the XML of its template.
        """
        folder = self.services.config.dashboards_dir
        return {name: read_dashboard(folder, name) for name in dashboard_names(folder)}

    @action
    def get_dashboard(self, name: str) -> str:
        """One dashboard.

        :param name: Its name: the file's without ``.xml``.
        :return: The XML of its template.
        """
        return read_dashboard(self.services.config.dashboards_dir, name)
