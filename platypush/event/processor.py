"""Runs hooks: in the background for events, in the caller's thread for webhooks that wait for an answer."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue
from typing import Any, Protocol

from platypush._lib.calls import current_call
from platypush._lib.threads import WorkerPool
from platypush.errors import (
    ActionFailed,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    PlatypushError,
    StepsFailed,
    TimeLimit,
    Unavailable,
)
from platypush.event.answers import answer_of
from platypush.event.registered import Hook, HookIndex, HookMatch
from platypush.event.webhook import webhook_event
from platypush.message import encode
from platypush.message.envelope import Envelope, Reply
from platypush.message.event import Event
from platypush.message.event.http.hook import WebhookEvent

__all__ = ["DurableStore", "EventMetrics", "EventProcessor", "Listener", "NoMetrics"]

_logger = logging.getLogger(__name__)

Listener = Callable[[Event], object]
"""Gets every event, in order, in the processor's thread. It must return at once: the next event waits for it."""


class EventMetrics(Protocol):
    """What the processor counts. Called from many threads; must not raise."""

    def event_posted(self, event_type: str) -> None:
        """An event was taken in."""

    def hook_ended(self, hook: str, seconds: float, outcome: str) -> None:
        """A hook ended: ``ok``, ``refused`` or ``failed``."""


class NoMetrics:
    """Counts nothing."""

    def event_posted(self, event_type: str) -> None:
        """Ignore it."""

    def hook_ended(self, hook: str, seconds: float, outcome: str) -> None:
        """Ignore it."""


class DurableStore(Protocol):
    """Keeps webhooks for durable hooks until these ran."""

    def add(self, event: WebhookEvent) -> str:
        """Store ``event`` safely and return its key. Raises StorageFailed."""

    def begin(self, key: str) -> bool:
        """Note an attempt; False when there were too many."""

    def done(self, key: str) -> None:
        """Forget it: its hooks ran."""

    def pending(self) -> Iterable[tuple[str, WebhookEvent]]:
        """What was stored and not done when the daemon ended, oldest first."""


