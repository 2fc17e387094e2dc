"""All families of checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from platypush.config.problem import Severity
from platypush.doctor import (
    backups,
    certificate,
    clock,
    disk,
    extras,
    hub,
    kernel,
    ownership,
    ports,
    proxy,
    reach,
    release,
    site,
    wire,
)
from platypush.doctor.finding import Finding, warning
from platypush.doctor.patient import Patient
from platypush.errors import ConfigurationError

__all__ = ["FAMILIES", "Family", "examine"]


@dataclass(frozen=True, slots=True)
class Family:
    """Checks that belong together: ``gather`` looks, ``judge`` decides."""

    name: str
    gather: Callable[[Patient], Any]
    judge: Callable[[Any], Iterable[Finding]]


FAMILIES = (
    Family("hub", hub.gather, hub.judge),
    Family("ports", ports.gather, ports.judge),
    Family("site", site.gather, site.judge),
    Family("folders", reach.gather, reach.judge),
    Family("certificates", certificate.gather, certificate.judge),
    Family("proxies", proxy.gather, proxy.judge),
    Family("uwsgi", wire.gather, wire.judge),
    Family("owners", ownership.gather, ownership.judge),
    Family("disks", disk.gather, disk.judge),
    Family("clock", clock.gather, clock.judge),
    Family("kernel", kernel.gather, kernel.judge),
    Family("extras", extras.gather, extras.judge),
    Family("releases", release.gather, release.judge),
    Family("backups", backups.gather, backups.judge),
)


def examine(patient: Patient, families: Iterable[Family] = FAMILIES) -> tuple[Finding, ...]:
    """Everything that is wrong, errors first. A family that cannot look says so, and the others go on."""
    found = [finding for family in families for finding in _examine_one(family, patient)]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def _examine_one(family: Family, patient: Patient) -> Iterator[Finding]:
    try:
        facts = family.gather(patient)
    except ConfigurationError as error:
        yield warning(f"{family.name}.unseen", f"The {family.name} could not be looked at: {error}", "platypush check")
        return
    except OSError as error:
        yield warning(
            f"{family.name}.unseen", f"The {family.name} could not be looked at: {error}.", "sudo platypush doctor"
        )
        return
    yield from family.judge(facts)
