"""``/api``: what the panel needs beside actions."""

from platypush.backend.http.app.routes.api import bootstrap, dashboards, sessions, signed_urls, tokens, users

__all__ = ["BLUEPRINTS"]

BLUEPRINTS = (
    bootstrap.blueprint,
    sessions.blueprint,
    tokens.blueprint,
    users.blueprint,
    signed_urls.blueprint,
    dashboards.blueprint,
)
