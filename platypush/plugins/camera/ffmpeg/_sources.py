"""ffmpeg's options for each kind of source. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from platypush.errors import ConfigurationError
from platypush.plugins.camera._arguments import QUIET, filters, jpegs
from platypush.plugins.camera._picture import Picture

__all__ = ["FfmpegSource", "make_source"]

_PROMPT = ("-fflags", "nobuffer", "-flags", "low_delay")
_NETWORK = {
    "http": "http,tcp",
    "https": "https,http,tls,tcp,crypto",
    "rtsp": "rtsp,rtp,srtp,udp,tcp",
    "rtsps": "rtsps,rtsp,rtp,srtp,tls,udp,tcp,crypto",
    "rtmp": "rtmp,tcp",
    "tcp": "tcp",
    "udp": "udp",
}
"""For each scheme of a URL, what ffmpeg may use for it: what comes from there leads to no file, and nowhere else."""
_VIDEO_FORMATS = "mpjpeg,mjpeg,jpeg_pipe,mov,matroska,flv,live_flv,mpegts,h264,hevc,avi,asf,ogg"
"""What may come over HTTP: pictures and films, and no lists of further addresses, unless ``input_format`` says so."""
_SIZE = (640, 480)
_TEST_PICTURES = re.compile(r"[a-z0-9_]+(=.*)?", re.DOTALL)
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FfmpegSource:
    """How ffmpeg is called for a source."""

    options: tuple[str, ...]
    """Everything behind the program's name; nothing secret is in it."""
    given: bytes = b""
    """For its standard input."""
    device: Path | None = None
    """A file that has to be there."""


def make_source(
    device: str,
    picture: Picture,
    *,
    input_format: str | None,
    input_codec: str | None,
    ffmpeg_args: tuple[str, ...],
    timeout: float,
    http_options: frozenset[str] = frozenset(),
) -> FfmpegSource:
    """How ffmpeg shows ``device`` as ``picture``. Raises ConfigurationError for what is no source.

    ``http_options`` are those that this ffmpeg has.
    """
    parts = urlsplit(device)
    if input_format == "lavfi":
        return _test_picture(device, picture, ffmpeg_args)
    if parts.scheme in _NETWORK and parts.hostname:
        settings = _network_settings(parts.scheme, input_format, timeout, http_options)
        return _network(device, picture, input_format, input_codec, ffmpeg_args, settings)
    if "://" in device:
        raise ConfigurationError(
            f"device: ffmpeg is not given {parts.scheme}:// here. Use one of: {', '.join(_NETWORK)}; or a path."
        )
    path = Path(device).expanduser()
    if not path.is_absolute():
        raise ConfigurationError(
            f"device: {device!r} is neither an absolute path nor a URL. For a test picture set input_format: lavfi."
        )
    if input_format == "v4l2" or (input_format is None and path.parent == Path("/dev")):
        return _v4l2(path, picture, input_codec, ffmpeg_args)
    return _file(path, picture, input_format, ffmpeg_args)


def _v4l2(path: Path, picture: Picture, codec: str | None, more: tuple[str, ...]) -> FfmpegSource:
    width, height = picture.resolution or _SIZE
    wanted = ("-framerate", f"{picture.fps:g}", "-video_size", f"{width}x{height}")
    codecs = ("-input_format", codec) if codec else ()
    given = ("-f", "v4l2", *codecs, *wanted, *more, "-i", str(path))
    # Cameras that give JPEG in the wanted size anyway: nothing is computed then.
    copies = codec == "mjpeg" and not filters(_without_size(picture))
    return FfmpegSource(
        options=(*QUIET, *_PROMPT, *given, *_output(picture, copy=copies)),
        device=path,
    )


def _test_picture(graph: str, picture: Picture, more: tuple[str, ...]) -> FfmpegSource:
    if not _TEST_PICTURES.fullmatch(graph):
        raise ConfigurationError(f"device: {graph!r} is no source of ffmpeg's filters, such as testsrc or smptebars.")
    width, height = picture.resolution or _SIZE
    if "=" not in graph:
        graph = f"{graph}=size={width}x{height}:rate={picture.fps:g}"
    return FfmpegSource(options=(*QUIET, "-re", "-f", "lavfi", *more, "-i", graph, *_output(picture)))


def _file(path: Path, picture: Picture, form: str | None, more: tuple[str, ...]) -> FfmpegSource:
    forms = ("-f", form) if form else ()
    given = ("-re", "-stream_loop", "-1", "-protocol_whitelist", "file", *forms, *more, "-i", f"file:{path}")
    return FfmpegSource(options=(*QUIET, *given, *_output(picture)), device=path)


def _network(
    url: str,
    picture: Picture,
    form: str | None,
    codec: str | None,
    more: tuple[str, ...],
    settings: list[tuple[str, str]],
) -> FfmpegSource:
    parts = urlsplit(url)
    protocols = _NETWORK[parts.scheme]
    output = _output(picture, copy=codec == "mjpeg" and picture.plain)
    if "@" not in parts.netloc:
        forms = ("-f", form) if form else ()
        given = [word for name, value in settings for word in (f"-{name}", value)]
        options = (*QUIET, *_PROMPT, "-protocol_whitelist", protocols, *forms, *given, *more, "-i", url, *output)
        return FfmpegSource(options=options)
    # Name and password are in the URL, and everybody on this machine can read the arguments of a process: it goes to
    # ffmpeg's standard input, as a list with one entry.
    if any(character in url for character in "'\\\r\n"):
        raise ConfigurationError("device: write quotes and backslashes in the URL percent-encoded.")
    lines = ["ffconcat version 1.0", f"file '{url}'", *(f"option {name} {value}" for name, value in settings)]
    # In the list the setting is for what is listed.
    opened = ("-f", "concat", "-safe", "0", "-protocol_whitelist", f"pipe,{protocols}", *more, "-i", "pipe:0")
    return FfmpegSource(options=(*QUIET, *_PROMPT, *opened, *output), given="\n".join([*lines, ""]).encode())


def _network_settings(
    scheme: str, form: str | None, timeout: float, http_options: frozenset[str]
) -> list[tuple[str, str]]:
    microseconds = str(int(timeout * _MICROSECONDS))
    if scheme.startswith("rts"):
        # Over TCP: a picture without holes counts more here than one that is early.
        return [("timeout", microseconds), ("rtsp_transport", "tcp")]
    settings = [] if scheme == "udp" else [("rw_timeout", microseconds)]
    if scheme.startswith("http"):
        # A camera that was taken over shall lead the hub nowhere else.
        if "max_redirects" in http_options:
            settings.append(("max_redirects", "0"))
        if form is None:
            settings.append(("format_whitelist", _VIDEO_FORMATS))
    return settings


def _output(picture: Picture, *, copy: bool = False) -> tuple[str, ...]:
    return ("-map", "0:v:0", *(() if copy else ("-r", f"{picture.fps:g}")), *jpegs(picture, copy=copy))


def _without_size(picture: Picture) -> Picture:
    return Picture(
        grayscale=picture.grayscale,
        rotate=picture.rotate,
        horizontal_flip=picture.horizontal_flip,
        vertical_flip=picture.vertical_flip,
        scale_x=picture.scale_x,
        scale_y=picture.scale_y,
    )
