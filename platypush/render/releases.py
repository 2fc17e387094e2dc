"""Paths that stay right when the installation is upgraded."""

from __future__ import annotations

from pathlib import Path

__all__ = ["through_current"]


def through_current(path: Path) -> Path:
    """``…/releases/VERSION/…`` by way of ``…/current/…``, where that link leads to the same release.

    Any other path as it is.
    """
    for release in path.parents:
        current = release.parent.parent / "current"
        if release.parent.name == "releases" and current.is_symlink() and current.resolve() == release.resolve():
            return current / path.relative_to(release)
    return path
