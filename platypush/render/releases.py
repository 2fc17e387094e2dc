"""Paths that stay right when the installation is upgraded."""

from __future__ import annotations

from pathlib import Path

__all__ = ["through_current"]


def through_current(path: Path) -> Path:
    """``…/releases/VERSION/…`` by way of ``…/current/…``, where there is that link, wherever it leads now.

    What a release renders is for the time when it is in use: so two releases that say the same render the same. Any
    other path as it is.
    """
    for release in path.parents:
        current = release.parent.parent / "current"
        if release.parent.name == "releases" and current.is_symlink():
            return current / path.relative_to(release)
    return path
