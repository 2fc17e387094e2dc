"""One picture, as it is now."""

from __future__ import annotations

from platypush.plugins.camera._ffmpeg import convert
from platypush.streams import Source

__all__ = ["Photo"]


class Photo:
    """A viewer of one picture, which is converted for him."""

    def __init__(self, source: Source, conversion: tuple[str, tuple[str, ...], str] | None) -> None:
        self._source = source
        self._conversion = conversion
        self.content_type = conversion[2] if conversion is not None else source.content_type

    def next(self, seconds: float) -> bytes | None:
        """See ``Source.next``. Also raises what ``convert`` does."""
        picture = self._source.next(seconds)
        if picture is None or self._conversion is None:
            return picture
        # The camera is not kept open for it.
        self._source.close()
        program, options, _ = self._conversion
        return convert(program, options, picture)

    def close(self) -> None:
        """See ``Source.close``."""
        self._source.close()
