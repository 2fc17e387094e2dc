"""What leaves the hub over HTTP goes by ``platypush.outgoing``, where it is decided what may be reached."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.contract.test_imports import MODULES, below, tree_of

HTTP_CLIENTS = {"aiohttp", "ftplib", "http.client", "httpx", "requests", "urllib.request", "urllib3"}

# Those that use one all the same, and why.
EXCEPTIONS = {
    "outgoing": "the one place",
    "media.remote": "a worker passes a stream on, without requests; its connections are made by outgoing.connect",
}


def clients(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        # What writes the header of a sign-in sends nothing by itself.
        sends = (name for name in names if not below(name, "requests.auth"))
        yield from (name for name in sends if any(below(name, client) for client in HTTP_CLIENTS))


@pytest.mark.parametrize("name", sorted(MODULES))
def test_no_module_has_an_http_client_of_its_own(name: str) -> None:
    if not any(below(name, allowed) for allowed in EXCEPTIONS):
        assert not list(clients(tree_of(name))), f"platypush.{name}: use platypush.outgoing.exchange"


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_each_exception_is_needed(name: str) -> None:
    assert any(list(clients(tree_of(module))) for module in MODULES if below(module, name))
