"""Room on the disks that the hub writes to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient

__all__ = ["Disk", "gather", "judge"]

_MIB = 1 << 20
_LEAST = 100 * _MIB
"""Below it SQLite's journal, a backup or an upgrade soon fails."""
_LITTLE = 500 * _MIB
_LITTLE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system: room in bytes, and inodes (0 in total where it has no fixed number)."""

    path: Path
    free: int
    total: int
    free_inodes: int
    inodes: int


def gather(patient: Patient) -> tuple[Disk, ...]:
    """The file systems of the work folder, the backups, the log and temporary files, each once."""
    folders = (patient.config.workdir, patient.places.backups, Path("/var/log"), Path("/tmp"))  # noqa: S108 - looked at
    found: dict[int, Disk] = {}
    for folder in folders:
        try:
            device, values = folder.stat().st_dev, os.statvfs(folder)
        except OSError:
            continue
        total, free = values.f_blocks * values.f_frsize, values.f_bavail * values.f_frsize
        if total:
            found.setdefault(device, Disk(folder, free, total, values.f_favail, values.f_files))
    return tuple(found.values())


def judge(disks: tuple[Disk, ...]) -> Iterator[Finding]:
    """Disks that are full, or nearly."""
    for disk in disks:
        mend = f"du -xh --max-depth=2 {disk.path} | sort -h | tail; journalctl --vacuum-size=200M"
        text = f"{disk.free // _MIB} MiB of {disk.total // _MIB} are free on the disk of {disk.path}"
        if disk.free < _LEAST:
            yield error("disk.full", f"{text}: what writes fails, or soon will.", mend)
        elif disk.free < _LITTLE and disk.free < _LITTLE_SHARE * disk.total:
            yield warning("disk.nearly_full", f"{text}.", mend)
        if disk.inodes and disk.free_inodes < 0.02 * disk.inodes:
            count = f"{disk.free_inodes} of {disk.inodes} inodes are free on the disk of {disk.path}"
            yield error(
                "disk.inodes",
                f"{count}: it holds too many small files.",
                f"du --inodes -x {disk.path} | sort -n | tail",
            )