class EventProcessor:
    """Takes events from any thread and runs their hooks.

    One thread takes events in the order of their arrival, hands each to the listeners and starts its hooks; these run
    in at most ``workers`` threads, in order of start. Neither queue has a limit: a burst waits, nothing is lost.
    A hook or listener that fails is logged and hurts nobody else.
    """

    def __init__(
        self,
        hooks: Iterable[Hook] = (),
        *,
        workers: int = 16,
        kept: int = 1000,
        metrics: EventMetrics | None = None,
        store: DurableStore | None = None,
    ) -> None:
        self._index = HookIndex(hooks)
        self._metrics: EventMetrics = metrics or NoMetrics()
        self._store = store
        self._listeners: tuple[Listener, ...] = ()
        self._recent: deque[Event] = deque(maxlen=kept)
        self._arrived: SimpleQueue[tuple[Event, bool] | None] = SimpleQueue()
        self._pool = WorkerPool("hook", workers)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Begin to run hooks. Events posted before wait until then. Durable webhooks left over are run again."""
        with self._lock:
            if self._thread is not None or self._stopped:
                return
            self._thread = threading.Thread(target=self._dispatch, name="events", daemon=True)
            self._thread.start()
        if self._store is not None:
            for key, event in self._store.pending():
                durable = self._durable(self._index.matching(event))
                if not durable:
                    _logger.warning("No durable hook is left for %r, stored on %s", event.args["hook"], key)
                self._run_stored(key, event, durable)

    def post(self, event: Event) -> None:
        """Hand ``event`` to listeners and hooks; returns at once. From any thread."""
        self._take(event, run_hooks=True)

    def webhook(self, event: WebhookEvent) -> Reply:
        """Run the hooks of a webhook in this thread, all of them, and give the answer of the first.

        Raises NotFound (no such hook), MethodNotAllowed, Forbidden (the answering hook's assertion failed or it raised
        PermissionError), another PlatypushError that it raised, TimeLimit, or PlatypushError without details when it
        failed otherwise; the log then has the traceback.
        """
        answering = self._index.matching_webhooks(event)
        if not answering:
            raise self._no_hook(event)
        self._take(event, run_hooks=False)
        stored = self._keep(event, self._durable(answering))
        for found in self._index.matching(event):
            if not issubclass(found.hook.event_type, WebhookEvent):
                self._submit(found, event)

        first: Reply | PlatypushError | None = None
        for found in answering:
            if found.hook.durable and stored:
                continue
            call = current_call()
            if first is not None and call is not None and call.time_left() <= 0:
                _logger.error("No time left for the hook %s (%s) of %r", found.hook.name, found.hook.source, event)
                return _raise(TimeLimit())
            outcome = self._answer(found, event)
            first = outcome if first is None else first
        if first is None:
            return Reply(202, encode({"status": "accepted", "hook": event.args["hook"], "id": event.id}))
        return _raise(first) if isinstance(first, PlatypushError) else first

    def run_webhook(self, envelope: Envelope) -> Reply:
        """``webhook`` for an envelope of kind ``hook``. Raises BadRequest besides."""
        return self.webhook(webhook_event(envelope))

    def add_listener(self, listener: Listener) -> None:
        """Call ``listener`` with every event from now on."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """``add_listener``; gives what removes it."""
        self.add_listener(listener)
        return lambda: self.remove_listener(listener)

    def remove_listener(self, listener: Listener) -> None:
        """Stop calling ``listener``."""
        with self._lock:
            self._listeners = tuple(item for item in self._listeners if item != listener)

    def set_hooks(self, hooks: Iterable[Hook]) -> None:
        """Replace all hooks at once, for a reload. Hooks that run go on to their end."""
        self._index = HookIndex(hooks)

    @property
    def hooks(self) -> Sequence[Hook]:
        """The hooks in force."""
        return self._index.hooks

    def recent(self, limit: int | None = None) -> list[Event]:
        """The events kept in memory, oldest first; the last ``limit`` of them."""
        events = list(self._recent)
        return events if limit is None else events[max(0, len(events) - limit) :]

    def backlog(self) -> int:
        """How many events and hooks wait to be started."""
        return self._arrived.qsize() + self._pool.waiting()

    def stop(self, grace: float) -> bool:
        """Take no more events and run what was taken in, for up to ``grace`` seconds. Whether all of it ran."""
        deadline = time.monotonic() + grace
        with self._lock:
            self._stopped = True
            thread = self._thread
        self._arrived.put(None)
        if thread is not None:
            thread.join(max(0.0, deadline - time.monotonic()))
        drained = self._pool.stop(max(0.0, deadline - time.monotonic()))
        if not drained or self._arrived.qsize() > 1:
            _logger.warning("Stopped with %d events or hooks that did not run in time", self.backlog())
            return False
        return True

    def _take(self, event: Event, *, run_hooks: bool) -> None:
        if self._stopped:
            _logger.warning("%r came while the hub stops: no hook runs for it", event)
            return
        self._metrics.event_posted(type(event).__name__)
        self._arrived.put((event, run_hooks))

    def _dispatch(self) -> None:
        while (item := self._arrived.get()) is not None:
            event, run_hooks = item
            self._recent.append(event)
            for listener in self._listeners:
                try:
                    listener(event)
                except Exception:  # boundary: a listener's failure is its own
                    _logger.exception("A listener failed on %r", event)
            if run_hooks:
                try:
                    self._start_hooks(event)
                except Exception:  # boundary: comparing with odd values runs other people's code
                    _logger.exception("The hooks of %r cannot be started", event)

    def _start_hooks(self, event: Event) -> None:
        for found in self._index.matching(event):
            self._submit(found, event)

    def _submit(self, found: HookMatch, event: Event) -> None:
        self._pool.submit(lambda: self._run_in_background(found, event))

    def _run_in_background(self, found: HookMatch, event: Event) -> None:
        try:
            self._run(found, event)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: a hook's failure is its own
            _log_failure(found.hook, event, error)

    def _run(self, found: HookMatch, event: Event) -> Any:
        started = time.monotonic()
        outcome = "failed"
        try:
            value = found.hook.run(event, found.extracted)
            outcome = "ok"
            return value
        except (AssertionError, PermissionError):
            outcome = "refused"
            raise
        finally:
            self._metrics.hook_ended(found.hook.name, time.monotonic() - started, outcome)

    def _answer(self, found: HookMatch, event: WebhookEvent) -> Reply | PlatypushError:
        hook = found.hook
        try:
            return answer_of(self._run(found, event), event)
        except (AssertionError, PermissionError) as error:
            _logger.warning("The hook %s (%s) refused %r: %s", hook.name, hook.source, event, error)
            return Forbidden(_refusal(error))
        except PlatypushError as error:
            # Those of status 500 tell about the hub's inside, the others are made for whoever asks.
            _log_failure(hook, event, error)
            return PlatypushError() if isinstance(error, ActionFailed) or error.http_status == 500 else error
        except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: a hook's failure is its own
            _log_failure(hook, event, error)
            return PlatypushError()

    def _no_hook(self, event: WebhookEvent) -> PlatypushError:
        name = event.args["hook"]
        methods = self._index.allowed_methods(event)
        if methods:
            return MethodNotAllowed(f"The hook {name!r} answers {', '.join(methods)} only.")
        return NotFound(f"There is no hook {name!r}.")

    @staticmethod
    def _durable(matches: Iterable[HookMatch]) -> list[HookMatch]:
        return [found for found in matches if found.hook.durable]

    def _keep(self, event: WebhookEvent, durable: list[HookMatch]) -> bool:
        if not durable or self._store is None:
            return False
        self._run_stored(self._store.add(event), event, durable)
        return True

    def _run_stored(self, key: str, event: WebhookEvent, durable: list[HookMatch]) -> None:
        store = self._store
        if store is None:
            return

        def run() -> None:
            if store.begin(key):
                for found in durable:
                    self._run_in_background(found, event)
                store.done(key)

        self._pool.submit(run)


def _log_failure(hook: Hook, event: Event, error: BaseException) -> None:
    if isinstance(error, StepsFailed):
        _logger.error("On %r: %s", event, error)
    elif isinstance(error, (Unavailable, TimeLimit)):
        # Something outside is away, which is nothing that a traceback explains.
        _logger.error("The hook %s (%s) failed on %r: %s", hook.name, hook.source, event, error)
    else:
        _logger.error("The hook %s (%s) failed on %r", hook.name, hook.source, event, exc_info=error)


def _refusal(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror  # without the path, which is none of the caller's business
    return str(error) or "This hook refuses the request."


def _raise(error: PlatypushError) -> Reply:
    raise error
