"""The panel's pages: ``/``, ``/plugin/<name>``, ``/dashboard/<name>``."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import current_web
from platypush.backend.http.app.web_parts import WebPart

__all__ = ["blueprint"]

blueprint = Blueprint("panel", __name__)


@blueprint.get("/")
@authenticated("panel")
def index() -> str:
    """Status, a form to run actions, one to make tokens, sign-out."""
    return _page()


@blueprint.get("/plugin/<name>")
@authenticated("panel")
def plugin(name: str) -> str:
    """The same page with the form filled in for one plugin, below its panel where a package brings one."""
    part = next((part for part in current_web().parts if part.plugin == name and not part.reason), None)
    return _page(title=part.title if part and part.title else name, action=f"{name}.", part=part)


@blueprint.get("/dashboard/<name>")
@authenticated("panel")
def dashboard(name: str) -> str:
    """The same page under a dashboard's name."""
    return _page(title=name)


def _page(title: str = "Platypush", action: str = "", part: WebPart | None = None) -> str:
    principal = exchange_of(request.environ).principal
    return render_template(
        "index.html",
        title=title,
        action=action,
        part=part.to_dict() if part else None,
        user=principal.user if principal else None,
    )
