"""What a medium is: decided by libmagic from its first bytes, by its name only where these say nothing."""

from __future__ import annotations

import mimetypes
import re
from importlib import import_module
from pathlib import PurePosixPath

from platypush.errors import BadRequest, Unavailable

__all__ = ["HEAD_BYTES", "ending", "is_media", "is_media_name", "kind_by_name", "kind_of"]

HEAD_BYTES = 64 * 1024
"""How much of a medium is looked at; an ID3 tag with a picture stands before the sound."""

_UNKNOWN = "application/octet-stream"
_TYPES = frozenset({"audio", "video", "image"})
_SYNONYMS = {"application/ogg": "video/ogg", "application/vnd.rn-realmedia": "video/vnd.rn-realvideo"}
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+_-]{0,100}")
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")

# Beside what the standard library knows, whose table depends on the machine's /etc/mime.types.
_BY_ENDING = {
    "3g2": "video/3gpp2",
    "3gp": "video/3gpp",
    "aac": "audio/aac",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "ape": "audio/ape",
    "asf": "video/x-ms-asf",
    "avi": "video/x-msvideo",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "dsf": "audio/x-dsf",
    "dv": "video/dv",
    "f4v": "video/mp4",
    "flac": "audio/flac",
    "flv": "video/x-flv",
    "gif": "image/gif",
    "heic": "image/heic",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m2ts": "video/mp2t",
    "m2v": "video/mpeg",
    "m4a": "audio/mp4",
    "m4b": "audio/mp4",
    "m4v": "video/mp4",
    "mka": "audio/x-matroska",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp2": "audio/mpeg",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpc": "audio/x-musepack",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "mts": "video/mp2t",
    "mxf": "video/mxf",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogm": "video/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "png": "image/png",
    "qt": "video/quicktime",
    "rm": "video/vnd.rn-realvideo",
    "rmvb": "video/vnd.rn-realvideo",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ts": "video/mp2t",
    "vob": "video/mpeg",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webp": "image/webp",
    "wma": "audio/x-ms-wma",
    "wmv": "video/x-ms-wmv",
    "wv": "audio/x-wavpack",
}


def kind_of(head: bytes, name: str) -> str:
    """The type of a medium with these first bytes and this name: ``video/mp4``.

    Raises BadRequest for what is neither sound nor picture nor film, Unavailable where libmagic is missing.
    """
    found = _looked_at(head)
    found = _SYNONYMS.get(found, found)
    if is_media(found):
        return found
    if found == _UNKNOWN and (by_name := kind_by_name(name)) is not None:
        return by_name
    raise BadRequest(f"{name!r} is no medium: it has the type {found}. Sound, pictures and films are served here.")


def is_media(kind: str) -> bool:
    """Whether a type is one of sound, pictures or films."""
    return kind.partition("/")[0] in _TYPES and _TYPE.fullmatch(kind) is not None


def is_media_name(name: str) -> bool:
    """Whether a file of this name is likely to be a medium."""
    return name.rpartition(".")[2].lower() in _BY_ENDING


def kind_by_name(name: str) -> str | None:
    """The type that files of such a name usually have; None where that is no medium."""
    kind = _BY_ENDING.get(name.rpartition(".")[2].lower()) or mimetypes.guess_type(name)[0]
    return kind if kind and is_media(kind) else None


def ending(name: str, kind: str) -> str:
    """What the address of a medium ends with, so that players know it: ``.mp4``, or nothing."""
    own = PurePosixPath(name).suffix.lower()
    if _ENDING.fullmatch(own) and kind_by_name(f"x{own}"):
        return own
    usual = next((f".{end}" for end, its_kind in _BY_ENDING.items() if its_kind == kind), None)
    return usual or mimetypes.guess_extension(kind) or ""


def _looked_at(head: bytes) -> str:
    try:
        # Brought by an extra, so imported where it is needed; it looks for the library while it is imported.
        magic = import_module("magic")
    except ImportError as error:
        raise Unavailable(
            "The types of media are found out by libmagic, which is missing. Install it beside the hub: "
            "pip install 'platypush[media]', and on Debian: apt install libmagic1"
        ) from error
    found: str = magic.from_buffer(head, mime=True)
    return found
