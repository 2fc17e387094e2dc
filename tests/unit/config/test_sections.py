"""Hooks, procedures, crons, backends and plugins: what can be used, and what is a problem while the rest runs."""

from __future__ import annotations

import pytest

from platypush.config.model import Secret
from tests.unit.config.conftest import Load, Problems


def test_a_hook_is_read_with_its_place(load_text: Load) -> None:
    config = load_text(
        """
        device_id: x
        event.hook.Door:
            if:
                type: platypush.message.event.custom.CustomEvent
                subtype: door
            then:
                - action: tts.say
                  args: {text: Hello, token: abc}
            priority: 3
        """
    )
    (hook,) = config.hooks
    assert hook.name == "Door"
    assert hook.condition == {"type": "platypush.message.event.custom.CustomEvent", "subtype": "door"}
    assert hook.then == ({"action": "tts.say", "args": {"text": "Hello", "token": "abc"}},)
    assert hook.priority == 3
    assert hook.source.endswith("config.yaml:3")
    assert config.raw["event.hook.Door"]["then"][0]["args"]["token"] == Secret("abc")


@pytest.mark.parametrize(
    ("key", "name", "args", "is_async"),
    [
        ("procedure.good_night", "good_night", (), False),
        ("procedure.sync.good_night", "good_night", (), False),
        ("procedure.async.good_night", "good_night", (), True),
        ("procedure.dim(room, level)", "dim", ("room", "level"), False),
        ("procedure.async.dim (room)", "dim", ("room",), True),
        ("procedure.house.lights.off()", "house.lights.off", (), False),
    ],
)
def test_a_procedure_is_read_from_its_key(
    load_text: Load, key: str, name: str, args: tuple[str, ...], is_async: bool
) -> None:
    (procedure,) = load_text(f"{key}:\n  - action: light.hue.off\n  - return\n").procedures
    assert (procedure.name, procedure.args, procedure.is_async) == (name, args, is_async)
    assert procedure.steps == ({"action": "light.hue.off"}, "return")


def test_conditions_and_loops_are_steps(load_text: Load) -> None:
    config = load_text(
        """
        procedure.p:
            - if ${x == 1}:
                - action: a.b
            - else:
                - action: a.c
            - for room in ${rooms}:
                - action: a.d
            - return: ${x}
        """
    )
    assert len(config.procedures[0].steps) == 4


@pytest.mark.parametrize("schedule", ["0 7 * * *", "*/5 * * * * 30", "@hourly"])
def test_a_cron_is_read(load_text: Load, schedule: str) -> None:
    (cron,) = load_text(f"cron.c:\n  cron_expression: '{schedule}'\n  actions: {{action: tts.say}}\n").crons
    assert (cron.name, cron.cron_expression, cron.steps) == ("c", schedule, ({"action": "tts.say"},))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("event.hook.a:\n  - x\n", "1: event.hook.a: keys with values are expected: if, then, priority."),
        ("event.hook.a:\n  if: {type: E}\n", "1: event.hook.a: then: this key is missing."),
        ("event.hook.a:\n  if: {typ: E}\n  then: [{action: a.b}]\n", "2: event.hook.a: if: the type of the event"),
        (
            "event.hook.a:\n  if: {type: E}\n  than: []\n  then: [{action: a.b}]\n",
            "3: event.hook.a: than: unknown",
        ),
        ("event.hook.a:\n  if: {type: E}\n  then: []\n", "3: event.hook.a: then: it is empty."),
        (
            "event.hook.a:\n  if: {type: E}\n  then:\n    - acton: a.b\n",
            "4: event.hook.a: then[0]: a step has an",
        ),
        ("cron.a:\n  cron_expression: 5\n  actions: [{action: a.b}]\n", "2: cron.a: cron_expression: text is expected"),
        (
            "cron.a:\n  cron_expression: daily\n  actions: [{action: a.b}]\n",
            "2: cron.a: cron_expression: 'daily'",
        ),
        (
            "cron.a:\n  cron_expression: '@daily'\n  action: x\n  actions: [{action: a.b}]\n",
            "3: cron.a: action: unknown key.",
        ),
        ("procedure.a b:\n  - action: a.b\n", "1: procedure.a b: a procedure's key is"),
        ("procedure.a(1x):\n  - action: a.b\n", "1: procedure.a(1x): its arguments have to be different names"),
        ("procedure.a(x, x):\n  - action: a.b\n", "1: procedure.a(x, x): its arguments have to be different names"),
        ("event.hook.a:\n  if: {type: ''}\n  then: [{action: a.b}]\n", "2: event.hook.a: if: the type of the event"),
        ("event.hook.a:\n  if: {type: 5}\n  then: [{action: a.b}]\n", "2: event.hook.a: if: the type of the event"),
        ("procedure.a: []\n", "1: procedure.a: a list of steps is expected"),
        ("procedure.a: 5\n", "1: procedure.a: a list of steps is expected"),
        ("procedure.a:\n", "1: procedure.a: a list of steps is expected"),
        ("procedure.a:\n  - action: 5\n", "2: procedure.a: [0]: action takes the name of an action."),
        ("tokn: abc\n", "1: tokn: unknown key, or a section without keys of its own. Did you mean 'token'?"),
        ("devce_id: 5\n", "1: devce_id: unknown key, or a section without keys of its own. Did you mean 'device_id'?"),
        ("light.hue: [a]\n", "1: light.hue: unknown key, or a section"),
        (
            "backend:\n  http:\n",
            "1: backend: sections are not nested: write the whole name",
        ),
        ("event.hok.a:\n  if: {type: E}\n  then: []\n", "1: event.hok.a: this looks like a hook"),
        ("crn.a:\n  cron_expression: x\n", "1: crn.a: this looks like a cron"),
        ("backend.:\n", "1: backend.: the name of the section is missing."),
        ("tts:\n  enabled: 'no'\n", "1: tts: enabled takes true or false, without quotes."),
        ("tts: {enabled: true, disabled: true}\n", "1: tts: enabled and disabled contradict each other."),
        ("tts:\n  voice: !env NOPE\n", "2: tts: voice: the environment variable NOPE is not set."),
    ],
)
def test_a_section_that_cannot_be_used_is_a_problem_and_the_rest_runs(load_text: Load, text: str, reason: str) -> None:
    config = load_text(f"{text}light.lifx:\n")
    (problem,) = config.problems
    assert f"{problem.source.rpartition(':')[2]}: {problem.section}: {problem.reason}".startswith(reason)
    assert not problem.warning
    assert not any((config.hooks, config.crons, config.procedures, config.backends))
    assert dict(config.plugins) == {"light.lifx": {}}


