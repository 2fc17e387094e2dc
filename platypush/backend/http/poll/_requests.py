"""The list ``requests`` as users of earlier versions know it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.errors import ActionFailed, ConfigurationError
from platypush.outgoing.hosts import AllowedHosts, origin_of
from platypush.procedure.expression import ExpressionFailed, Template, compile_template, expand_value
from platypush.procedure.sandbox import Sandbox

__all__ = ["JsonRequest", "read_requests"]

_JSON = "platypush.backend.http.request.JsonHttpRequest"
_FEED = "platypush.backend.http.request.rss.RssUpdates"
_METHODS = ("get", "post", "put", "head", "options", "patch", "delete")
_ABOUT_REQUEST = ("params", "data", "json", "auth", "cookies")
_OF_JSON = ("type", "args", "method", "url", "headers", "timeout", "poll_seconds", "path", "skip_first_call", "title")
_OF_FEED = (
    *("type", "args", "url", "title", "headers", "params", "max_entries", "poll_seconds", "timeout", "user_agent"),
    *("dburi", "db", "skip_first_call", "method"),
)
_DIGESTS = frozenset(
    {
        "article_content_style",
        "article_link_style",
        "article_title_style",
        "body_style",
        "digest_format",
        "extract_content",
        "subtitle_style",
        "title_style",
    }
)
_MOST_ITEMS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRequest:
    """One request whose answer is JSON."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """``params``, ``data``, ``json``, ``auth`` and ``cookies``, as ``requests`` takes them."""
    timeout: float = 5.0
    poll_seconds: float = 60.0
    path: Template | None = None
    """Where in the answer the items are; None for its root."""
    skip_first_call: bool = True
    """Whether what is there at first counts as known."""
    key: str
    """What makes it this request and no other, over restarts."""

    def options(self) -> dict[str, Any]:
        """For ``Exchange.request``."""
        about = dict(self.about)
        if isinstance(about.get("auth"), list):
            about["auth"] = tuple(about["auth"])
        return {**about, "headers": {"Accept": "application/json", **self.headers}}

    def shown(self) -> dict[str, Any]:
        """For the event: what hooks tell requests apart by."""
        params = {"params": self.about["params"]} if self.about.get("params") else {}
        return {"method": self.method, "url": self.url, **params}

    def reachable(self, allowed_hosts: list[str] | None) -> AllowedHosts:
        """What may be connected to, when the section has these ``allowed_hosts``."""
        # Headers of one's own are often secrets: a redirect must not carry them elsewhere.
        given: list[str] | None = [] if allowed_hosts is None and self.headers else allowed_hosts
        return AllowedHosts(given, urls=[self.url])

    def items(self, response: Any) -> list[Any]:
        """The items in an answer: those of a list; anything else is one item. Raises ActionFailed."""
        if self.path is not None:
            try:
                response = expand_value(self.path, {"response": response})
            except ExpressionFailed as error:
                raise ActionFailed(f"The answer has another form than 'path' expects. {error.message}") from error
        if not isinstance(response, list):
            return [] if response is None else [response]
        if len(response) > _MOST_ITEMS:
            raise ActionFailed(f"The answer has {len(response)} items, more than {_MOST_ITEMS}.")
        return response


def read_requests(items: Sequence[Any], poll_seconds: float) -> tuple[list[JsonRequest], list[str]]:
    """The requests for JSON, and remarks on what has no effect. Those for feeds are checked only.

    ``poll_seconds`` is for those that have none of their own. Raises ConfigurationError that names the first one that
    cannot be used.
    """
    found: list[JsonRequest] = []
    remarks: list[str] = []
    sandbox = Sandbox()
    for number, item in enumerate(items, 1):
        where = f"requests, number {number}"
        if not isinstance(item, Mapping):
            raise ConfigurationError(f"{where}: keys with values are expected, such as 'type' and 'url'.")
        kind = str(item.get("type") or "").rpartition(".")[2]
        if kind == "RssUpdates":
            remarks += _check_feed(item, where)
        elif kind in ("JsonHttpRequest", "HttpRequest"):
            found.append(_json_request(item, where, sandbox, poll_seconds))
        else:
            close = did_you_mean(str(item.get("type")), [_JSON, _FEED])
            raise ConfigurationError(f"{where}: type is {_JSON} or {_FEED}, not {item.get('type')!r}.{close}")
    if len({request.key for request in found}) < len(found):
        raise ConfigurationError("requests: two are the same. Remove one.")
    return found, remarks


def _json_request(item: Mapping[str, Any], where: str, sandbox: Sandbox, poll_seconds: float) -> JsonRequest:
    args = item.get("args") or {}
    if not isinstance(args, Mapping):
        raise ConfigurationError(f"{where}: args has keys with values, such as 'url'.")
    values = {**item, **args}
    _refuse_unknown(values, (*_OF_JSON, *_ABOUT_REQUEST), where)
    method = str(values.get("method") or "get").lower()
    if method not in _METHODS:
        raise ConfigurationError(f"{where}: method is one of {', '.join(_METHODS)}, not {values['method']!r}.")
    url = _url(values, where)
    about = {name: values[name] for name in _ABOUT_REQUEST if values.get(name) is not None}
    path = values.get("path")
    compiled = compile_template(path, sandbox) if path else None
    if compiled is not None and not isinstance(compiled, Template):
        raise ConfigurationError(f"{where}: path is an expression on the answer, such as ${{response['items']}}.")
    identity = json.dumps([method, url, about.get("params"), about.get("data"), about.get("json"), path], default=str)
    return JsonRequest(
        method=method,
        url=url,
        headers=_headers(values, where),
        about=about,
        timeout=_number(values, "timeout", 5.0, where),
        poll_seconds=_number(values, "poll_seconds", poll_seconds, where),
        path=compiled,
        skip_first_call=values.get("skip_first_call") is not False,
        key=hashlib.sha256(identity.encode()).hexdigest()[:40],
    )


def _check_feed(item: Mapping[str, Any], where: str) -> list[str]:
    values = {**item, **(item.get("args") or {})}
    digest = sorted(_DIGESTS & values.keys())
    _refuse_unknown(values, (*_OF_FEED, *_DIGESTS), where)
    url = _url(values, where)
    _headers(values, where)
    _number(values, "poll_seconds", 60.0, where)
    _number(values, "timeout", 5.0, where)
    if not digest:
        return []
    return [f"{where} ({values.get('title') or url}): digests are not written in this version: {', '.join(digest)}."]


def _refuse_unknown(values: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in values:
        if key not in known:
            raise ConfigurationError(f"{where}: there is no key {key!r}.{did_you_mean(key, known)}")


def _url(values: Mapping[str, Any], where: str) -> str:
    url = values.get("url")
    try:
        if not isinstance(url, str) or not url.lower().startswith(("http://", "https://")):
            raise ValueError("url is missing, or is none: it begins with http:// or https://.")
        origin_of(url)
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    return url


def _headers(values: Mapping[str, Any], where: str) -> dict[str, str]:
    headers = values.get("headers") or {}
    if not isinstance(headers, Mapping):
        raise ConfigurationError(f"{where}: headers maps the names of headers to their values.")
    return {str(name): str(value) for name, value in headers.items()}


def _number(values: Mapping[str, Any], key: str, default: float, where: str) -> float:
    value = default if values.get(key) is None else values[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        raise ConfigurationError(f"{where}: {key} is a number of seconds, at least 1, not {value!r}.")
    return float(value)
