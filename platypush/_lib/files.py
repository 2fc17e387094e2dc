"""Files and folders as a service keeps them: private, whole or not there at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["SOCKET_PATH_LIMIT", "check_socket_path", "private_dir", "safe_join", "write_private"]

SOCKET_PATH_LIMIT = 107
"""Bytes that fit into ``sun_path`` with its closing zero (unix(7))."""


def private_dir(path: Path) -> Path:
    """Create ``path`` with mode 0700 where it is missing and return it.

    An existing folder is left as the operator made it. Raises OSError.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` with mode 0600, in one step: readers see the old file or the new one.

    Raises OSError, and then the old file is untouched.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # undone, and raised again
        Path(temporary).unlink(missing_ok=True)
        raise


def safe_join(root: Path, relative: str) -> Path | None:
    """The real path of ``relative`` under ``root``, or None when it would lead outside.

    Links are followed first, so a link that leaves ``root`` is outside as well.
    """
    if "\0" in relative:
        return None
    base = root.resolve()
    candidate = (base / relative.lstrip("/")).resolve()
    return candidate if candidate == base or base in candidate.parents else None


def check_socket_path(path: Path) -> Path:
    """Return ``path`` when it is short enough for a unix socket.

    Raises ValueError that names the limit and the mend.
    """
    length = len(os.fsencode(path))
    if length > SOCKET_PATH_LIMIT:
        raise ValueError(
            f"{path} has {length} bytes, and a unix socket's path may have {SOCKET_PATH_LIMIT} at most. "
            "Set RUNTIME_DIRECTORY or workdir to a shorter folder."
        )
    return path