def test_every_wrong_step_is_named(load_text: Load) -> None:
    config = load_text("procedure.a:\n  - acton: x\n  - action: y\n  - 5\n")
    assert [problem.reason.split(":")[0] for problem in config.problems] == ["[0]", "[2]"]


def test_two_procedures_of_one_name_are_a_problem(load_text: Load) -> None:
    config = load_text("procedure.a:\n  - action: x.y\nprocedure.async.a:\n  - action: x.y\n")
    assert len(config.procedures) == 1
    assert "there is another procedure named 'a'" in config.problems[0].reason


def test_backends_and_plugins_get_the_arguments_of_their_sections(load_text: Load) -> None:
    config = load_text("backend.mqtt: {host: h, password: pw}\nlight.hue:\n  bridge: b\n  enabled: true\ntts:\n")
    assert config.backends == {"mqtt": {"host": "h", "password": Secret("pw")}}
    assert config.plugins == {"light.hue": {"bridge": "b"}, "tts": {}}
    assert config.sources["light.hue"].endswith("config.yaml:2")


@pytest.mark.parametrize("switch", ["enabled: false", "disabled: true", "enabled: no", "disabled: on"])
def test_a_section_that_is_switched_off_is_left_out_and_remembered(load_text: Load, switch: str) -> None:
    config = load_text(
        f"""
        tts: {{{switch}, voice: !env NOPE}}
        backend.http: {{{switch}}}
        event.hook.a: {{{switch}}}
        cron.a: {{{switch}}}
        """
    )
    assert config.disabled == {"tts", "backend.http", "event.hook.a", "cron.a"}
    assert config.http is None
    assert not any((config.plugins, config.hooks, config.crons, config.problems))
    assert "tts" in config.raw


def test_a_constant_may_be_called_enabled(load_text: Load) -> None:
    assert load_text("constants: {enabled: false}\n").constants == {"enabled": False}


def test_a_core_section_with_a_broken_switch_stops_the_start(problems_of: Problems) -> None:
    assert problems_of("backend.http: {enabled: 'no'}\n")[0].endswith("enabled takes true or false, without quotes.")


def test_when_the_core_stops_the_start_the_other_problems_are_listed_too(problems_of: Problems) -> None:
    text = "tokn: x\nbackend.http: {prot: 1}\ndevice_id: 5\ncron.a: {}\ntts: {v: !env NOPE}\n"
    assert [problem.split(": ")[0] for problem in problems_of(text)] == [
        "config.yaml:1", "config.yaml:2", "config.yaml:3", "config.yaml:4", "config.yaml:4", "config.yaml:5",
    ]  # fmt: skip
