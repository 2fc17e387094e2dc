"""The states that a plugin can be in, as shown at start, by ``platypush status``, in ``/health`` and in the panel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["PluginState", "PluginStatus"]


class PluginStatus(StrEnum):
    """What became of a plugin."""

    LOADING = "loading"
    """Its constructor runs."""
    LOADED = "loaded"
    """Its actions can be called; it has no thread at work."""
    RUNNING = "running"
    """Its actions can be called and its own thread is at work."""
    DISABLED = "disabled"
    """Switched off in the configuration."""
    FAILED = "failed"
    """Something is wrong; the reason says what."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PluginState:
    """The status of one plugin. ``reason`` says why, where that is not plain."""

    name: str
    status: PluginStatus
    reason: str = ""

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return {"name": self.name, "status": self.status.value, "reason": self.reason}
