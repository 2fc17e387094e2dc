"""Web services that are asked again and again, and an event for what they have new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from platypush.backend.http.poll._requests import JsonRequest, read_requests
from platypush.backend.http.poll._seen import Seen
from platypush.backend.services import ServiceBackend
from platypush.context import get_bus
from platypush.message.event.http import HttpEvent
from platypush.outgoing.exchange import Exchange, Limits, shown
from platypush.outgoing.hosts import AllowedHosts, origin_of
from platypush.outgoing.polling import Poll, Polling

__all__ = ["HttpPollBackend"]

_NAMESPACE = "backend.http.poll"
_MOST_REDIRECTS = 5


class HttpPollBackend(ServiceBackend):
    """Ask web services for JSON and post ``HttpEvent`` with what is new; have the plugin ``rss`` read feeds.

    Requests for feeds are read by ``rss``, which loads without a section of its own then, stores their entries and
    posts ``NewFeedEvent``.
    """

    def __init__(
        self,
        requests: list[dict[str, Any]],
        *,
        poll_seconds: float = 60,
        allowed_hosts: list[str] | None = None,
        max_size: int = 4 * 1024 * 1024,
        **kwargs: Any,
    ) -> None:
        """
        :param requests: What to ask for, each with a `type` and what that needs.
        :param poll_seconds: Seconds between two looks for a request that has none of its own.
        :param allowed_hosts: Where redirects may lead beside the requests' own hosts: names, wildcards, addresses,
            networks and `public`. Default: any public address, but nowhere for a request that has headers of its own.
        :param max_size: Bytes that an answer may have, unpacked.
        """
        super().__init__(poll_seconds, **kwargs)
        self._requests, self._remarks = read_requests(requests, poll_seconds)
        self._allowed_hosts = allowed_hosts
        self._max_size = max_size
        AllowedHosts(allowed_hosts)
        self._polling: Polling[str] = Polling(self._polls, self.logger, _NAMESPACE)

    def run(self) -> None:
        """Ask until the hub stops."""
        for remark in self._remarks:
            self.logger.warning("%s", remark)
        self._polling.run()

    def on_stop(self) -> None:
        """Stop asking. What is under way is not waited for."""
        self._polling.stop()

    def _polls(self) -> dict[str, Poll]:
        return {
            request.key: Poll(
                shown(request.url), request.poll_seconds, partial(self._ask, request), server=origin_of(request.url)
            )
            for request in self._requests
        }

    def _ask(self, request: JsonRequest, stopped: Callable[[], bool]) -> None:
        """Ask once, and post what is new."""
        exchange = Exchange(
            request.reachable(self._allowed_hosts),
            Limits(request.timeout, self._max_size, _MOST_REDIRECTS),
            owner=_NAMESPACE,
        )
        answer = exchange.request(request.method, request.url, **request.options())
        items = request.items(answer.json())
        if stopped():
            return
        seen = Seen(self.services.users.values, _NAMESPACE, request.key)
        new, first = seen.take(items, _fingerprint)
        if new and not (first and request.skip_first_call):
            get_bus().post(HttpEvent(request=request.shown(), response=new))


def _fingerprint(item: Any) -> str:
    return hashlib.sha256(json.dumps(item, sort_keys=True, default=str).encode()).hexdigest()[:20]
