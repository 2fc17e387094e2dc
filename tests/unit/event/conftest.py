"""Hooks made of functions, and a processor that is stopped after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from platypush.event.hook import hook_marks
from platypush.event.processor import EventProcessor
from platypush.event.registered import Hook, hook_of_function
from platypush.event.types import EventTypes


def hooks_of(*functions: Callable[..., Any]) -> list[Hook]:
    """The hooks that ``@hook`` marked on ``functions``."""
    types = EventTypes()
    return [
        hook_of_function(
            function,
            mark,
            types.resolve(mark.event_type) if isinstance(mark.event_type, str) else mark.event_type,
            function.__name__,
        )
        for function in functions
        for mark in hook_marks(function)
    ]


ProcessorFactory = Callable[..., EventProcessor]


@pytest.fixture
def processor() -> Iterator[ProcessorFactory]:
    """Starts a processor for the hooks on the given functions."""
    made: list[EventProcessor] = []

    def make(*functions: Callable[..., Any], **options: Any) -> EventProcessor:
        running = EventProcessor(hooks_of(*functions), **options)
        made.append(running)
        running.start()
        return running

    yield make
    for running in made:
        running.stop(5)
