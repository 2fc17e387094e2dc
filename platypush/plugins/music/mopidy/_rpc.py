"""Calls of Mopidy's core over JSON-RPC 2.0 (https://docs.mopidy.com/stable/api/http/)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from platypush.errors import ActionFailed, BadRequest, PlatypushError, TimeLimit, Unavailable
from platypush.message import encode
from platypush.outgoing.exchange import Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts

__all__ = ["Call", "Rpc"]

Call = tuple[str, Mapping[str, Any]]
_LARGEST = 64 * 1024 * 1024
"""Bytes of an answer: a queue of 10 000 tracks has 5 MB."""
_CALLERS_FAULT = frozenset({"ValidationError", "AssertionError", "TypeError", "LookupError", "ValueError"})


_QUESTIONS = ("get_", "as_list", "browse", "index", "lookup", "search", "slice")


class Rpc:
    """Safe for many threads; each call has a connection of its own. ``_answered`` is when Mopidy did so last."""

    def __init__(self, url: str, timeout: float, slow_timeout: float, *, owner: str) -> None:
        """``url`` is Mopidy's, without a path. Seconds for most calls, and for those that look into many files."""
        self.url = url
        self._timeout = timeout
        self._slow_timeout = slow_timeout
        self._answered = -math.inf
        self._exchange = Exchange(AllowedHosts((), urls=[url]), Limits(slow_timeout, _LARGEST, 0), owner=owner)

    def __str__(self) -> str:
        return f"Mopidy at {self.url}"

    def call(self, method: str, **params: Any) -> Any:
        """Call one method of the core. Raises Unavailable, BadRequest or ActionFailed."""
        return self._send([(method, params)], self._timeout)[0]

    def slow(self, method: str, **params: Any) -> Any:
        """Call a method that may take long. That Mopidy is away is known as soon as in other calls."""
        if time.monotonic() - self._answered > self._timeout:
            self.call("core.get_version")
        return self._send([(method, params)], self._slow_timeout)[0]

    def batch(self, *calls: Call) -> list[Any]:
        """Call several methods in one request."""
        return self._send(calls, self._timeout)

    def _send(self, calls: Sequence[Call], seconds: float) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": dict(params)}
            for number, (method, params) in enumerate(calls)
        ]
        answers = self._post(encode(body), seconds, asks=all(_asks(method) for method, _ in calls))
        if not isinstance(answers, list) or not all(isinstance(answer, dict) for answer in answers):
            raise ActionFailed(f"{self} does not answer as Mopidy does. Is it one, at this port?")
        by_number = {answer.get("id"): answer for answer in answers}
        return [self._result(method, by_number.get(number, {})) for number, (method, _) in enumerate(calls)]

    def _post(self, body: bytes, seconds: float, *, asks: bool) -> Any:
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._exchange.request(
                "POST", f"{self.url}/mopidy/rpc", timeout=seconds, data=body, headers=headers
            )
        except Unavailable as error:
            _, _, reason = str(error).rpartition(" failed: ")
            raise Unavailable(f"{self} cannot be reached: {reason}") from error
        except TimeLimit as error:
            rest = "." if asks else ": what it was told may have happened."
            raise Unavailable(f"{self} did not answer within {seconds:g} s{rest}") from error
        self._answered = time.monotonic()
        return answer.json()

    def _result(self, method: str, answer: Mapping[str, Any]) -> Any:
        error = answer.get("error")
        if error is None:
            return answer.get("result")
        raise self._refusal(method, error)

    def _refusal(self, method: str, error: Any) -> PlatypushError:
        data = error.get("data") if isinstance(error, dict) else None
        told = data if isinstance(data, dict) else {}
        reason = told.get("message") or (error.get("message") if isinstance(error, dict) else str(error))
        kind = BadRequest if told.get("type") in _CALLERS_FAULT else ActionFailed
        return kind(f"{self} refuses {method.removeprefix('core.')}: {reason}")


def _asks(method: str) -> bool:
    """Whether a method changes nothing."""
    return method.rpartition(".")[2].startswith(_QUESTIONS)
