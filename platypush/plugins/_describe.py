"""Descriptions of plugins for people and programs: ``inspect``, the panel and the OpenAPI document."""

from __future__ import annotations

import inspect
from typing import Any

from platypush.plugins._docstrings import parse
from platypush.plugins._slot import BoundAction, Slot
from platypush.plugins.arguments import ActionArguments

__all__ = ["describe_arguments", "describe_slot"]


def describe_slot(slot: Slot) -> dict[str, Any]:
    """One plugin as JSON: name, docs, state, actions."""
    state = slot.state()
    documentation = parse(inspect.getdoc(type(slot.plugin)) if slot.plugin is not None else None)
    return {
        "name": slot.name,
        "doc": documentation.text,
        "summary": documentation.summary,
        "status": state.status.value,
        "reason": state.reason,
        "actions": {name: _action(slot.name, name, bound) for name, bound in slot.actions().items()},
    }


def _action(plugin: str, name: str, bound: BoundAction) -> dict[str, Any]:
    arguments = bound[1]
    return {
        "name": f"{plugin}.{name}",
        "doc": arguments.documentation.text,
        "summary": arguments.documentation.summary,
        "returns": arguments.documentation.returns,
        **describe_arguments(arguments),
    }


def describe_arguments(arguments: ActionArguments) -> dict[str, Any]:
    """``args`` (name to whether it is required, default, type and docs) and ``schema`` (the JSON schema of all)."""
    schema = arguments.schema()
    properties = schema.get("properties", {})
    return {
        "args": {
            parameter.name: {
                "required": parameter.required,
                "default": properties.get(parameter.name, {}).get("default"),
                "type": arguments.type_name(parameter.name),
                "doc": arguments.documentation.parameters.get(parameter.name, ""),
            }
            for parameter in arguments.parameters
        },
        "schema": schema,
    }
