"""Types of arguments: the validator for a signature, its JSON schema, and the words for what does not fit."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, Protocol, Required

import orjson
from pydantic import ConfigDict, Field, PydanticUserError, Strict, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from typing_extensions import TypedDict

from platypush.message.codec import encode
from platypush.plugins._signature import Parameter, Shape

__all__ = ["Adapter", "build_adapter", "describe_failures", "json_schema", "type_name"]

_SCALARS = (int, float, str, bool)
_EXPECTED = {
    "int_type": "int",
    "float_type": "float",
    "string_type": "str",
    "bool_type": "bool",
    "dict_type": "dict",
    "list_type": "list",
    "tuple_type": "tuple",
    "set_type": "set",
}


class Adapter(Protocol):
    """Checks a mapping of arguments."""

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments in the types of the signature. Raises pydantic's ValidationError."""


class _TypedAdapter:
    __slots__ = ("_validate",)

    def __init__(self, adapter: TypeAdapter[Any]) -> None:
        self._validate = adapter.validator.validate_python

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._validate(arguments)
        return result


def build_adapter(shape: Shape) -> Adapter:
    """The validator for ``shape``. Annotations that pydantic cannot read take anything."""
    return _TypedAdapter(_type_adapter(shape, {}))


def _type_adapter(shape: Shape, descriptions: Mapping[str, str]) -> TypeAdapter[Any]:
    fields: dict[str, Any] = {}
    for parameter in shape.parameters:
        annotation = _usable(strict(parameter.annotation))
        if description := descriptions.get(parameter.name):
            annotation = Annotated[annotation, Field(description=description)]
        fields[parameter.name] = Required[annotation] if parameter.required else NotRequired[annotation]
    # A TypedDict, not a model: parameters may be called `json`, `copy` or `schema`, which a model has as methods.
    make: Any = TypedDict
    typed = make("Arguments", fields)
    typed.__pydantic_config__ = ConfigDict(
        extra="allow" if shape.takes_more_keywords else "forbid", arbitrary_types_allowed=True
    )
    return TypeAdapter(typed)


def strict(annotation: Any) -> Any:
    """``annotation`` with every scalar in it taken strictly."""
    if annotation in _SCALARS:
        return Annotated[annotation, Strict()]
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if not arguments or origin is typing.Literal:
        return annotation
    if origin is Annotated:
        return Annotated[(strict(arguments[0]), *arguments[1:])]
    inner = tuple(strict(argument) if _is_type(argument) else argument for argument in arguments)
    if origin in (typing.Union, types.UnionType):
        return typing.Union[inner]  # noqa: UP007 - made at run time
    try:
        return origin[inner]
    except TypeError:
        return annotation


def _is_type(value: Any) -> bool:
    return value is not Ellipsis and not isinstance(value, list)


def _usable(annotation: Any) -> Any:
    try:
        TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError as error:
        # Types with a configuration of their own refuse one from outside: they are usable.
        return annotation if error.code == "type-adapter-config-unused" else Any
    except (PydanticSchemaGenerationError, TypeError, NameError):
        return Any
    return annotation


def describe_failures(
    errors: Iterable[Mapping[str, Any]], arguments: Mapping[str, Any], parameters: Mapping[str, Parameter]
) -> dict[str, tuple[str, str]]:
    """For each argument that does not fit: the kind (``missing``, ``unknown``, ``wrong``) and the reason."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for error in errors:
        grouped.setdefault(str(error["loc"][0]) if error["loc"] else "arguments", []).append(error)
    result: dict[str, tuple[str, str]] = {}
    for name, group in grouped.items():
        kind = group[0]["type"]
        if len(group[0]["loc"]) == 1 and kind == "missing":
            result[name] = ("missing", "is missing")
        elif len(group[0]["loc"]) == 1 and kind == "extra_forbidden":
            result[name] = ("unknown", "is unknown")
        else:
            result[name] = ("wrong", _reason(group, arguments.get(name), parameters.get(name)))
    return result


def _reason(group: list[Mapping[str, Any]], value: Any, parameter: Parameter | None) -> str:
    annotation = parameter.annotation if parameter else Any
    first = group[0]
    # An optional type reports like the type itself, a real union once for each member.
    union = len([member for member in _members(annotation) if member is not type(None)]) > 1
    if len(first["loc"]) > 1 and not union:
        where = "".join(f"[{part!r}]" for part in first["loc"][1:])
        expected = _EXPECTED.get(first["type"])
        if expected:
            return f"must have {expected}, not {type_name(type(first['input']))}, at {where}"
        return f"does not fit at {where}: {first['msg']}"
    if first["type"].endswith("_type") or first["type"] == "is_instance_of" or union:
        return f"must be {type_name(annotation)}, not {type_name(type(value))}"
    if first["type"] == "literal_error":
        return f"must be {type_name(annotation)}"
    return f"must be {type_name(annotation)}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _members(annotation: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if is_union else (annotation,)


def type_name(annotation: Any) -> str:
    """``annotation`` as people write it: ``str``, ``list[int]``, ``str or None``."""
    if annotation is Any:
        return "anything"
    if annotation is type(None) or annotation is None:
        return "None"
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return type_name(typing.get_args(annotation)[0])
    if origin is typing.Literal:
        return "one of " + ", ".join(repr(value) for value in typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_name(argument) for argument in typing.get_args(annotation))
    if origin is not None:
        inner = ", ".join("…" if item is Ellipsis else type_name(item) for item in typing.get_args(annotation))
        return f"{getattr(origin, '__name__', origin)}[{inner}]"
    return getattr(annotation, "__name__", str(annotation))


class _Schema(GenerateJsonSchema):
    """Types without a JSON form take anything."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:  # noqa: ARG002 - signature
        return {}

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        result = super().generate(schema, mode=mode)
        definitions = result.pop("$defs", {})
        inlined: JsonSchemaValue = _inline(result, definitions, ())
        return inlined


def _inline(node: Any, definitions: Mapping[str, Any], above: tuple[str, ...]) -> Any:
    """``node`` with references replaced by what they mean, so that it can be put into any document."""
    if isinstance(node, list):
        return [_inline(item, definitions, above) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        name = reference.rsplit("/", 1)[-1]
        rest = {key: value for key, value in node.items() if key != "$ref"}
        if name in above:
            return {"type": "object", **rest}
        return {**_inline(definitions.get(name, {}), definitions, (*above, name)), **rest}
    return {key: _inline(value, definitions, above) for key, value in node.items()}


def json_schema(shape: Shape, descriptions: Mapping[str, str]) -> dict[str, Any]:
    """JSON schema of the object of arguments for ``shape``."""
    schema = _type_adapter(shape, descriptions).json_schema(schema_generator=_Schema)
    schema.pop("title", None)
    properties = schema.setdefault("properties", {})
    for parameter in shape.parameters:
        entry = properties.get(parameter.name)
        if isinstance(entry, dict):
            entry.pop("title", None)
            if not parameter.required:
                entry["default"] = orjson.loads(encode(parameter.default))
    return schema
