"""The uwsgi protocol on TCP: whoever reaches such a port chooses the file that uWSGI runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from platypush.backend.http._modes import find_ini
from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, UnixAddress
from platypush.backend.http.plan import Defaults, make_plan
from platypush.config.model import HttpSettings
from platypush.doctor.finding import Finding, error
from platypush.doctor.patient import Patient
from platypush.errors import ConfigurationError

__all__ = ["Exposed", "gather", "judge", "uwsgi_on_tcp"]

_UNUSED = UnixAddress("/run/platypush-web/uwsgi.sock")


@dataclass(frozen=True, slots=True)
class Exposed:
    """A TCP address that speaks the uwsgi protocol, and where it comes from."""

    address: str
    source: str
    mend: str


def gather(patient: Patient) -> tuple[Exposed, ...]:
    """From the configuration (ini files included) and from systemd's socket units."""
    found = []
    if patient.config.http is not None:
        mend = "In uwsgi_args: '--socket', '/run/platypush-web/uwsgi.sock', '--chmod-socket=660' in its place."
        addresses = uwsgi_on_tcp(patient.config.http, patient.config.path, {})
        found = [Exposed(str(address), "uwsgi_args", mend) for address in addresses]
    shown = patient.run(["systemctl", "show", "platypush.socket", "--property=FileDescriptorName,Listen"])
    if shown is not None and shown.status == 0:
        found += _of_unit(shown.text)
    return tuple(found)


def _of_unit(text: str) -> Iterator[Exposed]:
    lines = [line.partition("=") for line in text.splitlines()]
    if ("FileDescriptorName", "=", "uwsgi") not in lines:
        return
    for name, _, value in lines:
        address = value.partition(" ")[0]
        if name == "Listen" and not address.startswith(("/", "@")) and address:
            mend = "systemctl edit platypush.socket    # FileDescriptorName=http, or a ListenStream= that is a path"
            yield Exposed(address, "platypush.socket", mend)


def uwsgi_on_tcp(http: HttpSettings, config: Path | None, env: Mapping[str, str]) -> tuple[TcpAddress, ...]:
    """The TCP addresses that ``uwsgi_args``, and the ini files that they name, open for the uwsgi protocol."""
    if not (http.run_externally and http.uwsgi_args):
        return ()
    listener = Listener(address=TcpAddress(http.bind_address, http.port), protocol=Protocol.HTTP)
    defaults = Defaults(
        listener=listener,
        uwsgi_listener=Listener(address=_UNUSED, protocol=Protocol.UWSGI),
        handed={},
        ssl_cert=http.ssl_cert,
        ssl_key=http.ssl_key,
    )
    try:
        plan = make_plan(
            http.uwsgi_args, defaults, find_file=lambda name: find_ini(name, config), read=Path.read_text, env=env
        )
    except ConfigurationError:
        return ()  # it does not start, and says why
    return tuple(
        found.address
        for found in plan.listeners
        if found.protocol is Protocol.UWSGI and isinstance(found.address, TcpAddress)
    )


def judge(exposed: tuple[Exposed, ...]) -> Iterator[Finding]:
    """One finding for each address."""
    for one in exposed:
        text = f"{one.source} opens {one.address} for the uwsgi protocol: whoever reaches it runs code as the hub."
        yield error("uwsgi.tcp", text, one.mend)
