"""Files that a camera writes: in one folder only, whole or not there at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from platypush._lib.files import private_dir, safe_join
from platypush.errors import BadRequest, Forbidden

__all__ = ["output_path"]


def output_path(folder: Path, name: str | None, endings: Collection[str]) -> Path:
    """The file ``name`` in ``folder``, which is made where it is missing; by default one called after the present time.

    The first of ``endings`` is the default's. Raises BadRequest for another ending and Forbidden outside of the folder.
    """
    endings = list(endings)
    root = private_dir(folder.expanduser()).resolve()
    now = datetime.now().astimezone()
    given = Path(name or now.strftime(f"%Y-%m-%d_%H-%M-%S-%f{endings[0]}")).expanduser()
    if given.suffix.lower() not in endings:
        raise BadRequest(f"{str(given)!r} has no ending that says what to write. Give one of: {', '.join(endings)}.")
    if given.is_absolute():
        path = given.resolve() if root in given.resolve().parents else None
    else:
        path = safe_join(root, str(given))
    if path is None or path == root:
        raise Forbidden(f"{given} is outside of {root}. Give a name in it, or set output_dir in the camera's section.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
