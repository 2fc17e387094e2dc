"""Steps of the configuration, run with actions that note what they were asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import yaml

from platypush._lib.calls import in_call
from platypush.config.model import HookSettings, ProcedureSettings, Secret
from platypush.errors import ActionFailed, ConfigurationError, Forbidden, PlatypushError, TimeLimit
from platypush.event.configured import configured_hooks
from platypush.event.processor import EventProcessor
from platypush.event.types import EventTypes
from platypush.message.event.custom import CustomEvent
from platypush.message.event.http.hook import WebhookEvent
from platypush.message.request import Request
from platypush.message.response import Response
from platypush.procedure import procedure, procedure_mark
from platypush.procedure.interpreter import MAX_DEPTH, Interpreter, Outcome
from platypush.procedure.registry import FunctionProcedure, ProcedureRegistry, configured_procedures


class House:
    """Runs requests: procedures by a registry, ``fail`` fails, ``give`` gives its ``value``, all else its arguments."""

    def __init__(self, constants: dict[str, Any] | None = None) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.interpreter = Interpreter(self.run_request, constants)
        self.procedures = ProcedureRegistry()

    def run_request(self, request: Request) -> Response:
        if request.action.startswith("procedure."):
            return self.procedures.run_request(request)
        self.asked.append((request.action, request.args))
        if request.action == "test.fail":
            return Response(errors=["broken"])
        if request.action == "test.give" and isinstance(request.args, dict):
            return Response(output=request.args["value"])
        return Response(output=None)

    def run(self, text: str, **given: Any) -> Outcome:
        return self.interpreter.compile("test", yaml.safe_load(text), "config.yaml:1").run(given)

    def define(self, *settings: ProcedureSettings) -> None:
        known, problems = configured_procedures(settings, self.interpreter)
        assert not problems
        self.procedures.set_procedures(known)

    def said(self) -> list[Any]:
        return [args["text"] for action, args in self.asked if action == "tts.say"]


@pytest.fixture
def house() -> House:
    return House({"name": "Ada", "pin": Secret("1234")})


def test_actions_run_in_order_with_their_arguments_expanded(house: House) -> None:
    house.run(
        """
        - action: light.hue.on
          args: {level: "${level}", rooms: ["${room}"]}
        - action: tts.say
          args: {text: "Hello ${name}, ${pin}"}
        - action: shell.exec
          args: ["ls $${HOME}"]
        - action: light.off
        """,
        level=70,
        room="hall",
    )
    assert house.asked == [
        ("light.hue.on", {"level": 70, "rooms": ["hall"]}),
        ("tts.say", {"text": "Hello Ada, 1234"}),
        ("shell.exec", ["ls ${HOME}"]),
        ("light.off", {}),
    ]


def test_the_last_output_and_the_keys_of_outputs_are_variables(house: House) -> None:
    outcome = house.run(
        """
        - action: test.give
          args: {value: {temperature: 18, name: "Mallory", room: "cellar"}}
        - action: test.give
          args: {value: [1, 2]}
        - return: ["${temperature}", "${output}", "${name}", "${room}"]
        """,
        room="hall",
    )
    assert outcome.output == [18, [1, 2], "Ada", "hall"], "no output replaces a constant or an argument"
    assert outcome.returned


def test_an_action_that_fails_leaves_its_errors_to_the_next_step(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = house.run(
        """
        - action: test.fail
        - if ${errors}:
            - action: tts.say
              args: {text: "${errors[0]}"}
        """
    )
    assert house.said() == ["broken"]
    assert outcome.errors == []
    assert "test (config.yaml:1), step 1: test.fail failed: broken" in caplog.text


CHOICE = """
- if ${x > 2}:
    - return: big
  elif ${x > 1}:
    - return: middle
  else:
    - return: small
"""
CHOICE_BY_ITEMS = """
- if ${x > 2}:
    - return big
- elif ${x > 1}:
    - return middle
- else:
    - return small
