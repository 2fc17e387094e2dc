"""Root acting for somebody else, so that files stay theirs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["as_owner", "belong_like", "nearest"]


@contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """Root becomes the owner of ``folder`` until the end of the block; anybody else stays who they are.

    For the whole process: no other thread may run meanwhile. Nothing happens where there is no such folder.
    """
    if os.geteuid() != 0 or not folder.exists() or folder.stat().st_uid == 0:
        yield
        return
    owner = folder.stat()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def nearest(path: Path) -> Path:
    """``path``, or the nearest folder above it that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def belong_like(path: Path, target: Path) -> None:
    """As root, give ``path`` the owner of ``target``, or where there is none, of the nearest folder above it."""
    if os.geteuid() == 0:
        owner = nearest(target).stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
