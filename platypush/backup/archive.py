"""The archive itself: writing members while counting and hashing them, and reading one that may be hostile."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Self

from platypush.backup.manifest import MANIFEST, Manifest, Member, check_name
from platypush.errors import BackupFailed

__all__ = ["ArchiveWriter", "open_archive", "verify", "extract"]

_CHUNK = 1 << 20
_MANIFEST_LIMIT = 64 << 20


class ArchiveWriter:
    """Writes a gzipped tar to an open file and notes what it wrote.

    A context manager: what is left half-way is closed too, and an archive without a manifest is none.
    """

    def __init__(self, file: BinaryIO) -> None:
        # 6 is gzip's own default; tarfile's, 9, takes three times as long for one per cent.
        self._tar = tarfile.open(fileobj=file, mode="w:gz", compresslevel=6, format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.members: list[Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # On a full disk the end cannot be written either; the reason is under way already.
        with suppress(OSError) if kind else nullcontext():
            self._tar.close()

    def add(self, name: str, path: Path, *, mode: int | None = None) -> None:
        """Add the regular file ``path`` as ``name``; ``mode`` in the place of its own.

        Raises OSError, also when the file shrinks meanwhile, and BackupFailed when it is no regular file.
        """
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BackupFailed(f"{path} is no regular file.")
            info = tarfile.TarInfo(check_name(name))
            info.size, info.mtime = status.st_size, int(status.st_mtime)
            info.mode = stat.S_IMODE(status.st_mode) & 0o777 if mode is None else mode
            reader = _Hashing(file)
            self._tar.addfile(info, reader)
        self.members.append(Member(name, info.size, info.mode, reader.digest()))

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest and close the archive (not the file)."""
        data = manifest.to_json()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, BytesIO(data))
        self._tar.close()


class _Hashing:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def digest(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def open_archive(path: Path) -> Iterator[BinaryIO]:
    """The file ``path`` for reading. Raises BackupFailed when there is none that can be read."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupFailed(f"The archive {path} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def verify(file: BinaryIO) -> Manifest:
    """Read the whole archive, write nothing, and return its manifest.

    Raises BackupFailed unless every member is a regular file below one of the known folders, is there once, and has
    the size and the checksum that the manifest says, and none is missing.
    """
    found: dict[str, Member] = {}
    manifest = None
    with _opened(file) as tar:
        for info in tar:
            if manifest is not None:
                raise BackupFailed(f"The archive goes on after its manifest, with {info.name!r}.")
            if info.name == MANIFEST and info.isreg() and info.size <= _MANIFEST_LIMIT:
                manifest = Manifest.from_json(_content(tar, info).read())
            else:
                found[info.name] = _examined(tar, info, found)
    if manifest is None:
        raise BackupFailed("The archive has no manifest at its end: it is no backup of Platypush, or it was cut off.")
    _compare(manifest, found)
    return manifest


def extract(file: BinaryIO, manifest: Manifest, place: Callable[[Member], BinaryIO | None]) -> None:
    """Write each member of a verified archive to the file that ``place(member)`` opens; None leaves it out.

    Raises BackupFailed when the archive is not the verified one any more, and OSError.
    """
    wanted = {member.name: member for member in manifest.members}
    with _opened(file) as tar:
        for info in tar:
            member = wanted.get(info.name)
            target = place(member) if member is not None else None
            if member is None or target is None:
                continue
            with target:
                if not info.isreg() or _copy(_content(tar, info), target) != member.sha256:
                    raise BackupFailed("The archive was changed while it was read.")
                target.flush()
                os.fsync(target.fileno())


def _examined(tar: tarfile.TarFile, info: tarfile.TarInfo, found: Mapping[str, Member]) -> Member:
    check_name(info.name)
    if not info.isreg():
        raise BackupFailed(f"The archive holds {info.name!r}, which is no regular file (a link or a device).")
    if info.name in found:
        raise BackupFailed(f"The archive holds {info.name!r} twice.")
    return Member(info.name, info.size, info.mode, _copy(_content(tar, info), None))


@contextmanager
def _opened(file: BinaryIO) -> Iterator[tarfile.TarFile]:
    """The archive from its beginning; what is wrong with it while the block reads it is a BackupFailed."""
    file.seek(0)
    try:
        with tarfile.open(fileobj=file, mode="r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupFailed(f"The archive is damaged: {error}.") from error
    except OSError as error:
        if error.errno is None:  # gzip's own: no gzip file, a wrong checksum
            raise BackupFailed(f"The archive is damaged: {error}.") from error
        raise


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    content = tar.extractfile(info)
    if content is None:
        raise BackupFailed(f"The archive holds {info.name!r}, which is no regular file.")
    return content  # type: ignore[return-value] # a buffered reader of bytes


def _copy(source: BinaryIO, target: BinaryIO | None) -> str:
    digest = hashlib.sha256()
    while data := source.read(_CHUNK):
        digest.update(data)
        if target is not None:
            target.write(data)
    return digest.hexdigest()


def _compare(manifest: Manifest, found: dict[str, Member]) -> None:
    expected = {member.name: member for member in manifest.members}
    if len(expected) != len(manifest.members):
        raise BackupFailed("The archive's manifest names a file twice.")
    for name in sorted(expected.keys() ^ found.keys()):
        where = "is missing in the archive" if name in expected else "is in the archive, but not in its manifest"
        raise BackupFailed(f"{name} {where}. It is damaged, or was changed.")
    for name, member in expected.items():
        if (found[name].size, found[name].sha256) != (member.size, member.sha256):
            raise BackupFailed(f"{name} does not have the checksum of the manifest: the archive is damaged.")
