"""A camera by way of ffmpeg: Video4Linux, network cameras, video files, test pictures."""

from __future__ import annotations

from functools import partial
from typing import Any

from platypush.errors import Unavailable
from platypush.plugins.camera import CameraPlugin, Pictures
from platypush.plugins.camera._ffmpeg import Ffmpeg, http_options, redacted
from platypush.plugins.camera.ffmpeg._sources import make_source

__plugin__ = "CameraFfmpegPlugin"
__all__ = ["CameraFfmpegPlugin"]

_WARMUP = 5


class CameraFfmpegPlugin(CameraPlugin):
    """Whatever ffmpeg can show. What it shows is said by the configuration only, never by whoever watches."""

    def __init__(
        self,
        *,
        device: str = "/dev/video0",
        input_format: str | None = None,
        input_codec: str | None = None,
        ffmpeg_args: list[str] | None = None,
        warmup_frames: int | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param device: ``/dev/video0``; the path of a video file, which is shown again and again; the URL of a network
            camera (``rtsp://user:password@door.lan/stream``, ``http://…``); with ``input_format: lavfi`` a test
            picture, such as ``testsrc``.
        :param input_format: ffmpeg's format of the source. Default: ``v4l2`` for devices, else what ffmpeg finds.
        :param input_codec: What the camera shall send. ``mjpeg``: its pictures are passed on as they are, which takes
            next to no computing, unless they are to be changed.
        :param ffmpeg_args: More options of ffmpeg for the source, such as ``[-thread_queue_size, "64"]``.
        :param warmup_frames: A photo is the picture behind so many ones, when the camera has just been opened.
            Default: 5 for devices, else 0.
        """
        source_is_device = input_format == "v4l2" or (input_format is None and device.startswith("/dev/"))
        warmup = warmup_frames if warmup_frames is not None else _WARMUP if source_is_device else 0
        super().__init__(device=device, warmup_frames=warmup, **kwargs)
        self._make_source = partial(
            make_source,
            device,
            self.picture,
            input_format=input_format,
            input_codec=input_codec,
            ffmpeg_args=tuple(ffmpeg_args or ()),
            timeout=self.capture_timeout,
        )
        self._source = self._make_source()
        self._asks_options = device.startswith(("http:", "https:"))

    @property
    def label(self) -> str:
        """The camera's name for people: without a password."""
        return redacted(self.device or self.name)

    def open_camera(self) -> Pictures:
        """Start ffmpeg. Raises Unavailable."""
        if self._asks_options:
            self._source = self._make_source(http_options=http_options(self.ffmpeg_bin))
            self._asks_options = False
        file = self._source.device
        if file is not None and not file.exists():
            raise Unavailable(f"{file} is not there. Is the camera plugged in, and device right?")
        return Ffmpeg(
            self.ffmpeg_bin,
            self._source.options,
            what=self.label,
            first=self.capture_timeout,
            stall=self.stall_timeout,
            given=self._source.given,
        )
