"""Files below the configured folders, and no others, whatever links there are and whoever moves them meanwhile."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from io import BufferedReader, FileIO
from pathlib import Path
from typing import NamedTuple

from platypush.errors import Forbidden, NotFound
from platypush.media.kinds import is_media_name

__all__ = ["INTERNAL", "SUBTITLES", "Place", "find", "folder_key", "open_file", "read_file", "subtitles_beside", "walk"]

INTERNAL = "/_media/"
"""nginx's internal location for the same folders, each under its ``folder_key``."""
SUBTITLES = (".vtt", ".srt")
"""Names of files with subtitles end with one of these."""

_STEP = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe without a writer would let the opener wait.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Place(NamedTuple):
    """A path below one of the folders: ``folder`` as configured, ``root`` its real path, ``path`` the real one."""

    folder: Path
    root: Path
    path: Path

    @property
    def relative(self) -> Path:
        """The path below the folder."""
        return self.path.relative_to(self.root)


def folder_key(folder: Path) -> str:
    """A name for ``folder`` that nginx and the application make in the same way."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]


def find(path: str, folders: Sequence[Path]) -> Place:
    """Where ``path`` leads when all links are followed; it need not exist.

    Raises Forbidden when that is outside of ``folders``: for what is there and for what is not in the same words.
    """
    if "\0" not in path:
        real = Path(os.path.realpath(path))
        for folder in folders:
            root = Path(os.path.realpath(folder))
            if root in real.parents:
                return Place(folder, root, real)
    raise Forbidden(
        f"{path!r} is not below one of the folders in media_dirs of the section media. Add its folder there."
    )


def open_file(place: Place) -> tuple[FileIO, os.stat_result]:
    """The regular file that is there, open, and its status.

    Folder by folder from the configured one down, following no link: one that was put there since ``find`` makes
    that fail. Raises NotFound for anything but a readable file.
    """
    try:
        folder = os.open(place.root, _STEP)
        try:
            *steps, name = place.relative.parts
            for step in steps:
                inner = os.open(step, _STEP, dir_fd=folder)
                os.close(folder)
                folder = inner
            handle = os.open(name, _READ, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise NotFound(f"There is no file {str(place.path)!r} that the hub can read.") from error
    status = os.fstat(handle)
    if stat.S_ISREG(status.st_mode):
        # Closes itself where a caller has given up waiting for it.
        return FileIO(handle), status
    os.close(handle)
    raise NotFound(f"{str(place.path)!r} is no file.")


def read_file(place: Place, most: int) -> bytes:
    """The first ``most`` bytes of a file. Raises NotFound."""
    file, _ = open_file(place)
    with BufferedReader(file) as reader:
        return reader.read(most)


def subtitles_beside(place: Place) -> Path | None:
    """The file of subtitles that belongs to a film: of the same name but for its end, or with a language before that.

    WebVTT before SubRip, no language before any: ``film.vtt``, ``film.srt``, ``film.en.vtt``, ``film.en.srt``.
    """
    stem = place.path.stem.lower()
    try:
        names = sorted(os.listdir(place.path.parent))
    except OSError:
        return None
    fitting = []
    for name in names:
        beginning, dot, end = name.lower().rpartition(".")
        if dot + end in SUBTITLES and (beginning == stem or beginning.rpartition(".")[0] == stem):
            # False for what cannot be looked at, too.
            if not os.path.isfile(place.path.parent / name):
                continue
            fitting.append((beginning != stem, SUBTITLES.index(dot + end), name))
    return place.path.parent / min(fitting)[2] if fitting else None


def walk(folders: Sequence[Path], most: int) -> Iterator[Place]:
    """Files below ``folders`` that are media by their names, folder by folder in the order of their names.

    Hidden ones, links, and those whose names are no text are passed over. Ends after ``most`` files of any kind.
    """
    seen = 0
    for folder in folders:
        root = os.path.realpath(folder)
        for base, inner, names in os.walk(root):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            for name in sorted(names):
                seen += 1
                if seen > most:
                    return
                path = os.path.join(base, name)
                if is_media_name(name) and not name.startswith(".") and not os.path.islink(path) and _is_text(path):
                    yield Place(folder, Path(root), Path(path))


def _is_text(path: str) -> bool:
    """Whether JSON and the database can have it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
