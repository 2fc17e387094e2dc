"""Backups: none, or old ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platypush.doctor.finding import Finding, error
from platypush.doctor.patient import Patient

__all__ = ["BackupFacts", "gather", "judge"]

_DAY = 86_400.0
_OLD = 2 * _DAY
"""The timer runs daily; one that was missed may have been a machine that was off."""
_MAKE = "systemctl start platypush-backup && journalctl -u platypush-backup -e"


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """The newest archive (seconds since the epoch, None when there is none) and whether the timer is on."""

    folder: Path
    readable: bool
    newest: float | None
    timer: str
    """systemd's ``ActiveState`` of the timer, empty when it is not known."""
    now: float
    installed: float | None
    """When the installer wrote down what it was told: a machine of today has no backup yet."""


def gather(patient: Patient) -> BackupFacts | None:
    """Archives in ``/var/backups/platypush``; None where nothing was installed, and so no timer makes them."""
    if patient.installation is None:
        return None
    folder = patient.places.backups
    times: list[float] = []
    readable = True
    try:
        times = [path.stat().st_mtime for path in folder.iterdir() if path.name.endswith(".tar.gz")]
    except PermissionError:
        readable = False
    except OSError:
        pass
    shown = patient.run(["systemctl", "show", "platypush-backup.timer", "--property=ActiveState", "--value"])
    timer = shown.text.strip() if shown is not None and shown.status == 0 else ""
    return BackupFacts(folder, readable, max(times, default=None), timer, patient.now, _installed(patient))


def _installed(patient: Patient) -> float | None:
    try:
        return patient.config.path.stat().st_mtime if patient.config.path else None
    except OSError:
        return None


def judge(facts: BackupFacts | None) -> Iterator[Finding]:
    """Only for an installation whose timer should make them."""
    if facts is None:
        return
    if facts.timer and facts.timer != "active":
        yield error(
            "backup.timer", "No backups are made: their timer is off.", "systemctl enable --now platypush-backup.timer"
        )
    if not facts.readable:
        return
    if facts.newest is None:
        if facts.installed is None or facts.now - facts.installed > _OLD:
            yield error("backup.none", f"There is no backup in {facts.folder}.", _MAKE)
    elif facts.now - facts.newest > _OLD:
        days = (facts.now - facts.newest) / _DAY
        yield error("backup.old", f"The newest backup in {facts.folder} is {days:.0f} days old.", _MAKE)
