"""The arguments of ffmpeg for pictures and films, from what is wanted. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from platypush.plugins.camera._picture import Picture

__all__ = ["CODECS", "QUIET", "VIDEOS", "converter", "filters", "jpegs", "photo", "recorder"]

QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error")
"""ffmpeg reads no keys, and says only what went wrong."""

_PROMPT = ("-fflags", "nobuffer", "-probesize", "32", "-analyzeduration", "0", "-threads", "1")
CODECS = {"jpg": "mjpeg", "jpeg": "mjpeg", "png": "png", "bmp": "bmp"}

_FRAGMENTS = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
"""A file that can be played however its recording ended."""
_H264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50")
VIDEOS: dict[str, tuple[str, ...]] = {
    ".mp4": (*_H264, *_FRAGMENTS, "-f", "mp4"),
    ".mkv": (*_H264, "-f", "matroska"),
    ".webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "5", "-b:v", "1M", "-f", "webm"),
    ".avi": ("-c:v", "copy", "-f", "avi"),
    ".mjpeg": ("-c:v", "copy", "-f", "mjpeg"),
}
"""For each ending of a video file how it is made."""


def filters(picture: Picture) -> str:
    """ffmpeg's filter chain for ``picture``; empty when nothing is to be done."""
    chain = []
    if picture.resolution is not None:
        chain.append("scale={}:{}".format(*picture.resolution))
    if picture.grayscale:
        chain.append("format=gray")
    chain += _rotation(picture.rotate % 360)
    if picture.horizontal_flip:
        chain.append("hflip")
    if picture.vertical_flip:
        chain.append("vflip")
    if (picture.scale_x, picture.scale_y) != (1.0, 1.0):
        chain.append(f"scale=max(iw*{picture.scale_x:g}\\,2):max(ih*{picture.scale_y:g}\\,2)")
    return ",".join(chain)


def _rotation(degrees: float) -> list[str]:
    if degrees in (0, 90, 180, 270):
        return {0: [], 90: ["transpose=cclock"], 180: ["hflip", "vflip"], 270: ["transpose=clock"]}[int(degrees)]
    angle = f"{-degrees:g}*PI/180"
    return [f"rotate={angle}:ow=rotw({angle}):oh=roth({angle})"]


def jpegs(picture: Picture, *, copy: bool = False) -> tuple[str, ...]:
    """Output options: JPEG pictures in parts with their length, to standard output.

    ``copy``: they are JPEG already, and stay as they are.
    """
    chain = filters(picture)
    encoding = ("-c:v", "copy") if copy else (*_jpeg(picture.quality), *(("-vf", chain) if chain else ()))
    return (*encoding, "-an", "-sn", "-flush_packets", "1", "-f", "mpjpeg", "pipe:1")


def converter(picture: Picture) -> tuple[str, ...]:
    """Options of an ffmpeg that makes other pictures of those that it is given."""
    return (*QUIET, *_PROMPT, "-f", "mpjpeg", "-i", "pipe:0", "-fps_mode", "passthrough", *jpegs(picture))


def photo(picture: Picture, codec: str) -> tuple[str, ...]:
    """Options of an ffmpeg that makes one other picture of one."""
    chain = filters(picture)
    encoding = _jpeg(picture.quality) if codec == "mjpeg" else ("-c:v", codec)
    change = ("-vf", chain) if chain else ()
    return (
        *QUIET,
        "-f",
        "jpeg_pipe",
        "-i",
        "pipe:0",
        "-frames:v",
        "1",
        *change,
        *encoding,
        "-f",
        "image2pipe",
        "pipe:1",
    )


def recorder(picture: Picture, video: Sequence[str], fps: float, path: str) -> tuple[str, ...]:
    """Options of an ffmpeg that writes the pictures that it is given to a film, by the clock."""
    copies = "copy" in video
    # Odd numbers of pixels are none that H.264 takes.
    chain = ",".join(filter(None, (filters(picture), f"fps={fps:g}", "scale=trunc(iw/2)*2:trunc(ih/2)*2")))
    given = ("-use_wallclock_as_timestamps", "1", "-f", "mpjpeg", "-i", "pipe:0")
    return (*QUIET, "-y", *given, *(() if copies else ("-vf", chain)), *video, f"file:{path}")


def _jpeg(quality: int) -> tuple[str, ...]:
    scale = round(31 - 29 * quality / 100)
    return ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-threads", "1", "-q:v", str(scale))
