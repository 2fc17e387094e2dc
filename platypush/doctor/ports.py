"""Ports: taken by somebody else, or open to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platypush.backend.http.sockets import listening_process
from platypush.config.model import HttpSettings
from platypush.doctor.finding import Finding, error
from platypush.doctor.patient import Patient

__all__ = ["Port", "gather", "judge"]

_LISTENING = "0A"
_OWN_SOCKETS = frozenset({"--http", "--http-socket", "--https", "--https-socket", "--socket", "-s", "--uwsgi-socket"})
_OURS = ("systemd", "platypush", "python", "uwsgi")


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port that the installation needs."""

    number: int
    purpose: str
    """``backend.http.port``, ``nginx``…"""
    owner: str
    """Who should listen there: ``hub`` or ``nginx``."""
    taken: bool
    holder: str | None
    """``name (pid N)`` of who does, as far as this user may see."""
    hub_runs: bool


def gather(patient: Patient) -> tuple[Port, ...]:
    """The ports of the installation, and who has them."""
    runs = patient.status is not None
    wanted = [(number, purpose, "hub") for number, purpose in _hub_ports(patient.config.http, patient.behind_nginx)]
    if patient.behind_nginx:
        wanted += [(number, "nginx", "nginx") for number in (80, 443) if number == 80 or _has_tls(patient)]
    return tuple(
        Port(
            number,
            purpose,
            owner,
            _is_taken(number, patient.places.proc),
            listening_process(number, patient.places.proc),
            runs,
        )
        for number, purpose, owner in wanted
    )


def _has_tls(patient: Patient) -> bool:
    return patient.installation is not None and patient.installation.tls != "none"


def _hub_ports(http: HttpSettings | None, behind_nginx: bool) -> Iterator[tuple[int, str]]:
    """Behind nginx the hub's sockets are unix ones, which systemd holds."""
    if http is None or behind_nginx:
        return
    words = {argument.partition("=")[0] for argument in http.uwsgi_args}
    if not http.run_externally or (http.uwsgi_args and not words & _OWN_SOCKETS):
        yield http.port, "backend.http.port"
    if not http.disable_websocket:
        yield http.websocket_port, "backend.http.websocket_port"


def _is_taken(port: int, proc: Path) -> bool:
    for table in ("tcp", "tcp6"):
        try:
            rows = [line.split() for line in (proc / "net" / table).read_text().splitlines()[1:]]
        except OSError:
            continue
        if any(row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port for row in rows):
            return True
    return False


def judge(ports: tuple[Port, ...]) -> Iterator[Finding]:
    """A port in the wrong hands, or in nobody's."""
    for port in ports:
        name = (port.holder or "another process").partition(" ")[0]
        by = port.holder or "another process (root sees which one: sudo ss -ltnp)"
        if port.owner == "nginx":
            if not port.taken:
                yield error("port.closed", f"Nobody listens on port {port.number}: nginx does not run.", _START_NGINX)
            elif port.holder and not name.startswith("nginx"):
                mend = f"systemctl disable --now {name} && systemctl restart nginx"
                yield error("port.taken", f"Port {port.number}, which nginx needs, is taken by {by}.", mend)
        elif port.hub_runs:
            continue  # they are its own, or it says itself what it could not have
        elif port.taken and not (port.holder and name.startswith(_OURS)):
            mend = f"Stop that process, or set another {port.purpose} in config.yaml."
            yield error("port.taken", f"Port {port.number} ({port.purpose}) is taken by {by}.", mend)


# Not after `nginx -t`: while nginx does not run, its folder under /run is missing, and the test fails for that.
_START_NGINX = "systemctl restart nginx"
