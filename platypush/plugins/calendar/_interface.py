"""What makes a plugin a source of events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

__all__ = ["CalendarInterface"]


class CalendarInterface(ABC):
    """A plugin with this action can be a source of the section ``calendar``."""

    @abstractmethod
    def get_upcoming_events(self, max_results: int = 10) -> Any:
        """The next events, in the shape of ``calendar.get_upcoming_events``, as output of a Response or as a list."""
