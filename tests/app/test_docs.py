"""docs/http.md tells the truth."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from platypush import context, errors
from platypush.backend.http.app.discovery import Source, register_routes
from platypush.backend.http.app.proxies import WorkerRuntime
from platypush.backend.http.app.state import web_of
from platypush.errors import PlatypushError
from tests.app.conftest import Owner

PAGE = (Path(__file__).parents[2] / "docs/http.md").read_text()


def test_every_route_is_described(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        shown = re.sub(r"<\w+:(\w+)>", r"<\1>", rule.rule)
        assert re.search(rf"{re.escape(shown)}[`, ]", PAGE), shown


def test_every_error_that_a_client_can_get_is_described() -> None:
    kinds: list[type[Any]] = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    unseen = (errors.BackupFailed, errors.ConfigurationError, errors.ActionFailed, errors.StepsFailed)
    for kind in kinds:
        if issubclass(kind, PlatypushError) and kind not in unseen:
            assert f"`{kind.code}`" in PAGE, kind
            assert str(kind.http_status) in PAGE, kind


def test_the_example_of_a_route_works(app: Flask, client: FlaskClient, owner: Owner) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    module = ModuleType("doorbell")
    exec(code[1], vars(module))
    (found,) = register_routes(app, [Source("doorbell", lambda: module)])
    assert found.reason is None
    context.clear_runtime()
    context.set_runtime(WorkerRuntime(web_of(app).gateway))
    try:
        assert client.get("/doorbell").status_code == 401
        assert client.get("/doorbell", headers=owner.bearer()).get_json() == {"errors": []}
    finally:
        context.clear_runtime()
