"""The steps of procedures, hooks and crons in the configuration: from YAML to a checked tree. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.errors import ConfigurationError
from platypush.procedure.expression import Expression, compile_template
from platypush.procedure.sandbox import Sandbox

__all__ = [
    "Action",
    "Block",
    "Branch",
    "Break",
    "Continue",
    "If",
    "Loop",
    "Return",
    "Set",
    "Step",
    "While",
    "parse_steps",
]

_CONDITION = re.compile(r"(if|elif|while)\s+\$\{(.*)\}\s*:?", re.DOTALL)
_LOOP = re.compile(r"(for|fork)\s+([A-Za-z_]\w*)\s+in\s+\$\{(.*)\}\s*:?", re.DOTALL)
_ACTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_ACTION_KEYS = frozenset({"action", "args", "id", "name", "origin", "target", "token", "type"})
_WORDS = ("action", "break", "continue", "elif", "else", "for", "fork", "if", "return", "set", "while")


@dataclass(frozen=True, slots=True)
class Action:
    """Run an action."""

    where: str
    action: str
    args: Any


@dataclass(frozen=True, slots=True)
class Set:
    """Give variables a value, in their order."""

    where: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Return:
    """End the procedure; ``has_value`` tells ``return`` alone from one with a value."""

    where: str
    value: Any
    has_value: bool


@dataclass(frozen=True, slots=True)
class Break:
    """Leave the loop."""

    where: str


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with the loop's next turn."""

    where: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One ``if`` or ``elif`` with its steps; ``condition`` None is the ``else``."""

    where: str
    condition: Expression | None
    body: Block


@dataclass(frozen=True, slots=True)
class If:
    """The first branch whose condition holds runs."""

    where: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """``for`` or, when ``parallel``, ``fork``."""

    where: str
    variable: str
    items: Expression
    body: Block
    parallel: bool


@dataclass(frozen=True, slots=True)
class While:
    """Run the steps as long as the condition holds."""

    where: str
    condition: Expression
    body: Block


Step = Action | Set | Return | Break | Continue | If | Loop | While
Block = tuple[Step, ...]


def parse_steps(steps: Any, sandbox: Sandbox) -> Block:
    """The tree of ``steps`` as YAML gives them. Raises ConfigurationError that names the step."""
    return _Parser(sandbox).block(steps, "", in_loop=False)


class _Located(ConfigurationError):
    """A problem whose text names the step already."""


class _Parser:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def block(self, steps: Any, above: str, *, in_loop: bool) -> Block:
        if steps is None:
            return ()
        items: Sequence[Any] = steps if isinstance(steps, (list, tuple)) else [steps]
        parsed: list[Step] = []
        for number, item in enumerate(items, 1):
            where = f"{above}step {number}"
            try:
                alternative = self._alternative(item, where, in_loop)
                if alternative is None:
                    parsed.append(self._step(item, where, in_loop))
                else:
                    self._append_branches(parsed, alternative)
            except _Located:
                raise
            except ConfigurationError as error:
                raise _Located(f"{where}: {error.message}") from error
        return tuple(parsed)

    def _step(self, item: Any, where: str, in_loop: bool) -> Step:
        if isinstance(item, str):
            return self._word(item.strip(), where, in_loop)
        if not isinstance(item, Mapping) or not item:
            raise ConfigurationError(f"a step is an action, a condition, a loop or a statement, not {item!r}.")
        key = str(next(iter(item))).strip()
        if "action" in item:
            return self._action(item, where)
        if key.startswith("if "):
            return self._if(item, where, in_loop)
        if len(item) > 1:
            raise ConfigurationError(f"{', '.join(map(str, item))} do not go together in one step.")
        return self._statement(key, next(iter(item.values())), where)

    def _word(self, text: str, where: str, in_loop: bool) -> Step:
        word, _, rest = text.partition(" ")
        if word == "return":
            return Return(where, compile_template(rest.strip(), self._sandbox), bool(rest.strip()))
        if text in {"break", "continue"}:
            if not in_loop:
                raise ConfigurationError(f"{text!r} stands outside of a loop.")
            return Break(where) if text == "break" else Continue(where)
        raise ConfigurationError(f"{text!r} is no statement.{did_you_mean(word, _WORDS)}")

    def _statement(self, key: str, value: Any, where: str) -> Step:
        if key == "return":
            return Return(where, compile_template(value, self._sandbox), True)
        if key == "set":
            return self._set(value, where)
        loop = _LOOP.fullmatch(key)
        if loop:
            body = self.block(value, f"{where} > ", in_loop=loop[1] == "for")
            return Loop(where, loop[2], Expression(loop[3], self._sandbox), body, loop[1] == "fork")
        condition = _CONDITION.fullmatch(key)
        if condition and condition[1] == "while":
            return While(where, Expression(condition[2], self._sandbox), self.block(value, f"{where} > ", in_loop=True))
        word = key.split()[0] if key.split() else key
        if word in {"for", "fork"}:
            raise ConfigurationError(f"{key!r} should read like '{word} item in ${{items}}'.")
        if word in {"while", "if", "elif"}:
            raise ConfigurationError(f"{key!r} should read like '{word} ${{condition}}'.")
        raise ConfigurationError(f"{key!r} is no statement.{did_you_mean(word, _WORDS)}")

    def _action(self, item: Mapping[Any, Any], where: str) -> Action:
        unknown = [str(key) for key in item if key not in _ACTION_KEYS]
        if unknown:
            raise ConfigurationError(
                f"{unknown[0]!r} does not belong to an action, which has 'action' and 'args'."
                f"{did_you_mean(unknown[0], _ACTION_KEYS)}"
            )
        action = item["action"]
        if not isinstance(action, str) or not _ACTION.fullmatch(action.strip()):
            raise ConfigurationError(f"{action!r} is no name of an action, such as light.hue.toggle or procedure.name.")
        args = item.get("args")
        args = {} if args is None else args if isinstance(args, (Mapping, list)) else [args]
        return Action(where, action.strip(), compile_template(args, self._sandbox))

    def _set(self, value: Any, where: str) -> Set:
        if not isinstance(value, Mapping) or not value:
            raise ConfigurationError("'set' needs names with their values.")
        for name in value:
            if not isinstance(name, str) or not name.isidentifier():
                raise ConfigurationError(f"{name!r} cannot be the name of a variable.")
        return Set(where, {name: compile_template(item, self._sandbox) for name, item in value.items()})

    def _if(self, item: Mapping[Any, Any], where: str, in_loop: bool) -> If:
        branches: list[Branch] = []
        for key, value in item.items():
            branch = self._branch(str(key).strip(), value, where, in_loop)
            if (not branches) != str(key).strip().startswith("if "):
                raise ConfigurationError(f"{key!r} cannot follow in the same step as an 'if'.")
            _check_order(branches)
            branches.append(branch)
        return If(where, tuple(branches))

    def _branch(self, key: str, value: Any, where: str, in_loop: bool) -> Branch:
        if key == "else":
            return Branch(where, None, self.block(value, f"{where} > else > ", in_loop=in_loop))
        match = _CONDITION.fullmatch(key)
        if match is None or match[1] == "while":
            raise ConfigurationError(f"{key!r} should read like 'if ${{condition}}'.")
        body = self.block(value, f"{where} > {match[1]} > ", in_loop=in_loop)
        return Branch(where, Expression(match[2], self._sandbox), body)

    def _alternative(self, item: Any, where: str, in_loop: bool) -> list[Branch] | None:
        """The branches of a step that continues the ``if`` before it: ``else`` or ``elif`` as an item of its own."""
        if not isinstance(item, Mapping) or not item:
            return None
        first = str(next(iter(item))).strip()
        if first != "else" and not first.startswith("elif "):
            return None
        return [self._branch(str(key).strip(), value, where, in_loop) for key, value in item.items()]

    @staticmethod
    def _append_branches(parsed: list[Step], branches: list[Branch]) -> None:
        before = parsed[-1] if parsed else None
        if not isinstance(before, If):
            raise ConfigurationError("there is no 'if' right before this.")
        known = list(before.branches)
        for branch in branches:
            _check_order(known)
            known.append(branch)
        parsed[-1] = If(before.where, tuple(known))


def _check_order(branches: list[Branch]) -> None:
    if branches and branches[-1].condition is None:
        raise ConfigurationError("nothing of an 'if' can come after its 'else'.")
