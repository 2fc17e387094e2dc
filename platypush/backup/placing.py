"""Puts prepared files into their places, and takes everything back when one of them cannot be put there."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from platypush._lib.owner import as_owner, belong_like, nearest

__all__ = ["Step", "place"]


@dataclass(frozen=True, slots=True)
class Step:
    """The file at ``target`` goes to ``aside``, and ``staged`` takes its place; None: nothing does.

    Files, not folders: those may be mount points, and an overlay refuses to rename them.
    """

    target: Path
    aside: Path
    staged: Path | None


def place(steps: Iterable[Step]) -> list[Path]:
    """Take all ``steps``, each by renaming. The paths that hold what was replaced.

    Root acts as the owner of the folder that a step works in. When one fails, what was done is undone and OSError is
    raised.
    """
    done: list[tuple[Path, Path]] = []
    kept: list[Path] = []
    made: list[Path] = []
    try:
        for step in steps:
            with as_owner(nearest(step.target.parent)):
                if os.path.lexists(step.target):
                    made += _make_folders(step.aside.parent)
                    _move(step.target, step.aside)
                    done.append((step.aside, step.target))
                    kept.append(step.aside)
                if step.staged is not None:
                    made += _make_folders(step.target.parent)
                    _move(step.staged, step.target)
                    done.append((step.target, step.staged))
    except BaseException:  # undone, and raised again
        for now, before in reversed(done):
            with as_owner(nearest(before.parent)):
                _move(now, before)
        for folder in reversed(made):
            with as_owner(folder.parent):
                folder.rmdir()
        raise
    return kept


def _move(source: Path, target: Path) -> None:
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # A folder that something else is mounted on.
        status = source.lstat()
        shutil.copy2(source, target, follow_symlinks=False)
        if os.geteuid() == 0:
            os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
        source.unlink()


def _make_folders(folder: Path) -> list[Path]:
    """Make what is missing of ``folder``, like the nearest one that is there; what was made, from above."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
    for path in missing:
        path.mkdir(mode=0o700)
        belong_like(path, path.parent)
        path.chmod(stat.S_IMODE(path.parent.stat().st_mode) & 0o777)
    return missing
