"""``/metrics``: workers, daemon and uWSGI together, in Prometheus's text format."""

from __future__ import annotations

from flask import Blueprint, Response, request

from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.auth.methods import require
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import Web, current_web
from platypush.backend.http.app.uwsgi_stats import read_stats, stats_text
from platypush.errors import PlatypushError

__all__ = ["blueprint"]

blueprint = Blueprint("metrics", __name__)
_SECONDS = 2.0


@blueprint.get("/metrics")
@open_route("decides by itself: a direct connection from this machine needs no credential")
def metrics() -> Response:
    """Everything that can be had now; a part that does not answer is missing, the page is not."""
    web = current_web()
    exchange = exchange_of(request.environ)
    if not exchange.client.is_direct_loopback:
        require(web, request.environ, exchange, "metrics")
    parts = [web.metrics.text(), _daemon(web, exchange.request_id)]
    stats = read_stats(web.settings.stats_socket)
    if stats is not None:
        parts.append(stats_text(stats).encode())
    return Response(b"".join(parts), content_type="text/plain; version=0.0.4; charset=utf-8")


def _daemon(web: Web, request_id: str) -> bytes:
    head = b"# HELP platypush_daemon_up Whether the daemon answers.\n# TYPE platypush_daemon_up gauge\n"
    try:
        reply = web.gateway.control("metrics", request_id, seconds=_SECONDS)
    except PlatypushError:
        return head + b"platypush_daemon_up 0\n"
    text = reply.body if reply.status == 200 else b""
    return head + b"platypush_daemon_up 1\n" + (text if text.endswith(b"\n") or not text else text + b"\n")
