"""``${…}`` in values of the configuration: parsed once when it is loaded, expanded in one pass when it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError
from jinja2.runtime import TemplateReference, Undefined

from platypush.errors import ConfigurationError, PlatypushError
from platypush.procedure.sandbox import Sandbox

__all__ = ["Expression", "ExpressionFailed", "Template", "compile_template", "expand_value"]

_OPENING, _CLOSING = "([{", ")]}"


class ExpressionFailed(PlatypushError):
    """An expression of the configuration could not be evaluated with the values at hand."""

    code = "expression_failed"


class Expression:
    """One expression, without its ``${`` and ``}``. Compiled once; any thread may evaluate it."""

    __slots__ = ("_compiled", "text")

    def __init__(self, text: str, sandbox: Sandbox) -> None:
        """Raises ConfigurationError when ``text`` is no expression."""
        self.text = text.strip()
        if not self.text:
            raise ConfigurationError("${} is empty: name a value, or write $${} for the characters themselves.")
        try:
            self._compiled = sandbox.compile_expression(self.text, undefined_to_none=False)
        except TemplateSyntaxError as error:
            raise ConfigurationError(
                f"${{{self.text}}} is no expression: {(error.message or 'it cannot be read').rstrip('.')}."
            ) from error

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The expression's value. It is data: nothing in it is looked at for further expressions.

        Raises ExpressionFailed with the reason.
        """
        try:
            value = self._compiled(values)
        except UndefinedError as error:
            raise ExpressionFailed(f"${{{self.text}}}: {error.message}.{self._hint()}") from error
        except SecurityError as error:
            raise ExpressionFailed(
                f"${{{self.text}}} is refused: {(error.message or 'it is unsafe').rstrip('.')}."
            ) from error
        except Exception as error:  # boundary: any operation on any data may fail in its own way
            raise ExpressionFailed(f"${{{self.text}}}: {type(error).__name__}: {error}") from error
        if isinstance(value, Undefined):
            raise ExpressionFailed(f"${{{self.text}}} is not defined.{self._hint()}")
        if callable(value) or isinstance(value, TemplateReference):
            raise ExpressionFailed(f"${{{self.text}}} is a function, not a value.")
        return list(value) if isinstance(value, Iterator) else value

    def _hint(self) -> str:
        return f" (For these very characters, write $${{{self.text}}}.)" if self.text.isidentifier() else ""


class Template:
    """A text with expressions in it. One that is nothing but an expression keeps that one's type."""

    __slots__ = ("_parts",)

    def __init__(self, parts: list[str | Expression]) -> None:
        self._parts = parts

    def expand(self, values: Mapping[str, Any]) -> Any:
        """The text with each expression replaced. Raises ExpressionFailed."""
        if len(self._parts) == 1 and isinstance(self._parts[0], Expression):
            return self._parts[0].evaluate(values)
        return "".join(part if isinstance(part, str) else _text(part.evaluate(values)) for part in self._parts)


def compile_template(value: Any, sandbox: Sandbox) -> Any:
    """Prepare ``value``, a text or lists and mappings of such, for ``expand_value``.

    What holds no expression stays as it is. Raises ConfigurationError.
    """
    if isinstance(value, str):
        parts = list(_parts(value, sandbox))
        if any(isinstance(part, Expression) for part in parts):
            return Template(parts)
        return "".join(str(part) for part in parts)
    if isinstance(value, Mapping):
        return {key: compile_template(item, sandbox) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [compile_template(item, sandbox) for item in value]
    return value


def expand_value(prepared: Any, values: Mapping[str, Any]) -> Any:
    """What ``compile_template`` prepared, with all expressions evaluated. Raises ExpressionFailed."""
    if isinstance(prepared, Template):
        return prepared.expand(values)
    if isinstance(prepared, dict):
        return {key: expand_value(item, values) for key, item in prepared.items()}
    if isinstance(prepared, list):
        return [expand_value(item, values) for item in prepared]
    return prepared


def _parts(text: str, sandbox: Sandbox) -> Iterator[str | Expression]:
    position = 0
    while (start := text.find("${", position)) >= 0:
        if start > position and text[start - 1] == "$":
            yield text[position : start - 1] + "${"
            position = start + 2
            continue
        if start > position:
            yield text[position:start]
        end = _closing_brace(text, start + 2)
        yield Expression(text[start + 2 : end], sandbox)
        position = end + 1
    if position < len(text):
        yield text[position:]


def _closing_brace(text: str, start: int) -> int:
    """Where the brace stands that closes an expression, past strings and brackets inside."""
    depth, quote, position = 0, "", start
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character == "}" and depth == 0:
            return position
        elif character in _CLOSING:
            depth -= 1
        position += 1
    raise ConfigurationError(
        f"{text[max(0, start - 2) :]!r} has no closing brace: write $${{ for the characters themselves."
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
