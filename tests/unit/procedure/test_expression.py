"""``${…}``: what it gives, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import ConfigurationError
from platypush.message.event.http.hook import WebhookEvent
from platypush.message.response import Response
from platypush.procedure.expression import ExpressionFailed, compile_template, expand_value
from platypush.procedure.sandbox import Sandbox

SANDBOX = Sandbox()
VALUES: dict[str, Any] = {
    "x": 5,
    "s": "abc",
    "n": None,
    "light": {"state": {"on": True}, "items": [1, 2]},
    "outside": "${x} {{ x }} {0.__class__}",
    "response": Response(output=3),
    "event": WebhookEvent(hook="h", method="POST", data={"a": 1}, headers={"X-Token": "t"}),
}


def expand(template: Any) -> Any:
    return expand_value(compile_template(template, SANDBOX), VALUES)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("plain", "plain"),
        ("${x}", 5),
        ("${n}", None),
        ("a${x}b${s}", "a5babc"),
        ("<${n}>", "<>"),
        ("${light['state']['on']}", True),
        ("${light.state.on and x > 3}", True),
        ("${light.items}", [1, 2]),
        ("${light.get('nothing', 4)}", 4),
        ("${ {'a': '}'} }", {"a": "}"}),
        ("${x if x > 3 else 2}", 5),
        ("${n is None}", True),
        ("${n is not None}", False),
        ("${not x == 5}", False),
        ("${s.upper()[1:]}", "BC"),
        ("${', '.join(['a', s])}", "a, abc"),
        ("${len(s) + int('4')}", 7),
        ("${'b' in s}", True),
        ("${missing is defined}", False),
        ("${s.center is defined or response.to_json is defined}", False),
        ("${missing|default('q')}", "q"),
        ("${[1, 2]|map('string')|join('-')}", "1-2"),
        ("${light|tojson}", '{"state":{"on":true},"items":[1,2]}'),
        ("${range(3)|list}", [0, 1, 2]),
        ("${response.output}", 3),
        ("${event.data.a}", 1),
        ("${event.headers.get('x-token')}", "t"),
        ("$${x} costs $5", "${x} costs $5"),
        ({"a": ["${x}", {"b": "${s}!"}], "c": 1.5}, {"a": [5, {"b": "abc!"}], "c": 1.5}),
    ],
)
def test_an_expression_gives_its_value_and_keeps_the_type_when_it_stands_alone(template: Any, value: Any) -> None:
    assert expand(template) == value


def test_what_an_expression_gives_is_never_evaluated_again() -> None:
    assert expand("${outside}") == VALUES["outside"]
    assert expand("<${outside}>") == f"<{VALUES['outside']}>"
    assert expand({"a": "${[outside]}"}) == {"a": [VALUES["outside"]]}


@pytest.mark.parametrize(
    "attack",
    [
        "${s.__class__}",
        "${s.__class__.__mro__[1].__subclasses__()}",
        "${''['__class__']}",
        "${x.__init__.__globals__}",
        "${now.__globals__}",
        "${response.__init__.__globals__}",
        "${response.to_json()}",
        "${event.__class__}",
        "${event.to_dict()}",
        "${max.__self__}",
        "${'{0.__class__}'.format(s)}",
        "${outside.format(s)}",
        "${s.format_map(light)}",
        "${'%1000000000d' % x}",
        "${'a' * 10 ** 9}",
        "${[0] * 10 ** 9}",
        "${2 ** (10 ** 9)}",
        "${10 ** 1000 * 10 ** 1000}",
        "${range(10 ** 9)|list}",
        "${s.center(10 ** 9)}",
        "${s.ljust(10 ** 9)}",
        "${s.zfill(10 ** 9)}",
        "${(1).to_bytes(10 ** 9)}",
        "${('a' * 9999).replace('a', 'b' * 9999)}",
        "${('a' * 9999)|replace('a', 'b' * 9999)}",
        "${('a' * 9999).join(['b'] * 9999)}",
        "${now().strftime('%999999999Y')}",
        "${self}",
        "${now}",
        "${lipsum()}",
        "${cycler.__init__}",
        "${namespace()}",
        "${joiner}",
        "${dict.__base__}",
        "${light.update({'a': 1})}",
        "${light.items.append(3)}",
    ],
)
def test_the_sandbox_refuses(attack: str) -> None:
    with pytest.raises(ExpressionFailed):
        expand(attack)
    assert VALUES["light"] == {"state": {"on": True}, "items": [1, 2]}


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("${x", "no closing brace"),
        ("${}", "is empty"),
        ("${x +}", "no expression"),
        ("${import os}", "no expression"),
        ("${s|attr('__class__')}", "No filter named 'attr'"),
        ("${x} ${", "no closing brace"),
        ("${[x for x in y]}", "no expression"),
    ],
)
def test_what_is_no_expression_is_told_when_it_is_loaded(template: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        compile_template(template, SANDBOX)


def test_an_unknown_name_says_how_to_write_the_characters_themselves() -> None:
    with pytest.raises(ExpressionFailed, match=r"\$\{HOME\} is not defined\. .* write \$\$\{HOME\}"):
        expand("echo ${HOME}")
