"""A bus whose daemon is a function of the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from platypush.errors import PlatypushError
from platypush.message.envelope import Envelope, Reply

JSON = (("Content-Type", "application/json"),)

ACTIONS: dict[str, Any] = {
    "tts": {
        "name": "tts",
        "actions": {
            "say": {
                "name": "tts.say",
                "summary": "Say a text.",
                "doc": "Say a text.\n\nAloud.",
                "schema": {
                    "type": "object",
                    "properties": {"text": {"type": "string"}, "voice": {"$ref": "#/$defs/Voice"}},
                    "required": ["text"],
                    "additionalProperties": False,
                    "$defs": {"Voice": {"enum": ["low", "high"]}},
                },
            },
            "stop": {"name": "tts.stop", "summary": "", "doc": "", "schema": {"type": "object", "properties": {}}},
        },
    }
}
"""What the daemon says of its plugins."""


class FakeBus:
    """Implements ``BusClient``: remembers each envelope and answers with ``handler``, which may raise."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.handler: Callable[[Envelope], Reply] = echo
        self.closed = False

    def call(self, envelope: Envelope) -> Reply:
        self.envelopes.append(envelope)
        return self.handler(envelope)

    def close(self) -> None:
        self.closed = True

    @property
    def last(self) -> Envelope:
        return self.envelopes[-1]

    def answer(self, reply: Reply) -> None:
        self.handler = lambda _: reply

    def fail(self, error: PlatypushError) -> None:
        def handler(_: Envelope) -> Reply:
            raise error

        self.handler = handler


def echo(envelope: Envelope) -> Reply:
    """The arguments as the action's output; controls and hooks answer with what they got."""
    if envelope.kind == "execute":
        message = json.loads(envelope.body)
        if message["type"] == "event":
            return Reply(200, b"{}", JSON)
        return Reply(200, response(message.get("args"), id=message.get("id")), JSON)
    if envelope.kind == "hook":
        return Reply(200, envelope.body, (("Content-Type", "text/plain; charset=utf-8"),))
    if envelope.name == "metrics":
        return Reply(200, b"platypush_daemon_plugins 7\n", (("Content-Type", "text/plain"),))
    if envelope.name == "actions":
        return Reply(200, json.dumps(ACTIONS).encode(), JSON)
    return Reply(200, json.dumps({"operation": envelope.name, "problems": []}).encode(), JSON)


def response(output: Any = None, errors: tuple[str, ...] = (), id: str | None = None) -> bytes:
    """A Response message as the daemon encodes it."""
    return json.dumps(
        {
            "id": id,
            "type": "response",
            "target": "http",
            "origin": "testdev",
            "_timestamp": 1.0,
            "response": {"output": output, "errors": list(errors)},
            "_logging_level": 20,
        }
    ).encode()
