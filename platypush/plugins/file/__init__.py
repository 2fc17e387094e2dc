"""Files and folders of the machine."""

from __future__ import annotations

import base64
import binascii
import io
import os
from pathlib import Path
from typing import Any

from platypush.errors import BadRequest, TooLarge
from platypush.plugins import Plugin, action
from platypush.plugins.file import _content as content_of
from platypush.plugins.file._entries import describe, list_folder
from platypush.plugins.file._places import Places

__plugin__ = "FilePlugin"
__all__ = ["FilePlugin"]


class FilePlugin(Plugin):
    """Read, write and arrange files as the user that the hub runs as. Loaded only when it has a section.

    With ``roots`` nothing outside of these folders can be reached, by links neither.
    """

    def __init__(self, *, roots: list[Path] | None = None, max_size: int = 16 * 1024 * 1024, **kwargs: Any) -> None:
        """
        :param roots: The folders that can be reached. Default: everything. Relative paths are below the first one,
            without roots below the home folder.
        :param max_size: Bytes that may be read or written at once.
        """
        super().__init__(**kwargs)
        self._places = Places(roots)
        self.max_size = max_size

    @action
    def read(self, file: str, binary: bool = False) -> str:
        """Read a file.

        :param file: Its path.
        :param binary: Return Base64; without it the file has to be UTF-8 text.
        :return: The content.
        """
        with self._places.at(file) as place:
            data = content_of.read(place, self.max_size)
        if binary:
            return base64.b64encode(data).decode()
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise BadRequest(f"{file} is not UTF-8 text. Read it with binary: true, which gives Base64.") from None

    @action
    def write(self, file: str, content: str, binary: bool = False) -> None:
        """Write a file; one that exists is replaced, as a whole or not at all.

        :param file: Its path. The folder has to exist.
        :param content: The new content.
        :param binary: Whether ``content`` is Base64.
        """
        data = self._data(content, binary)
        with self._places.at(file) as place:
            content_of.replace(place, io.BytesIO(data))

    @action
    def append(self, file: str, content: str, binary: bool = False) -> None:
        """Add to the end of a file; it is made when it does not exist.

        :param file: Its path.
        :param content: What to add.
        :param binary: Whether ``content`` is Base64.
        """
        data = self._data(content, binary)
        with self._places.at(file) as place:
            content_of.append(place, data)

    @action
    def getsize(self, file: str) -> int:
        """The size of a file.

        :param file: Its path.
        :return: Bytes.
        """
        with self._places.at(file) as place:
            return place.stat().st_size

    @action
    def exists(self, file: str) -> bool:
        """Whether there is a file or folder of that name.

        :param file: Its path.
        :return: Whether it exists.
        """
        try:
            with self._places.at(file) as place:
                place.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    @action
    def info(self, file: str) -> dict[str, Any]:
        """What is known about a file or folder. A link is described as itself.

        :param file: Its path.
        :return: ``{name, path, type, size, mode, last_modified}``.
        """
        with self._places.at(file, follow=False) as place:
            return describe(place.path, place.stat())

    @action
    def list(self, path: str = ".", hidden: bool = False, limit: int = 10_000) -> list[dict[str, Any]]:
        """The content of a folder.

        :param path: The folder.
        :param hidden: Whether to show names that begin with a dot.
        :param limit: How many entries to return at most.
        :return: A list of ``{name, path, type, size, mode, last_modified}``: folders first, then by name.
        """
        with self._places.at(path) as place:
            return list_folder(place, hidden, limit)

    @action
    def copy(self, source: str, target: str) -> str:
        """Copy a file; one that exists at the target is replaced.

        :param source: The file.
        :param target: The new file, or a folder to copy it into.
        :return: The path of the copy.
        """
        with self._places.at(source) as origin, self._places.at(self._target(source, target)) as place:
            content_of.copy(origin, place)
            return str(place.path)

    @action
    def move(self, source: str, target: str) -> str:
        """Move or rename a file or folder; a file that exists at the target is replaced.

        :param source: The file or folder.
        :param target: The new path, or a folder to move it into.
        :return: The new path.
        """
        destination = self._target(source, target)
        with self._places.at(source, follow=False) as origin, self._places.at(destination, follow=False) as place:
            content_of.move(origin, place)
            return str(place.path)

    @action
    def unlink(self, file: str) -> None:
        """Remove a file or a link.

        :param file: Its path.
        """
        with self._places.at(file, follow=False) as place:
            os.unlink(place.name, dir_fd=place.folder)

    @action
    def mkdir(self, path: str, parents: bool = True, exist_ok: bool = True) -> None:
        """Make a folder.

        :param path: Its path.
        :param parents: Whether to make missing folders above it too.
        :param exist_ok: Whether it may exist already.
        """
        missing = self._places.missing(path) if parents else [path]
        for step in missing or [path]:
            with self._places.at(step) as place:
                try:
                    os.mkdir(place.name, dir_fd=place.folder)
                except FileExistsError:
                    if not exist_ok or not place.is_folder():
                        raise

    @action
    def rmdir(self, path: str) -> None:
        """Remove an empty folder.

        :param path: Its path.
        """
        with self._places.at(path, follow=False) as place:
            os.rmdir(place.name, dir_fd=place.folder)

    @action
    def touch(self, file: str) -> None:
        """Set a file's time of change to now; it is made when it does not exist.

        :param file: Its path.
        """
        with self._places.at(file) as place:
            content_of.append(place, b"")
            os.utime(place.name, dir_fd=place.folder, follow_symlinks=False)

    @action
    def chmod(self, file: str, mode: str) -> None:
        """Set the permissions of a file or folder.

        :param file: Its path.
        :param mode: In octal, such as ``"640"``.
        """
        try:
            number = int(mode, 8)
        except ValueError:
            number = -1
        if not 0 <= number <= 0o7777:
            raise BadRequest(f"{mode!r} is no mode: give up to four octal digits, such as '640'.")
        with self._places.at(file) as place:
            content_of.chmod(place, number)

    def _data(self, content: str, binary: bool) -> bytes:
        try:
            data = base64.b64decode(content, validate=True) if binary else content.encode()
        except binascii.Error as error:
            raise BadRequest(f"The content is not Base64: {error}") from error
        if len(data) > self.max_size:
            raise TooLarge(f"The content has {len(data)} bytes; max_size of the section file allows {self.max_size}.")
        return data

    def _target(self, source: str, target: str) -> str:
        try:
            with self._places.at(target) as place:
                inside = place.is_folder()
        except FileNotFoundError:
            inside = False
        return os.path.join(target, Path(source).name) if inside else target
