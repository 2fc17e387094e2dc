"""The OpenAPI document, from the daemon's description of its actions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["document"]

_DEFINITIONS = "#/$defs/"
_SCHEMAS = "#/components/schemas/"

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "object"},
                "request_id": {"type": "string"},
            },
        }
    },
}
_RESPONSE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "response"],
    "properties": {
        "id": {"type": "string"},
        "type": {"const": "response"},
        "target": {"type": ["string", "null"]},
        "origin": {"type": ["string", "null"]},
        "_timestamp": {"type": "number"},
        "response": {
            "type": "object",
            "required": ["output", "errors"],
            "properties": {"output": {}, "errors": {"type": "array", "items": {"type": "string"}}},
        },
    },
}
_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["type", "args"],
    "properties": {
        "type": {"const": "event"},
        "args": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
    },
}
_SECURITY: dict[str, Any] = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "token": {"type": "apiKey", "in": "header", "name": "X-Token"},
    "tokenQuery": {"type": "apiKey", "in": "query", "name": "token"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session_token"},
}


def document(plugins: Mapping[str, Any], *, version: str, server: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document.

    ``plugins`` is the daemon's description: plugin name to ``actions``, each with ``summary``, ``doc`` and ``schema``
    (the JSON schema of its arguments).
    """
    schemas: dict[str, Any] = {"Error": _ERROR, "Response": _RESPONSE, "Event": _EVENT}
    requests: dict[str, str] = {}
    for plugin in plugins.values():
        for action in plugin.get("actions", {}).values():
            name = action["name"]
            schemas[name] = _request(action)
            schemas.update(_definitions(name, action.get("schema") or {}))
            requests[name] = f"{_SCHEMAS}{name}"
    return {
        "openapi": "3.1.0",
        "info": {"title": "Platypush", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": server}],
        "security": [{name: []} for name in _SECURITY],
        "paths": _paths(requests),
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
    }


def _request(action: Mapping[str, Any]) -> dict[str, Any]:
    arguments = _rebase(dict(action.get("schema") or {"type": "object"}), action["name"])
    arguments.pop("$defs", None)
    required = ["type", "action", *(["args"] if arguments.get("required") else [])]
    return {
        "title": action["name"],
        "description": action.get("doc") or action.get("summary") or "",
        "type": "object",
        "required": required,
        "properties": {
            "type": {"const": "request"},
            "action": {"const": action["name"]},
            "args": arguments,
            "id": {"type": "string"},
            "target": {"type": "string"},
        },
    }


def _definitions(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name}.{key}": _rebase(value, name) for key, value in schema.get("$defs", {}).items()}


def _rebase(schema: Any, name: str) -> Any:
    """References to the schema's own definitions lead to the document's, which have the action's name before them."""
    if isinstance(schema, dict):
        return {
            key: f"{_SCHEMAS}{name}.{value.removeprefix(_DEFINITIONS)}"
            if key == "$ref" and isinstance(value, str) and value.startswith(_DEFINITIONS)
            else _rebase(value, name)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_rebase(item, name) for item in schema]
    return schema


def _paths(requests: Mapping[str, str]) -> dict[str, Any]:
    messages: dict[str, Any] = {"oneOf": [*({"$ref": ref} for ref in requests.values()), {"$ref": f"{_SCHEMAS}Event"}]}
    anything: dict[str, Any] = {"200": {"description": "The hook's own answer."}}
    return {
        "/execute": {
            "post": {
                "operationId": "execute",
                "summary": "Run an action or a procedure, or post an event.",
                "description": "A failed action is answered with 200 too: look at response.errors.",
                "requestBody": {"required": True, "content": _json(messages)},
                "responses": {
                    "200": {"description": "What the action gave.", "content": _json(_ref("Response"))},
                    **_errors(400, 401, 403, 412, 413, 503, 504),
                },
            }
        },
        "/auth": {
            "post": {
                "operationId": "auth",
                "summary": "A token for name and password.",
                "security": [],
                "requestBody": {
                    "required": True,
                    "content": _json(
                        _object(
                            ("username", "password"),
                            username={"type": "string"},
                            password={"type": "string"},
                            expiry_days={"type": "number", "minimum": 0, "description": "0 or absent: for ever"},
                        )
                    ),
                },
                "responses": {
                    "200": {
                        "description": "The token.",
                        "content": _json(_object(("token",), token={"type": "string"})),
                    },
                    **_errors(400, 401, 412, 429),
                },
            }
        },
        "/hook/{name}": {
            method: {
                "operationId": f"hook_{method}",
                "summary": "Call a webhook.",
                "security": [],
                "parameters": [_path_parameter("name")],
                "responses": {**anything, **_errors(403, 404, 413, 500, 503, 504)},
            }
            for method in ("get", "post", "put", "patch", "delete")
        },
        "/resources/{path}": {
            "get": {
                "operationId": "resource",
                "summary": "A file of resource_dirs.",
                "parameters": [_path_parameter("path")],
                "responses": {
                    "200": {"description": "The file."},
                    "206": {"description": "The part that was asked for."},
                    "304": {"description": "Unchanged."},
                    **_errors(401, 403, 404, 416),
                },
            }
        },
        **_media_paths(),
        "/health": {"get": _open("health", "Whether a worker answers; details for those signed in.")},
        "/ready": {"get": {**_open("ready", "Whether the daemon takes calls.", 503)}},
        "/metrics": {"get": {**_open("metrics", "Figures for Prometheus.", 401), "security": []}},
    }


def _media_paths() -> dict[str, Any]:
    medium = {
        "description": "The medium, with the signed address that players fetch it by.",
        "content": _json(
            _object(
                ("media_id", "mime_type", "source", "url"),
                media_id={"type": "string"},
                mime_type={"type": "string"},
                name={"type": ["string", "null"]},
                prefix_handlers={"type": "array", "items": {"type": "string"}},
                source={"type": "string"},
                subtitles={"type": ["string", "null"]},
                url={"type": "string"},
                subtitles_url={"type": "string"},
            )
        ),
    }
    text = {"type": "string"}
    path = {"parameters": [_path_parameter("id")]}
    return {
        "/media": {
            "get": _signed_in("list_media", "All media, the newest first."),
            "put": {
                "operationId": "add_media",
                "summary": "Make a file or a URL a medium.",
                "requestBody": {
                    "required": True,
                    "content": _json(_object(("source",), source=text, subtitles=text)),
                },
                "responses": {"200": medium, **_errors(400, 401, 403, 404, 503)},
            },
        },
        "/media/{id}": {
            **path,
            "get": {
                **_signed_in("get_media", "The medium itself; also by its signed address.", 404, 416, 503),
                "parameters": [{"name": "download", "in": "query", "schema": text}],
            },
            "delete": {
                "operationId": "remove_media",
                "summary": "Forget a medium.",
                "responses": {"200": medium, **_errors(401, 403, 404)},
            },
        },
        "/media/subtitles/{id}.vtt": {
            **path,
            "get": _signed_in("get_subtitles", "A medium's subtitles as WebVTT; also by their signed address.", 404),
            "post": {
                **_signed_in("attach_subtitles", "Give a medium a file of subtitles, or what lies beside it.", 404),
                "requestBody": {"content": _json(_object((), filename=text))},
            },
            "delete": _signed_in("detach_subtitles", "Take a medium's subtitles away.", 404),
        },
    }


def _signed_in(operation: str, summary: str, *errors: int) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {"200": {"description": summary}, **_errors(401, 403, *errors)},
    }


def _open(operation: str, summary: str, *errors: int) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": summary}, **_errors(*errors)},
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"{_SCHEMAS}{name}"}


def _object(required: tuple[str, ...], **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _errors(*statuses: int) -> dict[str, Any]:
    return {
        str(status): {"description": "The one error shape.", "content": _json(_ref("Error"))} for status in statuses
    }
