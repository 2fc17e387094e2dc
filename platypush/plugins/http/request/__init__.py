"""HTTP requests to other servers."""

from __future__ import annotations

import base64
from typing import Any, Literal

from platypush.outgoing.exchange import Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins import action
from platypush.plugins.services import PluginServices, ServicePlugin

__plugin__ = "HttpRequestPlugin"
__all__ = ["HttpRequestPlugin"]

Output = Literal["text", "json", "binary"]
Texts = dict[str, str]
Body = str | dict[str, Any] | None


class HttpRequestPlugin(ServicePlugin):
    """Send HTTP requests. Loaded only when it has a section.

    Without ``allowed_hosts`` every public address can be reached, and nothing on this machine or in private networks.
    """

    def __init__(
        self,
        *,
        allowed_hosts: list[str] | None = None,
        timeout: float = 30,
        max_size: int = 16 * 1024 * 1024,
        max_redirects: int = 10,
        **kwargs: Any,
    ) -> None:
        """
        :param allowed_hosts: What can be reached, and nothing else: names (``hub.lan``), names with a wildcard
            (``*.example.com``), addresses, networks (``192.168.1.0/24``), and ``public`` for every public address. A
            name that is listed may have a private address; with a port (``nas.lan:5000``) only that one is reached.
        :param timeout: Seconds for a whole request.
        :param max_size: Bytes that an answer may have, unpacked.
        :param max_redirects: How many redirects are followed.
        """
        super().__init__(**kwargs)
        self._allowed_hosts = allowed_hosts
        self._limits = Limits(timeout, max_size, max_redirects)
        self._exchange = Exchange(AllowedHosts(allowed_hosts), self._limits, owner=self.name)

    def bind(self, services: PluginServices) -> None:
        """Leave out the hub's own uwsgi sockets, whatever ``allowed_hosts`` says."""
        super().bind(services)
        http = services.config.http
        allowed = AllowedHosts(self._allowed_hosts, refused_ports=http.uwsgi_ports if http else ())
        self._exchange = Exchange(allowed, self._limits, owner=self.name)

    @action
    def get(
        self,
        url: str,
        output: Output = "text",
        params: dict[str, Any] | None = None,
        headers: Texts | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
    ) -> Any:
        """Send a GET request. An answer of 400 or above is an error.

        :param url: The URL, ``http`` or ``https``.
        :param output: ``text``, ``json`` (decoded) or ``binary`` (Base64).
        :param params: Arguments added to the URL.
        :param headers: Headers.
        :param auth: User name and password for Basic authentication.
        :param timeout: Seconds for this request.
        :param allow_redirects: Whether to follow redirects.
        :return: The answer's body.
        """
        options: dict[str, Any] = {
            "params": params,
            "headers": headers,
            "auth": auth,
            "allow_redirects": allow_redirects,
        }
        return self._send("GET", url, output, timeout, options)

    @action
    def post(
        self,
        url: str,
        output: Output = "text",
        data: Body = None,
        json: Any = None,
        params: dict[str, Any] | None = None,
        headers: Texts | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
    ) -> Any:
        """Send a POST request. An answer of 400 or above is an error.

        :param url: The URL, ``http`` or ``https``.
        :param output: ``text``, ``json`` (decoded) or ``binary`` (Base64).
        :param data: The body: a text, or an object that is sent as a form.
        :param json: A value that is sent as JSON instead.
        :param params: Arguments added to the URL.
        :param headers: Headers.
        :param auth: User name and password for Basic authentication.
        :param timeout: Seconds for this request.
        :param allow_redirects: Whether to follow redirects.
        :return: The answer's body.
        """
        return self._with_body("POST", url, output, timeout, data, json, params, headers, auth, allow_redirects)

    @action
    def put(
        self,
        url: str,
        output: Output = "text",
        data: Body = None,
        json: Any = None,
        params: dict[str, Any] | None = None,
        headers: Texts | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
    ) -> Any:
        """Send a PUT request. Arguments as for ``post``."""
        return self._with_body("PUT", url, output, timeout, data, json, params, headers, auth, allow_redirects)

    @action
    def patch(
        self,
        url: str,
        output: Output = "text",
        data: Body = None,
        json: Any = None,
        params: dict[str, Any] | None = None,
        headers: Texts | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
    ) -> Any:
        """Send a PATCH request. Arguments as for ``post``."""
        return self._with_body("PATCH", url, output, timeout, data, json, params, headers, auth, allow_redirects)

    @action
    def delete(
        self,
        url: str,
        output: Output = "text",
        data: Body = None,
        json: Any = None,
        params: dict[str, Any] | None = None,
        headers: Texts | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
    ) -> Any:
        """Send a DELETE request. Arguments as for ``post``."""
        return self._with_body("DELETE", url, output, timeout, data, json, params, headers, auth, allow_redirects)

    @action
    def head(
        self,
        url: str,
        params: dict[str, Any] | None = None,
        headers: Texts | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> dict[str, str]:
        """Send a HEAD request. Arguments as for ``get``.

        :return: The answer's headers.
        """
        options: dict[str, Any] = {
            "params": params,
            "headers": headers,
            "auth": auth,
            "allow_redirects": allow_redirects,
        }
        return dict(self._exchange.request("HEAD", url, timeout=timeout, **options).headers)

    @action
    def options(
        self,
        url: str,
        params: dict[str, Any] | None = None,
        headers: Texts | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
    ) -> dict[str, str]:
        """Send an OPTIONS request. Arguments as for ``get``.

        :return: The answer's headers.
        """
        options: dict[str, Any] = {
            "params": params,
            "headers": headers,
            "auth": auth,
            "allow_redirects": allow_redirects,
        }
        return dict(self._exchange.request("OPTIONS", url, timeout=timeout, **options).headers)

    def _with_body(
        self,
        method: str,
        url: str,
        output: Output,
        timeout: float | None,
        data: Body,
        json: Any,
        params: dict[str, Any] | None,
        headers: Texts | None,
        auth: tuple[str, str] | None,
        allow_redirects: bool,
    ) -> Any:
        options: dict[str, Any] = {
            "data": data.encode() if isinstance(data, str) else data,
            "json": json,
            "params": params,
            "headers": headers,
            "auth": auth,
            "allow_redirects": allow_redirects,
        }
        return self._send(method, url, output, timeout, options)

    def _send(self, method: str, url: str, output: Output, timeout: float | None, options: dict[str, Any]) -> Any:
        answer = self._exchange.request(method, url, timeout=timeout, **options)
        if output == "binary":
            return base64.b64encode(answer.body).decode()
        return answer.json() if output == "json" else answer.text()
