"""``platypush render nginx``."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import platypush
from platypush._lib.originals import find_original
from platypush.cli.options import Options, installation_options
from platypush.cli.rendered import emit, output_option
from platypush.config.loader import load
from platypush.config.media import media_settings
from platypush.config.model import Config, HttpSettings
from platypush.render.installation import Installation, read_installation
from platypush.render.nginx import ORIGINALS, Site, render_nginx
from platypush.render.nginx_version import DEFAULT_VERSION, installed_version, parse
from platypush.render.releases import through_current
from platypush.render.uwsgi import OWN_SOCKET

__all__ = ["command", "read_originals", "site_of"]

_LETSENCRYPT = Path("/etc/letsencrypt/live")
_STATIC = Path(platypush.__file__).resolve().parent / "backend" / "http" / "webapp" / "dist"
_TAKEN = ("http", "https", "uwsgi", "websocket", "conf", "runtime", "logs", "acme")
"""Options that are fields of a site."""
_DIRECTORY = click.Path(path_type=Path, file_okay=False)


@click.command("nginx")
@installation_options
@output_option
@click.option("--domain", multiple=True, help="A host that is served; may be repeated. Others are refused.")
@click.option("--tls", help="letsencrypt, selfsigned, none, or the files CERT,KEY.", metavar="HOW")
@click.option("--http", "http", multiple=True, help="Where to listen for HTTP. [default: 80]", metavar="ADDRESS")
@click.option("--https", "https", multiple=True, help="Where to listen for HTTPS. [default: 443]", metavar="ADDRESS")
@click.option("--hsts", is_flag=True, help="Tell browsers to use HTTPS only, for two years.")
@click.option("--no-default-server", is_flag=True, help="Leave requests for other hosts to other sites.")
@click.option("--uwsgi", help="The application, as uwsgi_pass takes it.", metavar="ADDRESS")
@click.option("--websocket", help="The websocket server, as proxy_pass takes it.", metavar="URL")
@click.option(
    "--nginx", "program", help="Version to write for. [default: that of the installed one]", metavar="VERSION"
)
@click.option("--conf", type=_DIRECTORY, help="nginx's own folder. [default: /etc/nginx]")
@click.option("--runtime", type=_DIRECTORY, help="For nginx's short-lived files. [default: /run/nginx-platypush]")
@click.option("--logs", type=_DIRECTORY, help="For the logs. [default: /var/log/nginx]")
@click.option("--acme", type=_DIRECTORY, help="Webroot for certificates. [default: /var/lib/platypush-acme]")
@click.pass_context
def command(ctx: click.Context, /, output: Path | None, **given: Any) -> int:
    """nginx's site for this hub: HTTPS, the application, the websocket, and resource_dirs served by nginx.

    What is not given comes from /etc/platypush/install.env and from the configuration. Try it with `nginx -t`.
    """
    options: Options = ctx.obj or Options()
    config = load(options.config, workdir=options.workdir, environ=os.environ)
    site = _with_options(site_of(config, read_installation()), given)
    emit(render_nginx(site, read_originals()), output)
    return 0


def site_of(config: Config, installation: Installation | None) -> Site:
    """The site for a configuration on this machine, with what the installer was told."""
    http = config.http or HttpSettings()
    installation = installation or Installation()
    media = media_settings(config)
    site = Site(
        names=_words(installation.domain or ""),
        http=_everywhere("80"),
        https=_everywhere("443"),
        default_server=installation.values.get("DEFAULT_SERVER", "yes") != "no",
        hsts=installation.values.get("HSTS", "no") == "yes",
        version=installed_version() or DEFAULT_VERSION,
        static=through_current(_STATIC),
        pages=through_current(find_original("nginx/pages")),
        resource_dirs=http.resource_dirs,
        media_dirs=media.media_dirs if media else (),
        request_body=config.limits.request_body,
        read_timeout=config.limits.nginx_read_timeout,
        trusted_proxies=http.trusted_proxies,
    )
    if http.run_externally and not http.uwsgi_args:
        site = replace(site, uwsgi=f"unix:{OWN_SOCKET}")  # a uWSGI apart from the hub, as `render uwsgi` has it
    if http.disable_websocket:
        site = replace(site, websocket=None)  # systemd's socket would let clients wait for nobody
    return _with_tls(site, installation.tls)


def read_originals() -> dict[str, str]:
    """The texts that ``render_nginx`` wants. Raises OSError."""
    folder = find_original("nginx")
    return {name: (folder / name).read_text() for name in ORIGINALS}


def _with_options(site: Site, given: dict[str, Any]) -> Site:
    changes: dict[str, Any] = {name: given[name] for name in _TAKEN if given[name]}
    changes["hsts"] = site.hsts or given["hsts"]
    changes["default_server"] = site.default_server and not given["no_default_server"]
    if given["domain"]:
        changes["names"] = _words(" ".join(given["domain"]))
    if given["program"]:
        changes["version"] = parse(given["program"])
    site = replace(site, **changes)
    return _with_tls(site, given["tls"]) if given["tls"] else site


def _with_tls(site: Site, tls: str) -> Site:
    if tls == "none":
        return replace(site, https=())
    if tls == "letsencrypt" and site.names:
        folder = _LETSENCRYPT / site.names[0]
        # Until the first one is there, nginx serves the installer's own.
        if folder.exists():
            return replace(site, certificate=folder / "fullchain.pem", key=folder / "privkey.pem")
        return site
    certificate, comma, key = tls.partition(",")
    return replace(site, certificate=Path(certificate), key=Path(key)) if comma else site


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _everywhere(port: str) -> tuple[str, ...]:
    """All addresses of this machine; nginx does not start where it is told of a protocol that the kernel lacks."""
    return (port, f"[::]:{port}") if _has_ipv6() else (port,)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