"""


@pytest.mark.parametrize("text", [CHOICE, CHOICE_BY_ITEMS])
@pytest.mark.parametrize(("x", "size"), [(3, "big"), (2, "middle"), (1, "small")])
def test_the_first_branch_that_holds_runs(text: str, x: int, size: str, house: House) -> None:
    assert house.run(text, x=x).output == size


def test_loops_break_continue_and_return(house: House) -> None:
    outcome = house.run(
        """
        - for x in ${items}:
            - if ${x == 2}:
                - continue
            - if ${x == 4}:
                - break
            - action: tts.say
              args: {text: "${x}"}
        - while ${True}:
            - break
        - set: {n: 0}
        - while ${True}:
            - set: {n: "${n + 1}"}
            - if ${n > 4}:
                - return ${n * 10}
        - action: tts.say
          args: {text: never}
        """,
        items=[1, 2, 3, 4, 5],
    )
    assert house.said() == [1, 3]
    assert outcome.output == 50


def test_return_alone_keeps_the_last_output(house: House) -> None:
    outcome = house.run("- action: test.give\n  args: {value: 7}\n- return\n- action: test.fail\n")
    assert (outcome.output, outcome.errors, outcome.returned) == (7, [], False)


def test_a_fork_runs_its_turns_side_by_side_and_waits_for_all(house: House) -> None:
    meeting = threading.Barrier(3)

    def meet(request: Request) -> Response:
        meeting.wait(10)
        return Response(output=request.args)

    interpreter = Interpreter(meet)
    steps = yaml.safe_load("- fork x in ${items}:\n    - action: a.b\n      args: ['${x}']\n")
    outcome = interpreter.compile("test", steps).run({"items": [1, 2, 3]})
    assert outcome.output == [[1], [2], [3]]


def test_an_endless_loop_ends_with_the_time_of_its_call(house: House) -> None:
    with in_call("id", 0.05), pytest.raises(TimeLimit, match="step 1"):
        house.run("- while ${True}:\n    - set: {x: 1}\n")


def test_an_endless_loop_ends_when_the_hub_stops(house: House) -> None:
    house.interpreter.stop()
    with pytest.raises(ActionFailed, match="the hub stops"):
        house.run("- while ${True}:\n    - set: {x: 1}\n")


def test_an_error_at_run_time_names_section_place_and_step(house: House) -> None:
    with pytest.raises(
        ActionFailed, match=r"test \(config\.yaml:1\), step 2 > if > step 1: \$\{nothing\.x\}: .*undefined"
    ):
        house.run("- action: a.b\n- if ${True}:\n    - action: a.b\n      args: {x: '${nothing.x}'}\n")
    with pytest.raises(ActionFailed, match="is a str, not a list"):
        house.run("- for x in ${name}:\n    - action: a.b\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- breka", r"step 1: 'breka' is no statement\. Did you mean 'break'"),
        ("- break", "outside of a loop"),
        ("- fork x in ${y}:\n    - break", "step 1 > step 1: 'break' stands outside"),
        ("- else:\n    - return", "no 'if' right before"),
        ("- if ${x}:\n    - return\n- else:\n- else:\n", "step 3: nothing of an 'if' can come after its 'else'"),
        ("- if x > 3:\n    - return", "should read like 'if"),
        ("- for x in items:\n    - return", "should read like 'for item in"),
        ("- action: a.b\n  arg: {}", "Did you mean 'args'"),
        ("- action: ${x}.toggle", "is no name of an action"),
        ("- action: toggle", "is no name of an action"),
        ("- action: a.b\n  args: {x: '${1 +}'}", "is no expression"),
        ("- while ${x}:\n  set: {a: 1}", "do not go together"),
        ("- 7", "a step is an action"),
        ("- set: {'a b': 1}", "name of a variable"),
        ("- if ${a}:\n    - if ${b}:\n        - retrun", "step 1 > if > step 1 > if > step 1: 'retrun'"),
    ],
)
def test_wrong_steps_are_told_when_they_are_loaded(text: str, reason: str, house: House) -> None:
    with pytest.raises(ConfigurationError, match=rf"test \(config\.yaml:1\), .*{reason}"):
        house.interpreter.compile("test", yaml.safe_load(text), "config.yaml:1")


def settings(name: str, steps: Sequence[Any], *args: str, is_async: bool = False) -> ProcedureSettings:
    return ProcedureSettings(name=name, args=args, steps=tuple(steps), is_async=is_async, source="config.yaml:5")


def test_procedures_call_one_another_with_arguments(house: House) -> None:
    house.define(
        settings("outer", [{"action": "procedure.inner", "args": {"who": "${who}!"}}, "return ${output}"], "who"),
        settings("inner", [{"return": "${greeting|default('hello')} ${who}"}], "who"),
    )
    assert house.procedures.run("procedure.outer", ["Bob"]).output == "hello Bob!"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"wo": 1}, "no argument 'wo'. Did you mean 'who'?"),
        ({}, "needs the argument 'who'"),
        ([1, 2], "takes 1 arguments, and 2"),
    ],
)
def test_arguments_that_do_not_fit_are_named(args: Any, error: str, house: House) -> None:
    house.define(settings("greet", ["return ${who}"], "who"))
    assert error in house.procedures.run("greet", args).errors[0]


def test_a_procedure_sees_its_callers_variables_behind_its_own(house: House) -> None:
    house.define(settings("inner", [{"return": ["${room}", "${level}"]}], "level"))
    outcome = house.run("- action: procedure.inner\n  args: {level: 2}\n- return ${output}", room="hall", level=1)
    assert outcome.output == ["hall", 2]


def test_a_procedure_that_calls_itself_without_end_is_stopped(house: House) -> None:
    house.define(settings("again", [{"action": "procedure.again"}]))
    assert f"more than {MAX_DEPTH} procedures deep" in house.procedures.run("again").errors[0]


def test_an_async_procedure_runs_while_its_caller_goes_on(house: House) -> None:
    house.define(settings("slow", [{"action": "tts.say", "args": {"text": "${who}"}}], is_async=True))
    response = house.procedures.run("slow", {"who": "Eve"})
    assert (response.output, response.errors) == (None, [])
    assert house.procedures.stop(10)
    assert house.said() == ["Eve"]
    assert "The hub stops" in house.procedures.run("slow").errors[0]


def test_a_function_is_a_procedure_and_stays_a_function(house: House) -> None:
    @procedure
    def twice(n: int, *, plus: int = 0) -> int:
        return 2 * n + plus

    def fails() -> None:
        raise KeyError("lamp")

    def wraps() -> Response:
        return Response(output=1, errors=["half"])

    assert twice(4) == 8
    assert procedure_mark(twice) is not None
    assert procedure_mark(fails) is None
    functions: list[tuple[str, Callable[..., Any]]] = [("a.twice", twice), ("a.fails", fails), ("b.wraps", wraps)]
    house.procedures.set_procedures([FunctionProcedure(name, function) for name, function in functions])
    assert house.procedures.run("a.twice", {"n": 3, "plus": 1}).output == 7
    assert house.procedures.run("twice", [3]).output == 6
    assert house.procedures.run("fails").errors == ["KeyError: 'lamp'"]
    assert house.procedures.run("wraps").errors == ["half"]
    assert "missing a required argument: 'n'" in house.procedures.run("twice").errors[0]
    assert "Did you mean" in house.procedures.run("twise").errors[0]


def test_a_name_that_two_scripts_have_needs_the_script_before_it(house: House) -> None:
    scripts = [FunctionProcedure("a.go", lambda: "a"), FunctionProcedure("b.go", lambda: "b")]
    house.procedures.set_procedures(scripts)
    assert "no procedure 'go'" in house.procedures.run("go").errors[0]
    assert house.procedures.run("b.go").output == "b"


def hook_settings(then: str, **condition: Any) -> HookSettings:
    return HookSettings(name="h", condition=condition, then=tuple(yaml.safe_load(then)), source="config.yaml:9")


def processor_of(house: House, *hooks: HookSettings) -> EventProcessor:
    known, problems = configured_hooks(hooks, EventTypes(), house.interpreter)
    assert not problems
    return EventProcessor(known)


def test_a_configured_hook_answers_with_what_it_returns(house: House) -> None:
    processor = processor_of(
        house,
        hook_settings(
            """
            - if ${headers.get('X-Token') != pin}:
                - return: {error: nope}
            - action: tts.say
              args: {text: "${data.text}"}
            - return: {said: "${data.text}", by: "${event.hook}"}
            """,
            type="http.hook.WebhookEvent",
            hook="say",
        ),
    )
    call = WebhookEvent(hook="say", method="POST", data={"text": "${pin}"}, headers={"x-token": "1234"})
    assert processor.webhook(call).body == b'{"said":"${pin}","by":"say"}'
    assert house.said() == ["${pin}"], "what came from outside is data"
    assert processor.webhook(WebhookEvent(hook="say", method="POST")).body == b'{"error":"nope"}'


def test_a_configured_hook_without_a_return_answers_the_default_body(house: House) -> None:
    processor = processor_of(house, hook_settings("- action: light.on", type="WebhookEvent", hook="x"))
    assert processor.webhook(WebhookEvent(hook="x", method="GET")).body.startswith(b'{"status":"ok","hook":"x"')


@pytest.mark.parametrize("then", ["- action: test.fail", "- action: a.b\n  args: ['${nothing}']"])
def test_a_configured_hook_that_fails_answers_an_error_without_details(then: str, house: House) -> None:
    processor = processor_of(house, hook_settings(then, type="WebhookEvent", hook="x"))
    with pytest.raises(PlatypushError) as caught:
        processor.webhook(WebhookEvent(hook="x", method="GET"))
    assert (caught.value.http_status, caught.value.message) == (500, PlatypushError.default_message)
    assert not isinstance(caught.value, Forbidden)


def test_a_configured_hook_runs_on_events_and_gets_what_a_phrase_extracts(house: House) -> None:
    processor = processor_of(
        house,
        hook_settings(
            "- action: tts.say\n  args: {text: 'Playing ${title}'}",
            type="SpeechRecognizedEvent",
            phrase="play ${title}",
        ),
        hook_settings("- action: tts.say\n  args: {text: '${subtype}'}", type="custom.CustomEvent", subtype="bell"),
    )
    processor.start()
    spoken = EventTypes().resolve("assistant.SpeechRecognizedEvent")
    for event in (spoken(phrase="Play some jazz"), CustomEvent("bell"), CustomEvent("other")):
        processor.post(event)
    assert processor.stop(10)
    assert sorted(house.said()) == ["Playing some jazz", "bell"]


def test_a_configured_hook_on_an_unknown_event_is_a_problem_with_its_place(house: House) -> None:
    hooks, problems = configured_hooks([hook_settings("[]", type="CustmEvent")], EventTypes(), house.interpreter)
    assert hooks == []
    assert "event.hook.h (config.yaml:9): There is no event class 'CustmEvent'" in str(problems[0][1])
