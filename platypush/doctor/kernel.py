"""Limits of the kernel that the hub runs into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from platypush.backend.http.sockets import somaxconn
from platypush.doctor.finding import Finding, warning
from platypush.doctor.patient import Patient

__all__ = ["KernelFacts", "gather", "judge"]


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """``limits.listen_backlog`` as wanted, and what the kernel allows (None: unknown)."""

    wanted: int
    somaxconn: int | None


def gather(patient: Patient) -> KernelFacts:
    """The backlog of listening sockets."""
    path = patient.places.proc / "sys" / "net" / "core" / "somaxconn"
    return KernelFacts(patient.config.limits.listen_backlog, somaxconn(path))


def judge(facts: KernelFacts) -> Iterator[Finding]:
    """A backlog that is cut down in silence: clients beyond it are refused."""
    if facts.somaxconn is not None and facts.wanted > facts.somaxconn:
        text = f"limits.listen_backlog is {facts.wanted}, but the kernel holds {facts.somaxconn} connections at most."
        mend = f"echo net.core.somaxconn={facts.wanted} > /etc/sysctl.d/60-platypush.conf && sysctl --system"
        yield warning("kernel.backlog", text, mend)
