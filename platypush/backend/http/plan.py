"""What the operator's uWSGI arguments ask for: which sockets the daemon binds, and where their descriptors go. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, UnixAddress, parse_address
from platypush.backend.http.arguments import Option, option_names, parse_arguments, read_ini
from platypush.errors import ConfigurationError

__all__ = [
    "HTTP_VARIABLE",
    "ROUTERS",
    "SUPERVISED_VARIABLE",
    "UWSGI_VARIABLE",
    "Defaults",
    "Plan",
    "Slot",
    "make_plan",
]

HTTP_VARIABLE = "PLATYPUSH_HTTP_SOCKET"
UWSGI_VARIABLE = "PLATYPUSH_UWSGI_SOCKET"
SUPERVISED_VARIABLE = "PLATYPUSH_SUPERVISED"
"""Set in the environment of a uWSGI that the daemon supervises: an ini file binds nothing of its own then."""

ROUTERS = frozenset({"http", "https", "https2", "http-to-https"})
"""Options that start uWSGI's own HTTP server in front of the workers."""

_PROTOCOLS = {
    "socket": Protocol.UWSGI,
    "uwsgi-socket": Protocol.UWSGI,
    "http-socket": Protocol.HTTP,
    "http11-socket": Protocol.HTTP,
    "https-socket": Protocol.HTTPS,
    "suwsgi-socket": Protocol.OTHER,
    "ssl-socket": Protocol.OTHER,
    "fastcgi-socket": Protocol.OTHER,
    "fastcgi-nph-socket": Protocol.OTHER,
    "scgi-socket": Protocol.OTHER,
    "scgi-nph-socket": Protocol.OTHER,
    "puwsgi-socket": Protocol.OTHER,
    "raw-socket": Protocol.OTHER,
    "http": Protocol.HTTP,
    "https": Protocol.HTTPS,
    "https2": Protocol.HTTPS,
    "http-to-https": Protocol.OTHER,
}
_WITH_CERTIFICATE = frozenset({"https", "https-socket"})
_UNIX_OPTIONS = frozenset({"chmod-socket", "chown-socket", "abstract-socket"})
_OPAQUE = frozenset({"yaml", "json", "xml", "config"})
_PLACEHOLDERS = {HTTP_VARIABLE: "\x00http", UWSGI_VARIABLE: "\x00uwsgi"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A socket that the daemon binds and where its descriptor goes.

    Either in the place of argument ``index`` (-1: an argument that is added), as ``option`` with ``template``, or in
    the environment ``variable`` for a placeholder of an ini file. ``{}`` in ``template`` stands for ``fd://N``.
    """

    listener: Listener
    option: str = ""
    template: str = "{}"
    index: int = -1
    variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What counts where the arguments name nothing."""

    listener: Listener
    """``port`` and ``bind_address`` of the configuration."""
    uwsgi_listener: Listener
    """For an ini file that asks for a socket with the uwsgi protocol only."""
    handed: Mapping[str, Listener]
    """Sockets that systemd hands over, by the environment variable that suits them."""
    ssl_cert: Path | None = None
    ssl_key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The arguments, understood."""

    arguments: tuple[Option, ...]
    """As given, apart from what ``notes`` says."""
    ini: tuple[Option, ...] = ()
    slots: tuple[Slot, ...] = ()
    foreign: tuple[Listener, ...] = ()
    """Sockets that an ini file names itself: uWSGI binds them, and they are closed while its master is away."""
    notes: tuple[str, ...] = ()
    """What the log should say."""

    @property
    def names(self) -> frozenset[str]:
        """Every option that is set somewhere."""
        return option_names((*self.arguments, *self.ini))

    def value(self, name: str) -> str | None:
        """The value of ``name`` that counts: the command line's last, else the file's last."""
        found = [option.value for option in (*self.ini, *self.arguments) if option.name == name]
        return found[-1] if found else None

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Everything that is listened on, the daemon's sockets first."""
        return (*(slot.listener for slot in self.slots), *self.foreign)


def make_plan(
    arguments: Sequence[str],
    defaults: Defaults,
    *,
    find_file: Callable[[str], Path],
    read: Callable[[Path], str],
    env: Mapping[str, str],
) -> Plan:
    """Read uWSGI's arguments.

    ``find_file`` resolves the path of an ini file as written, ``read`` gives its text, ``env`` is the environment that
    uWSGI will have. Raises ConfigurationError for an address or file that cannot be used.
    """
    notes: list[str] = []
    options = _resolve_files(parse_arguments(arguments), find_file)
    options = tuple(option for option in options if _usable(option, notes))
    ini_env = {**env, **_PLACEHOLDERS, SUPERVISED_VARIABLE: "1"}
    ini: list[Option] = []
    for option in options:
        if option.name == "ini" and option.value:
            try:
                ini.extend(read_ini(Path(option.value.partition(":")[0]), ini_env, read, options))
            except OSError as error:
                raise ConfigurationError(
                    f"uwsgi_args: cannot read {option.value}: {error.strerror or error}."
                ) from error
    try:
        slots, foreign = _sockets(options, ini, defaults)
    except ValueError as error:
        raise ConfigurationError(f"uwsgi_args: {error}") from error
    opaque = option_names(options) & _OPAQUE
    if not slots and not foreign:
        if opaque:
            notes.append(
                f"uwsgi_args: sockets named in a --{min(opaque)} file are not known to the daemon, so they close while "
                "uWSGI restarts. An ini file, or a socket in the arguments, does not have this disadvantage."
            )
        else:
            slots = _default_slots(defaults)
    notes.extend(
        f"The uwsgi protocol on TCP ({listener.address}) lets whoever reaches that port run code on this machine. "
        "A unix socket (--socket /path.sock --chmod-socket=660) is safer."
        for listener in (*(slot.listener for slot in slots), *foreign)
        if listener.protocol is Protocol.UWSGI and isinstance(listener.address, TcpAddress)
    )
    kept = tuple(option for option in options if option.name not in _UNIX_OPTIONS)
    return Plan(
        arguments=kept, ini=tuple(ini), slots=_reindex(slots, options, kept), foreign=foreign, notes=tuple(notes)
    )


def _resolve_files(options: Iterable[Option], find_file: Callable[[str], Path]) -> tuple[Option, ...]:
    """``--ini FILE`` and a bare ``FILE.ini`` with the file's whole path."""
    resolved = []
    for option in options:
        if option.name == "" and (option.value or "").endswith(".ini"):
            option = replace(option, name="ini", spelling="ini")
        if option.name in ("ini", *_OPAQUE) and option.value and "://" not in option.value:
            name, colon, section = option.value.partition(":")
            path = f"{find_file(name)}{colon}{section}"
            option = replace(option, value=path, tokens=(f"--{option.spelling}", path))
        resolved.append(option)
    return tuple(resolved)


def _usable(option: Option, notes: list[str]) -> bool:
    if option.name == "daemonize":
        notes.append("uwsgi_args: --daemonize is left out: a supervised uWSGI stays in the foreground.")
        return False
    if option.name == "optimize":
        notes.append("uwsgi_args: --optimize is left out: it would remove the asserts that hooks authenticate by.")
        return False
    return True


def _sockets(
    options: tuple[Option, ...], ini: list[Option], defaults: Defaults
) -> tuple[tuple[Slot, ...], tuple[Listener, ...]]:
    everything = (*ini, *options)
    mode = next((_mode(option.value) for option in reversed(everything) if option.name == "chmod-socket"), None)
    owner = next((option.value for option in reversed(everything) if option.name == "chown-socket"), None)
    abstract = "abstract-socket" in option_names(everything)
    plain = next((o.value for o in everything if o.name in ("protocol", "socket-protocol")), None)

    def listener(option: Option, address: TcpAddress | UnixAddress) -> Listener:
        protocol = _PROTOCOLS[option.name]
        if option.name == "socket" and plain is not None:
            protocol = {"http": Protocol.HTTP, "uwsgi": Protocol.UWSGI}.get(plain, Protocol.OTHER)
        if isinstance(address, TcpAddress):
            return Listener(address=address, protocol=protocol)
        path = f"@{address.path}" if abstract and address.file else address.path
        return Listener(address=UnixAddress(path), protocol=protocol, mode=mode, owner=owner)

    slots: list[Slot] = []
    foreign: list[Listener] = []
    for index, option in enumerate(options):
        if option.name in _PROTOCOLS and option.value:
            text, template = _split(option, defaults)
            address = parse_address(text)
            if address is not None:
                slots.append(
                    Slot(listener=listener(option, address), option=option.spelling, template=template, index=index)
                )
    if not slots:
        slots = [Slot(listener=found, variable=variable) for variable, found in _placeholders_used(ini, defaults)]
    for option in ini:
        if option.name in _PROTOCOLS and option.value and "\x00" not in option.value:
            address = parse_address(_split(option, defaults)[0])
            if address is not None:
                foreign.append(listener(option, address))
    return tuple(slots), tuple(foreign)


def _placeholders_used(ini: list[Option], defaults: Defaults) -> list[tuple[str, Listener]]:
    """Which placeholders of an ini file get which socket: all that systemd hands over, else the first that occurs."""
    used = [variable for variable, mark in _PLACEHOLDERS.items() if any(mark in (option.value or "") for option in ini)]
    handed = [(variable, defaults.handed[variable]) for variable in used if variable in defaults.handed]
    if handed or not used:
        return handed
    return [(used[0], defaults.listener if used[0] == HTTP_VARIABLE else defaults.uwsgi_listener)]


def _default_slots(defaults: Defaults) -> tuple[Slot, ...]:
    if not defaults.handed:
        return (Slot(listener=defaults.listener, option="http-socket"),)
    names = {HTTP_VARIABLE: "http-socket", UWSGI_VARIABLE: "socket"}
    return tuple(
        Slot(listener=listener, option=names[variable]) for variable, listener in sorted(defaults.handed.items())
    )


def _split(option: Option, defaults: Defaults) -> tuple[str, str]:
    """The address in an option's value, and the value with ``{}`` in its place."""
    value = option.value or ""
    if option.name == "https2":
        pairs = [pair.partition("=") for pair in value.split(",")]
        address = next((text for key, _, text in pairs if key == "addr"), "")
        rest = [f"{key}={{}}" if key == "addr" else f"{key}={text}" for key, _, text in pairs]
        keys = {key for key, _, _ in pairs}
        for key, path in (("cert", defaults.ssl_cert), ("key", defaults.ssl_key)):
            if key not in keys and path is not None:
                rest.append(f"{key}={path}")
        return address, ",".join(rest)
    address, comma, rest_of = value.partition(",")
    if option.name in _WITH_CERTIFICATE and not comma:
        if defaults.ssl_cert is None:
            raise ValueError(
                f"--{option.spelling} {value} names no certificate. Write --{option.spelling} {value},CERT,KEY or set "
                "ssl_cert and ssl_key."
            )
        return address, f"{{}},{defaults.ssl_cert},{defaults.ssl_key or defaults.ssl_cert}"
    return address, f"{{}}{comma}{rest_of}"


def _mode(text: str | None) -> int:
    if not text:
        return 0o666  # what a bare --chmod-socket means to uWSGI
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777:
        raise ValueError(f"--chmod-socket takes an octal mode such as 660, not {text!r}.")
    return mode


def _reindex(slots: tuple[Slot, ...], before: tuple[Option, ...], after: tuple[Option, ...]) -> tuple[Slot, ...]:
    """The slots with their indexes in ``after``, which lacks some of ``before``."""
    positions = {id(option): index for index, option in enumerate(after)}
    return tuple(replace(slot, index=positions[id(before[slot.index])]) if slot.index >= 0 else slot for slot in slots)
