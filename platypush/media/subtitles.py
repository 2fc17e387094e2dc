"""Subtitles as players in browsers read them: SubRip becomes WebVTT (https://www.w3.org/TR/webvtt1/). Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from platypush.errors import BadRequest

__all__ = ["LARGEST", "to_webvtt"]

LARGEST = 4 * 1024 * 1024
"""Bytes of a file of subtitles; those of a long film have a twentieth of it."""

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[,.](\d{1,3})\d*)?"
_TIMES = re.compile(rf"{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_TAG = re.compile(r"</?([a-z]+)\b[^<>]*>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{\\[^{}]*\}|\{/?[bius]\}", re.IGNORECASE)
_AT_THE_TOP = re.compile(r"\{\\an[789]\}")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d{1,7}|#x[0-9a-f]{1,6});)", re.IGNORECASE)
_KEPT = frozenset({"b", "i", "u"})


def to_webvtt(data: bytes) -> bytes:
    """A file of subtitles, SubRip or WebVTT, as WebVTT in UTF-8.

    WebVTT stays as it is. Of SubRip, whatever its line ends, its encoding (UTF-8, UTF-16, else Windows-1252) and its
    small mistakes, each block with a line of times becomes a cue; other blocks are left out. Raises BadRequest when
    nothing is left, and for a file that is too large.
    """
    if len(data) > LARGEST:
        raise BadRequest(f"The subtitles have {len(data)} bytes; {LARGEST} is the limit.")
    text = _decoded(data)
    if re.match(r"WEBVTT(?:[ \t\n]|$)", text):
        return text.encode()
    cues = list(_cues(text))
    if not cues:
        raise BadRequest(
            "There are no subtitles in the file: neither WebVTT, nor a block with times as SubRip has them."
        )
    return ("WEBVTT\n\n" + "\n\n".join(cues) + "\n").encode()


def _decoded(data: bytes) -> str:
    """The text with ``\\n`` as line ends, without characters that only disturb."""
    text = None
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            break
    if text is None and data[:200].count(0) >= min(len(data), 200) // 4 > 0:
        # ASCII in UTF-16: every second byte is zero. Which one tells the order.
        text = data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", "replace")
    if text is None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _cues(text: str) -> Iterator[str]:
    for block in re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.strip()):
        lines = [line.strip() for line in block.split("\n")]
        found = [(number, match) for number, line in enumerate(lines) if (match := _TIMES.fullmatch(line))]
        # A line of times that nobody can read spoils what is below it, not the blocks around.
        for position, (number, match) in enumerate(found):
            last = position + 1 == len(found)
            end = len(lines) if last else found[position + 1][0]
            # Without an empty line between two blocks, the number of the next one is the last line of this.
            if not last and lines[end - 1].isdecimal():
                end -= 1
            if cue := _cue(match, "\n".join(filter(None, lines[number + 1 : end]))):
                yield cue


def _cue(times: re.Match[str], text: str) -> str | None:
    begin, end = _milliseconds(*times.groups()[:4]), _milliseconds(*times.groups()[4:])
    if begin is None or end is None or end <= begin:
        return None
    shown = _marked_up(text)
    if not shown:
        return None
    place = " line:5%" if _AT_THE_TOP.search(text) else ""
    return f"{_written(begin)} --> {_written(end)}{place}\n{shown}"


def _milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int | None:
    if int(minutes) > 59 or int(seconds) > 59:
        return None
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "").ljust(3, "0"))


def _written(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"


def _marked_up(text: str) -> str:
    """The text with the tags that WebVTT has too; everything else in it stands for itself."""
    text = _ENTITY.sub("&amp;", _OVERRIDE.sub("", text))
    parts, position = [], 0
    for tag in _TAG.finditer(text):
        parts.append(_escaped(text[position : tag.start()]))
        name = tag[1].lower()
        if name in _KEPT:
            parts.append(f"</{name}>" if tag[0].startswith("</") else f"<{name}>")
        elif name != "font":
            parts.append(_escaped(tag[0]))
        position = tag.end()
    parts.append(_escaped(text[position:]))
    return "\n".join(filter(None, (line.strip() for line in "".join(parts).split("\n"))))


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")
