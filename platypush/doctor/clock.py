"""The clock: tokens, certificates and crons live by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platypush
from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient

__all__ = ["ClockFacts", "gather", "judge"]

_DAY = 86_400.0
_MEND = "timedatectl set-ntp true    # needs systemd-timesyncd or chrony: apt install systemd-timesyncd"


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """``now`` and the newest file that this machine wrote or installed, in seconds since the epoch."""

    now: float
    newest: float
    newest_path: str
    synchronised: bool | None
    """None where nobody knows."""


def gather(patient: Patient) -> ClockFacts:
    """The clock, whether somebody sets it, and what must not lie in its future."""
    output = patient.run(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    answer = output.text.strip() if output is not None and output.status == 0 else ""
    contained = patient.run(["systemd-detect-virt", "--container", "--quiet"])
    if contained is not None and contained.status == 0:
        answer = ""  # its clock is its host's
    newest, path = 0.0, ""
    candidates = [Path(platypush.__file__), *(_files(patient.config.workdir))]
    for candidate in candidates:
        try:
            modified = candidate.stat().st_mtime
        except OSError:
            continue
        if modified > newest:
            newest, path = modified, str(candidate)
    return ClockFacts(patient.now, newest, path, {"yes": True, "no": False}.get(answer))


def _files(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []


def judge(facts: ClockFacts) -> Iterator[Finding]:
    """A clock that is far off, or that nobody sets."""
    if facts.newest > facts.now + _DAY:
        days = (facts.newest - facts.now) / _DAY
        now = datetime.fromtimestamp(facts.now, UTC)
        text = f"The clock ({now:%Y-%m-%d %H:%M} UTC) is {days:.0f} days behind a file of its own, {facts.newest_path}."
        yield error("clock.behind", text, _MEND)
    if facts.synchronised is False:
        text = "The clock is not synchronised: tokens and certificates may be refused, crons run at the wrong time."
        yield warning("clock.unsynchronised", text, _MEND)
