"""Releases under ``/opt/platypush``: one that was half made, or a link that leads nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient

__all__ = ["Release", "ReleaseFacts", "gather", "judge"]


@dataclass(frozen=True, slots=True)
class Release:
    """A folder of ``releases/``; ``whole`` when the hub's command and its uWSGI are in it."""

    path: Path
    whole: bool


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """The releases, which one ``current`` leads to (None: nowhere), and links that an upgrade left behind."""

    folder: Path
    releases: tuple[Release, ...]
    current: Path | None
    leftovers: tuple[Path, ...]
    running: str | None
    """Version that the running hub says it is."""


def gather(patient: Patient) -> ReleaseFacts | None:
    """What is under ``/opt/platypush``; None where nothing was installed there."""
    folder = patient.places.releases
    if patient.installation is None or not folder.is_dir():
        return None
    link = folder / "current"
    found = sorted(path for path in (folder / "releases").glob("*") if path.is_dir())
    releases = tuple(Release(path, _is_whole(path)) for path in found)
    leftovers = tuple(
        path
        for path in sorted(folder.iterdir())
        if path.is_symlink() and path.name.startswith("current") and path != link
    )
    version = patient.status.get("version") if patient.status else None
    return ReleaseFacts(folder, releases, Path(os.path.realpath(link)) if link.exists() else None, leftovers, version)


def _is_whole(release: Path) -> bool:
    return all(os.access(release / "bin" / name, os.X_OK) for name in ("python", "platypush"))


def judge(facts: ReleaseFacts | None) -> Iterator[Finding]:
    """What an interrupted upgrade leaves."""
    if facts is None:
        return
    if facts.current is None:
        whole = [release.path for release in facts.releases if release.whole]
        mend = (
            f"ln -sfn {whole[-1]} {facts.folder}/current && systemctl restart platypush" if whole else "deploy/install"
        )
        yield error("release.current", f"{facts.folder}/current leads to no release: the hub cannot start.", mend)
    for release in facts.releases:
        if not release.whole and release.path != facts.current:
            yield warning("release.half", f"The release {release.path} is half made.", f"rm -r {release.path}")
        elif not release.whole:
            yield error("release.broken", f"The release in use, {release.path}, is not whole.", "deploy/rollback")
    for path in facts.leftovers:
        yield warning("release.leftover", f"An interrupted upgrade left {path}.", f"rm {path}")
    if facts.running and facts.current is not None and facts.current.name != facts.running:
        text = f"The hub that runs is {facts.running}, but the release in use is {facts.current.name}."
        yield warning("release.old", text, "systemctl restart platypush")
