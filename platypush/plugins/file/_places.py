"""Reaching files below allowed folders only, whatever links there are and whoever moves them meanwhile.

A path is resolved and checked first. Then its folders are opened one after the other from the allowed one down,
following no link: one that was put there since the check makes that fail.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platypush.errors import BadRequest, Forbidden

__all__ = ["Place", "Places"]

_STEP = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is or will be: ``name`` in the open folder ``folder`` (a descriptor). ``path`` is for messages."""

    folder: int
    name: str
    path: Path

    def open(self, flags: int, mode: int = 0o666) -> int:
        """Open what is here, following no link. Raises OSError."""
        return os.open(self.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=self.folder)

    def stat(self) -> os.stat_result:
        """The status of what is here, of a link itself. Raises OSError."""
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)

    def is_folder(self) -> bool:
        """Whether a folder is here. Raises OSError when nothing is."""
        return stat.S_ISDIR(self.stat().st_mode)


class Places:
    """The folders that can be reached. Immutable."""

    def __init__(self, roots: Sequence[Path] | None) -> None:
        """``roots`` None or empty: the whole machine. They need not exist yet."""
        self._roots = tuple(root.expanduser().absolute() for root in roots or ())

    @contextmanager
    def at(self, path: str, *, follow: bool = True) -> Iterator[Place]:
        """The place of ``path``; with ``follow``, of what it is a link to.

        Raises Forbidden outside of the roots, BadRequest for what is no path, OSError.
        """
        real, root = self._resolve(path, follow=follow)
        parts = real.relative_to(root).parts
        folder = os.open(root, _STEP)
        try:
            for part in parts[:-1]:
                inner = os.open(part, _STEP, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield Place(folder, parts[-1] if parts else ".", real)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Forbidden(f"{path} was replaced by a link while it was being used.") from error
            # Descriptors make messages without the folder: the whole path says more.
            raise type(error)(error.errno, error.strerror, str(real)) from error
        finally:
            os.close(folder)

    def missing(self, path: str) -> list[str]:
        """The folders of ``path`` that do not exist, the topmost first."""
        real, _ = self._resolve(path, follow=True)
        return [str(folder) for folder in (*reversed(real.parents), real) if not folder.exists()]

    def _resolve(self, path: str, *, follow: bool) -> tuple[Path, Path]:
        if not path or "\0" in path:
            raise BadRequest("A path must not be empty, nor have a zero character in it.")
        try:
            wanted = Path(path).expanduser()
            if not wanted.is_absolute():
                wanted = (self._roots[0] if self._roots else Path.home()) / wanted
            name = wanted.name
            whole = follow or name in ("", "..")
            real = wanted.resolve() if whole else wanted.parent.resolve() / name
            roots = [root.resolve() for root in self._roots] or [Path("/")]
        except RuntimeError as error:
            raise BadRequest(f"{path} cannot be resolved: {error}") from error
        for root in roots:
            if real == root or root in real.parents:
                return real, root
        raise Forbidden(
            f"{path} is outside of the folders that the section file allows: {', '.join(map(str, self._roots))}."
        )
