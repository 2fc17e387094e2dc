"""Events of cameras."""

from __future__ import annotations

from typing import Any

from platypush.message.event import Event

__all__ = [
    "CameraEvent",
    "CameraPictureTakenEvent",
    "CameraRecordingStartedEvent",
    "CameraRecordingStoppedEvent",
    "CameraVideoRenderedEvent",
]


class CameraEvent(Event):
    """Something happened to a camera."""

    def __init__(self, *, device: str | None = None, filename: str | None = None, **kwargs: Any) -> None:
        """
        :param device: The camera, as the configuration names it.
        :param filename: The file that was or is being written.
        """
        super().__init__(device=device, filename=filename, **kwargs)


class CameraRecordingStartedEvent(CameraEvent):
    """A video is being recorded from now on."""


class CameraRecordingStoppedEvent(CameraEvent):
    """Recording has ended; the file may still be written."""


class CameraVideoRenderedEvent(CameraEvent):
    """A recorded video is there, as a finished file."""


class CameraPictureTakenEvent(CameraEvent):
    """A picture was written to a file."""
