"""The hub itself: whether it runs, how often it had to be started again, what it cannot use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platypush.backend.http.addresses import Listener, Protocol, UnixAddress
from platypush.backend.http.readiness import answers
from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient
from platypush.render.uwsgi import OWN_SOCKET

__all__ = ["HubFacts", "gather", "judge"]

_PROPERTIES = "ActiveState,SubState,Result,NRestarts,LoadState,UnitFileState"
_WATCHDOG = ("journalctl", "-u", "platypush.service", "-b", "-q", "-n", "1", "--no-pager", "--grep", "Watchdog timeout")
_TIME = 3.0
_OWN_SOCKET = "In backend.http: uwsgi_args: ['--ini', 'uwsgi.ini']; then: systemctl restart platypush"
_LOG = "journalctl -u platypush -e"


@dataclass(frozen=True, slots=True)
class HubFacts:
    """What systemd says of ``platypush.service`` (empty: it does not know it), and what the hub says of itself."""

    unit: Mapping[str, str]
    status: Mapping[str, Any] | None
    silence: str
    config: str
    stuck: bool = False
    """Whether the watchdog has ended it since the machine was started."""
    answers_nginx: bool | None = None
    """Whether the hub answers on the socket that nginx passes requests to; None when nobody could ask."""


def gather(patient: Patient) -> HubFacts:
    """Ask systemd; the hub was asked already."""
    shown = patient.run(["systemctl", "show", "platypush.service", f"--property={_PROPERTIES}"])
    text = shown.text if shown is not None and shown.status == 0 else ""
    unit = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    known = unit.get("LoadState") == "loaded"
    stuck = unit.get("NRestarts", "0") != "0" and patient.run(_WATCHDOG)
    return HubFacts(
        unit if known else {},
        patient.status,
        patient.silence,
        str(patient.config.path or ""),
        stuck=bool(stuck and stuck.status == 0 and stuck.text.strip()),
        answers_nginx=_answers_nginx(patient),
    )


def _answers_nginx(patient: Patient) -> bool | None:
    http = patient.config.http
    apart = http is not None and http.run_externally and not http.uwsgi_args
    socket = Path(OWN_SOCKET.path) if apart else patient.places.web_sockets / "uwsgi.sock"
    if not (patient.behind_nginx and patient.is_root and patient.status is not None and socket.exists()):
        return None
    return answers(Listener(address=UnixAddress(str(socket)), protocol=Protocol.UWSGI), _TIME)


def judge(facts: HubFacts) -> Iterator[Finding]:
    """From "does not run" to "runs, but"."""
    yield from _unit(facts.unit, facts.stuck)
    if facts.status is None:
        start = "systemctl start platypush" if facts.unit else f"platypush run -c {facts.config}"
        yield error(
            "hub.silent", f"The hub does not answer: {facts.silence}", start if not _failed(facts.unit) else _LOG
        )
        return
    web = facts.status.get("http") or {}
    if web and web.get("state") not in ("running", "external"):
        reason = f": {web['reason']}" if web.get("reason") else ""
        yield error("hub.web", f"The web server is {web.get('state')}{reason}.", _LOG)
    elif facts.answers_nginx is False:
        text = "The hub does not answer on the socket that nginx passes requests to: uwsgi_args name other sockets."
        yield error("hub.other_socket", text, _OWN_SOCKET)
    if web.get("restarts", 0) > 0:
        text = f"The web server has been started again {_times(web['restarts'])} since the hub started."
        yield warning("hub.web_restarts", text, _LOG)
    for problem in facts.status.get("problems", ()):
        yield error("hub.problem", str(problem), "platypush check")


def _unit(unit: Mapping[str, str], stuck: bool) -> Iterator[Finding]:
    if not unit:
        return
    if _failed(unit):
        result = unit.get("Result", "failed")
        yield error(
            "hub.failed",
            f"systemd has given up on platypush.service ({result}).",
            f"{_LOG}; systemctl restart platypush",
        )
    restarts = int(unit.get("NRestarts", "0") or 0)
    if restarts:
        reason = "; the watchdog found it stuck: the journal has the stacks of its threads" if stuck else ""
        text = f"systemd has started the hub again {_times(restarts)} after it died{reason}."
        yield warning("hub.restarts", text, "journalctl -u platypush -p warning -b")
    if unit.get("UnitFileState") == "disabled":
        yield warning("hub.disabled", "The hub does not start at boot.", "systemctl enable platypush")


def _failed(unit: Mapping[str, str]) -> bool:
    return unit.get("ActiveState") == "failed"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
