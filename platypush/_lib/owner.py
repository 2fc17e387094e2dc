"""Root acting for somebody else, so that files stay theirs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["as_owner"]


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
