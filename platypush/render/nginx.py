"""nginx's site, from the originals in ``nginx/`` and the configuration. Pure."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import jinja2

from platypush.errors import ConfigurationError
from platypush.render.nginx_resources import locations, media_locations, unservable
from platypush.render.nginx_text import quoted, quoted_value
from platypush.render.nginx_version import DEFAULT_VERSION, Version, has_http2_directive, has_reject_handshake

__all__ = ["CSP_DATA", "CSP_FOREIGN", "CSP_PAGE", "ORIGINALS", "Site", "render_nginx"]

# What the application sends (platypush.backend.http.app.headers), which a test compares: that package belongs to the
# workers alone.
CSP_PAGE = (
    "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
CSP_DATA = "default-src 'none'; frame-ancestors 'self'"
CSP_FOREIGN = (
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts "
    "allow-top-navigation-by-user-activation; frame-ancestors 'self'"
)

_HSTS = "max-age=63072000"
_NAME = re.compile(r"(?!-)[A-Za-z0-9_*-]+(\.[A-Za-z0-9_-]+)*\.?|\[?[0-9A-Fa-f:.]+\]?")
_ADDRESS = re.compile(r"(?:[A-Za-z0-9.*-]+:|\[[0-9A-Fa-f:.]+\]:)?(\d{1,5})")

_CONF = ("sites-available/platypush.conf", "conf.d/platypush.conf")
_SNIPPETS = tuple(
    f"snippets/platypush-{name}.conf"
    for name in (
        "acme",
        "errors",
        "file",
        "headers",
        "media",
        "resource",
        "resources",
        "static",
        "tls",
        "uwsgi",
        "uwsgi-params",
    )
)
_DROP_IN = "nginx.service.d/platypush.conf"
ORIGINALS = (*_CONF, *_SNIPPETS, _DROP_IN)
"""Paths in ``nginx/`` of what is rendered."""


class _Failure(NamedTuple):
    """An answer that nginx gives itself: the page's name, and the application's words for the same."""

    name: str
    status: int
    code: str
    message: str
    retry_after: int = 0


_FAILURES = (
    _Failure("not-found", 404, "not_found", "There is nothing at this address."),
    _Failure("too-large", 413, "too_large", "The body is larger than the configured limit."),
    _Failure(
        "too-many", 429, "too_many_attempts", "Too many attempts to sign in from this address. Wait before the next.", 2
    ),
    _Failure("unavailable", 503, "$platypush_lost_code", "$platypush_lost_message", 5),
    _Failure("time-limit", 504, "time_limit", "The time limit is over. The action may still be running."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything that nginx's files depend on."""

    names: tuple[str, ...] = ()
    """The hosts that are served; none for whichever the client names."""
    http: tuple[str, ...] = ("80", "[::]:80")
    """Addresses as ``listen`` takes them."""
    https: tuple[str, ...] = ("443", "[::]:443")
    """The same for HTTPS; none to serve plain HTTP."""
    certificate: Path = Path("/etc/platypush/tls/cert.pem")
    key: Path = Path("/etc/platypush/tls/key.pem")
    hsts: bool = False
    default_server: bool = True
    """Whether hosts that no other site has are this one's business: they are refused, or served without ``names``."""
    version: Version = DEFAULT_VERSION
    uwsgi: str = "unix:/run/platypush-web/uwsgi.sock"
    """The application's socket, as ``uwsgi_pass`` takes it."""
    websocket: str | None = "http://unix:/run/platypush-web/websocket.sock"
    """The websocket server, as ``proxy_pass`` takes it; None where there is none: its address is not found then."""
    conf: Path = Path("/etc/nginx")
    systemd: Path = Path("/etc/systemd/system")
    runtime: Path = Path("/run/nginx-platypush")
    """Where nginx keeps answers about access and its status socket; in memory."""
    logs: Path = Path("/var/log/nginx")
    acme: Path = Path("/var/lib/platypush-acme")
    static: Path
    """The panel's own files."""
    pages: Path
    """The pages for failures: ``nginx/pages``."""
    resource_dirs: Mapping[str, Path] = field(default_factory=dict)
    media_dirs: tuple[Path, ...] = ()
    """Folders of media, which nginx sends when the application says so."""
    request_body: int = 16 * 1024 * 1024
    read_timeout: int = 75
    trusted_proxies: tuple[str, ...] = ()


def render_nginx(site: Site, originals: Mapping[str, str]) -> dict[str, str]:
    """The files for ``site``, by their absolute paths. ``originals`` has the text of each of ``ORIGINALS``.

    Raises ConfigurationError for what nginx would not take, or would take for something else.
    """
    engine = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML: nginx's own quoting is applied where values are put in
    )
    engine.filters.update(quoted=quoted, quoted_value=quoted_value)
    values = _values(site)
    return {
        str((site.systemd if name == _DROP_IN else site.conf) / name): engine.from_string(originals[name]).render(
            values
        )
        for name in ORIGINALS
    }


def _values(site: Site) -> dict[str, object]:
    proxies = _networks(site.trusted_proxies)
    port = _port(site.https[0]) if site.https else 0
    return {
        "names": " ".join(_checked_names(site.names)) or "_",
        "http": [address for address in site.http if _port(address)],
        "https": [address for address in site.https if _port(address)],
        "https_port": "" if port in (0, 443) else f":{port}",
        "any_host": " default_server" if site.default_server and not site.names else "",
        "default_server": site.default_server and bool(site.names),
        "reject_handshake": has_reject_handshake(site.version),
        "http2_directive": has_http2_directive(site.version),
        "http2_listen": "" if has_http2_directive(site.version) else " http2",
        "certificate": quoted_value(str(site.certificate)),
        "key": quoted_value(str(site.key)),
        "hsts": _HSTS if site.hsts and site.https else "",
        "proxies": proxies,
        "scheme": "$platypush_scheme" if proxies else "$scheme",
        "https_variable": "$platypush_https" if proxies else "$https",
        "conf": str(site.conf),
        "runtime": str(site.runtime),
        "logs": str(site.logs),
        "acme": str(site.acme),
        "static": str(site.static),
        "pages": str(site.pages),
        "uwsgi": site.uwsgi,
        "websocket": site.websocket,
        # An upper bound in whole KiB, as nginx counts; the application applies the exact one.
        "request_body": f"{math.ceil(site.request_body / 1024)}k",
        "read_timeout": site.read_timeout,
        "resources": locations(site.resource_dirs),
        "unservable": unservable(site.resource_dirs),
        "media": media_locations(site.media_dirs),
        "errors": _FAILURES,
        "csp_data": CSP_DATA,
        "csp_page": CSP_PAGE,
        "csp_foreign": CSP_FOREIGN,
    }


def _checked_names(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"{name!r} is no host name. Give names such as hub.example.org.")
    return names


def _port(address: str) -> int:
    found = _ADDRESS.fullmatch(address)
    if found is None or not 1 <= int(found[1]) <= 65535:
        raise ConfigurationError(f"{address!r} is nothing to listen on. Give 443, 192.0.2.1:443 or [::]:443.")
    return int(found[1])


def _networks(proxies: tuple[str, ...]) -> tuple[str, ...]:
    """The proxies that have an address; a unix socket's peer is nginx itself."""
    found = []
    for proxy in proxies:
        try:
            found.append(str(ipaddress.ip_network(proxy, strict=False)))
        except ValueError:
            if proxy != "unix":
                raise ConfigurationError(f"trusted_proxies: {proxy!r} is no address or network.") from None
    return tuple(found)
