"""Cameras: what all of them have, whatever the pictures come from.

A camera is a package below this one with a subclass of ``CameraPlugin`` that overrides ``open_camera``. It then has
actions, events, ``/camera/<name>/photo`` and ``/camera/<name>/video``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platypush.errors import BadRequest, Conflict, PlatypushError, TimeLimit, Unavailable
from platypush.message.event.camera import (
    CameraPictureTakenEvent,
    CameraRecordingStartedEvent,
    CameraRecordingStoppedEvent,
    CameraVideoRenderedEvent,
)
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.camera._arguments import CODECS, VIDEOS, converter, photo, recorder
from platypush.plugins.camera._capture import Capture, Pictures
from platypush.plugins.camera._ffmpeg import Ffmpeg
from platypush.plugins.camera._output import output_path
from platypush.plugins.camera._photo import Photo
from platypush.plugins.camera._picture import CONTENT_TYPES, Picture, Wish
from platypush.plugins.camera._recording import Recording, check_time
from platypush.plugins.camera._several import make_cameras
from platypush.plugins.camera._variants import Variants
from platypush.plugins.services import PluginServices, ServicePlugin
from platypush.streams import EndOfStream, Source, StreamRequest

__all__ = ["CameraPlugin", "Pictures"]

_TICK = 0.5
_PHOTO_SECONDS = 10.0


class CameraPlugin(ServicePlugin, RunnablePlugin):
    """A camera that several people can watch. It is open only while somebody does, or while it records."""

    def __init__(
        self,
        *,
        device: str | None = None,
        resolution: list[int] | None = None,
        fps: float = 16.0,
        quality: int = 80,
        rotate: float | None = None,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        grayscale: bool = False,
        scale_x: float | None = None,
        scale_y: float | None = None,
        warmup_frames: int | None = None,
        capture_timeout: float = 5.0,
        stop_capture_after: float = 5.0,
        max_viewers: int = 64,
        max_variants: int = 4,
        output_dir: Path | None = None,
        ffmpeg_bin: str = "ffmpeg",
        cameras: dict[str, dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param device: The camera.
        :param resolution: Width and height of the pictures, in pixels, such as ``[640, 480]``.
        :param fps: Pictures a second, 0.01 to 60.
        :param quality: Of the JPEG pictures, 1 to 100.
        :param rotate: Turn the pictures by so many degrees, counter-clockwise.
        :param horizontal_flip: Swap left and right.
        :param vertical_flip: Swap top and bottom.
        :param grayscale: Take the colours away.
        :param scale_x: Factor for the width.
        :param scale_y: Factor for the height.
        :param warmup_frames: A photo is the picture behind so many ones, when the camera has just been opened and
            adapts to the light.
        :param capture_timeout: Seconds in which the camera has to give its first picture.
        :param stop_capture_after: Seconds that the camera stays open behind its last viewer.
        :param max_viewers: Viewers at once; one more is answered 503.
        :param max_variants: In how many sizes or forms, beside the configured one, it can be watched at once. Each
            takes an ffmpeg.
        :param output_dir: Folder that pictures and videos are written to. Default: one called like the plugin in the
            hub's workdir.
        :param ffmpeg_bin: ffmpeg, if it is not on the PATH.
        :param cameras: More cameras, each with a name and the same keys.
        """
        super().__init__(**kwargs)
        given = {
            "resolution": resolution,
            "fps": fps,
            "quality": quality,
            "rotate": rotate,
            "horizontal_flip": horizontal_flip,
            "vertical_flip": vertical_flip,
            "grayscale": grayscale,
            "scale_x": scale_x,
            "scale_y": scale_y,
            "warmup_frames": warmup_frames,
        }
        wish = Wish.read({name: value for name, value in given.items() if value is not None})
        self.device = device
        self.picture: Picture = wish.picture
        """How the camera's pictures shall look."""
        self.capture_timeout = capture_timeout
        self.ffmpeg_bin = ffmpeg_bin
        self._warmup = wish.warmup_frames or 0
        self._output_dir = output_dir
        self._capture = Capture(
            self.open_camera, self.presence, linger=stop_capture_after, max_viewers=max_viewers, rate=fps
        )
        self._variants = Variants(
            self._capture, self._start_converter, limit=max_variants, max_viewers=max_viewers, rate=fps
        )
        self._changing = threading.Lock()
        self._recording: Recording | None = None
        self._others = make_cameras(type(self), self.name, cameras or {})

    @property
    def failure(self) -> str | None:
        """Why a camera cannot be used now; None when all can, as far as is known."""
        reasons = [camera.presence.reason for camera in (self, *self._others.values())]
        return " ".join(reason for reason in reasons if reason) or None

    @property
    def stall_timeout(self) -> float:
        """Seconds without a picture after which the camera is taken for dead."""
        return max(4.0, 3 / self.picture.fps)

    def open_camera(self) -> Pictures:
        """Open the camera. Runs in the plugin's thread. Raises Unavailable."""
        raise NotImplementedError(f"{type(self).__name__} has no open_camera()")

    @action
    def capture_image(self, image_file: str | None = None, device: str | None = None, **camera: Any) -> str:
        """Write a picture to a file.

        :param image_file: Name of the file in ``output_dir``: ``.jpg``, ``.png`` or ``.bmp``. Default: the time.
        :param device: The name of one of ``cameras``. Default: the camera of the section itself.
        :param camera: Changes to the picture: resolution, quality, rotate, horizontal_flip, vertical_flip, grayscale,
            scale_x, scale_y, warmup_frames.
        :return: The path of the file.
        """
        return self._camera(device).write_picture(image_file, camera)

    def write_picture(self, image_file: str | None, camera: Mapping[str, Any]) -> str:
        """What ``capture_image`` does, for this camera."""
        path = output_path(self._folder(), image_file, [f".{ending}" for ending in CONTENT_TYPES])
        wish = Wish.read({**camera, "format": path.suffix[1:].lower()}, quality=self.picture.quality)
        data = self._take(wish)
        temporary = path.with_name(f".{path.name}.part")
        try:
            temporary.write_bytes(data)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        self.get_bus().post(CameraPictureTakenEvent(device=self.label, filename=str(path)))
        return str(path)

    @action
    def take_picture(self, image_file: str | None = None, device: str | None = None, **camera: Any) -> str:
        """The same as ``capture_image``.

        :param image_file: Name of the file in ``output_dir``.
        :param device: The name of one of ``cameras``.
        :param camera: Changes to the picture.
        :return: The path of the file.
        """
        return self._camera(device).write_picture(image_file, camera)

    @action
    def capture_video(
        self,
        duration: float | None = None,
        video_file: str | None = None,
        wait: bool = True,
        device: str | None = None,
        **camera: Any,
    ) -> str | dict[str, Any]:
        """Record a video.

        :param duration: Seconds; without it until ``stop_capture``.
        :param video_file: Name of the file in ``output_dir``: ``.mp4``, ``.mkv``, ``.webm``, ``.avi`` or ``.mjpeg``.
            Default: the time.
        :param wait: With a ``duration``, return when the video is there.
        :param device: The name of one of ``cameras``.
        :param camera: Changes to the pictures, as in ``capture_image``, and fps.
        :return: The path of the file; what ``status`` gives when recording goes on.
        """
        return self._camera(device).write_video(duration, video_file, camera, wait=wait)

    def write_video(
        self, duration: float | None, video_file: str | None, camera: Mapping[str, Any], *, wait: bool
    ) -> str | dict[str, Any]:
        """What ``capture_video`` does, for this camera."""
        if duration is not None and not 0 < duration <= 86_400:
            raise BadRequest(f"duration is a number of seconds up to 86400 (a day), not {duration:g}.")
        path = output_path(self._folder(), video_file, VIDEOS)
        wish = Wish.read(camera, quality=self.picture.quality)
        if wish.converts and "copy" in VIDEOS[path.suffix.lower()]:
            raise BadRequest(f"{path.suffix} files keep the pictures as they are. Use .mp4, or leave the changes out.")
        if duration is not None and wait:
            check_time(duration)
        recording = self._record(path, wish, duration)
        if duration is None or not wait:
            return self.state()
        recording.wait()
        return str(path)

    @action
    def stop_capture(self, device: str | None = None) -> str | None:
        """End the recording that is under way.

        :param device: The name of one of ``cameras``.
        :return: The path of the video; None when nothing was being recorded.
        """
        return self._camera(device).end_video()

    def end_video(self) -> str | None:
        """What ``stop_capture`` does, for this camera."""
        recording = self._recording
        if recording is None:
            return None
        recording.stop()
        recording.wait(_PHOTO_SECONDS)
        return str(recording.path)

    @action
    def status(self, device: str | None = None) -> dict[str, Any]:
        """What the camera does.

        :param device: The name of one of ``cameras``, or the device; without it all are told, by their names.
        :return: ``{device, resolution, fps, quality, rotate, horizontal_flip, vertical_flip, grayscale, scale_x,
            scale_y, active, capturing, streaming, viewers, recording, away}``; ``away`` is the reason, or null.
        """
        if device is None:
            return {self.label: self.state(), **{name: other.state() for name, other in self._others.items()}}
        return self._camera(device).state()

    @property
    def label(self) -> str:
        """The camera's name for people."""
        return self.device or self.name

    def main(self) -> None:
        """Have the camera open while somebody watches."""
        self._capture.run()

    def bind(self, services: PluginServices) -> None:
        """Take the hub's parts, for all cameras."""
        super().bind(services)
        for camera in self._others.values():
            camera.bind(services)

    def start(self) -> object:
        """Offer the pictures to viewers."""
        super().start()
        for name, camera in self._others.items():
            camera.name = f"{self.name}.{name}"
            camera.start()
        streams = self.services.streams
        if streams is not None:
            streams.offer(self.name, self._open_stream)
        return None

    def stop(self) -> object:
        """Send viewers away, end a recording, let the camera go."""
        stopping = [threading.Thread(target=camera.stop, daemon=True) for camera in self._others.values()]
        for thread in stopping:
            thread.start()
        self._stop()
        for thread in stopping:
            thread.join()
        return None

    def _stop(self) -> None:
        streams = self.services.streams
        if streams is not None:
            streams.withdraw(self.name)
        recording = self._recording
        if recording is not None:
            recording.stop(hurry=True)
            try:
                recording.wait(2 * _TICK)
            except PlatypushError as error:
                self.logger.warning("The recording was cut off: %s", error)
        self._variants.stop()
        self._capture.stop()
        super().stop()

    def _open_stream(self, request: StreamRequest) -> Source:
        wish = Wish.read(request.args, quality=self.picture.quality)
        if request.single:
            return Photo(self._capture.watch(warmup=self._warmup_of(wish)), self._conversion(wish))
        if wish.format != "jpg":
            raise BadRequest("A stream has JPEG pictures: format is for photos.")
        if wish.converts:
            return self._variants.watch(wish.picture, fps=wish.fps)
        return self._capture.watch(fps=wish.fps)

    def _warmup_of(self, wish: Wish) -> int:
        return self._warmup if wish.warmup_frames is None else wish.warmup_frames

    def _take(self, wish: Wish) -> bytes:
        source = Photo(self._capture.watch(warmup=self._warmup_of(wish)), self._conversion(wish))
        try:
            data = source.next(_PHOTO_SECONDS)
        except EndOfStream as error:
            raise Unavailable(f"{self.label} is being stopped.") from error
        finally:
            source.close()
        if data is None:
            raise TimeLimit(f"{self.label} gave no picture within {_PHOTO_SECONDS:.0f} s.")
        return data

    def _conversion(self, wish: Wish) -> tuple[str, tuple[str, ...], str] | None:
        """ffmpeg, its options, and the type of what it makes; None where the picture stays as it is."""
        codec = CODECS[wish.format]
        if not wish.converts and codec == "mjpeg":
            return None
        return self.ffmpeg_bin, photo(wish.picture, codec), CONTENT_TYPES[wish.format]

    def _start_converter(self, picture: Picture) -> Ffmpeg:
        return Ffmpeg(
            self.ffmpeg_bin, converter(picture), what="The converter", stall=2 * self.stall_timeout, given=None
        )

    def _record(self, path: Path, wish: Wish, duration: float | None) -> Recording:
        fps = min(wish.fps or self.picture.fps, self.picture.fps)
        video = VIDEOS[path.suffix.lower()]

        def start(temporary: Path) -> Ffmpeg:
            options = recorder(wish.picture, video, fps, str(temporary))
            return Ffmpeg(self.ffmpeg_bin, options, what="The recorder", given=None)

        def ended(error: PlatypushError | None) -> None:
            self._recording = None
            self.get_bus().post(CameraRecordingStoppedEvent(device=self.label, filename=str(path)))
            if error is None:
                self.get_bus().post(CameraVideoRenderedEvent(device=self.label, filename=str(path)))
            else:
                self.logger.warning("The recording %s failed: %s", path.name, error)

        with self._changing:
            if self._recording is not None:
                raise Conflict(f"{self.label} is recording {self._recording.path.name}. Stop it first: stop_capture.")
            source = self._capture.watch(fps=fps)
            self._recording = Recording(path, source, start, duration=duration, ended=ended)
            recording = self._recording
        self.get_bus().post(CameraRecordingStartedEvent(device=self.label, filename=str(path)))
        return recording

    def state(self) -> dict[str, Any]:
        """What ``status`` gives for this camera."""
        picture, recording = self.picture, self._recording
        viewers = self._capture.viewers + self._variants.viewers
        return {
            "device": self.label,
            "resolution": list(picture.resolution) if picture.resolution else None,
            "fps": picture.fps,
            "quality": picture.quality,
            "rotate": picture.rotate,
            "horizontal_flip": picture.horizontal_flip,
            "vertical_flip": picture.vertical_flip,
            "grayscale": picture.grayscale,
            "scale_x": picture.scale_x,
            "scale_y": picture.scale_y,
            "active": self._capture.active,
            "capturing": recording is not None,
            "streaming": viewers > 0,
            "viewers": viewers,
            "recording": str(recording.path) if recording is not None else None,
            "away": self.presence.reason,
        }

    def _camera(self, device: str | None) -> CameraPlugin:
        if device is None or device in (self.label, self.device):
            return self
        if device not in self._others:
            known = ", ".join(self._others) or "none"
            raise BadRequest(
                f"There is no camera {device!r} among those that are configured: {known}. Which devices are opened is "
                "said by the configuration only.",
                details={"argument": "device"},
            )
        return self._others[device]

    def _folder(self) -> Path:
        return self._output_dir or self.services.config.workdir / self.name
