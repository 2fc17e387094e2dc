"""Flask's hello-world: what a Flask view costs that does nothing."""

from __future__ import annotations

from flask import Flask

application = Flask("hello")


@application.post("/execute")
def hello() -> str:
    """The least view."""
    return "Hello, world"
