"""The one way in for messages of other transports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from platypush.backend.services import BackendServices, ServiceBackend
from platypush.config.loader import load
from platypush.errors import NotAuthenticated, Unavailable
from platypush.message.envelope import Envelope, Principal, Reply
from platypush.user.credentials import Credential

OWNER = Principal("jwt", "owner")


class Users:
    def authenticate(self, credential: Credential | None, address: str) -> Principal:
        if credential is None or credential.value != "right":
            raise NotAuthenticated(f"refused for {address}")
        return OWNER


@pytest.fixture
def seen() -> list[Envelope]:
    return []


@pytest.fixture
def services(tmp_path: Path, seen: list[Envelope]) -> BackendServices:
    path = tmp_path / "config.yaml"
    path.write_text("device_id: here\n")
    path.chmod(0o600)

    def handle(envelope: Envelope) -> Reply:
        seen.append(envelope)
        return Reply(200, b"{}")

    config = load(path, workdir=tmp_path, environ={})
    return BackendServices(config=config, users=cast("Any", Users()), handle=handle, listen=lambda _: lambda: None)


def run(services: BackendServices, message: object, **options: Any) -> tuple[int, str]:
    raw = message if isinstance(message, (bytes, str)) else json.dumps(message)
    reply = services.run_message(raw, origin="mqtt", address="mqtt:door", **options)
    return reply.status, reply.body.decode()


def test_a_message_with_a_valid_token_runs_as_its_owner(services: BackendServices, seen: list[Envelope]) -> None:
    assert run(services, {"type": "request", "action": "x.y", "token": "right"}) == (200, "{}")
    assert (seen[0].principal, seen[0].meta, seen[0].kind) == (OWNER, {"origin": "mqtt"}, "execute")
    assert seen[0].time_left == services.config.limits.action_time


@pytest.mark.parametrize("token", [{}, {"token": "wrong"}, {"token": ""}, {"token": 7}, {"token": None}])
def test_without_a_valid_token_nothing_runs(
    services: BackendServices, seen: list[Envelope], token: dict[str, Any]
) -> None:
    status, body = run(services, {"type": "request", "action": "x.y", **token})
    assert (status, seen) == (401, [])
    assert json.loads(body)["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("rubbish", [b"", b"\xff\xfe", "[]", "7", '"x"', "{", b"{" * 100_000])
def test_rubbish_is_a_bad_request(services: BackendServices, seen: list[Envelope], rubbish: bytes | str) -> None:
    assert (run(services, rubbish)[0], seen) == (400, [])


def test_a_transport_that_is_trusted_by_the_configuration_needs_no_token(
    services: BackendServices, seen: list[Envelope]
) -> None:
    someone = replace(services)
    assert run(someone, {"type": "request", "action": "x.y"}, trusted=Principal("local"))[0] == 200
    assert seen[0].principal == Principal("local")


def test_a_credential_of_the_connection_counts_before_the_messages_own(services: BackendServices) -> None:
    credential = Credential("token", "wrong", "message")
    assert run(services, {"type": "request", "action": "x.y", "token": "right"}, credential=credential)[0] == 401


def test_a_backend_outside_of_a_hub_says_so() -> None:
    with pytest.raises(Unavailable, match="inside a running hub only"):
        assert ServiceBackend().services
