"""How a Redis server is named, and the words for what goes wrong with it."""

from __future__ import annotations

import pytest
import redis

from platypush.errors import ActionFailed, BadRequest, PlatypushError, Unavailable
from platypush.outgoing.redis import RedisServer


@pytest.mark.parametrize(
    ("args", "name"),
    [
        ({}, "Redis at localhost:6379"),
        ({"host": "nas", "port": 7, "password": "secret"}, "Redis at nas:7"),
        ({"url": "redis://me:secret@nas:7/2"}, "Redis at nas:7"),
        ({"unix_socket_path": "/run/redis.sock"}, "Redis at /run/redis.sock"),
        ({"url": "unix:///run/redis.sock?db=1"}, "Redis at /run/redis.sock"),
    ],
)
def test_a_server_is_named_without_its_secrets(args: dict[str, object], name: str) -> None:
    assert RedisServer(args).name == name


def test_a_url_with_tls_is_taken_so() -> None:
    client = RedisServer({"url": "rediss://:secret@nas/2", "ssl_ca_certs": "/ca.pem"}).client()
    made = client.connection_pool.make_connection()
    assert isinstance(made, redis.SSLConnection)
    assert (made.host, made.db, made.password, made.ca_certs) == ("nas", 2, "secret", "/ca.pem")
    client.close()


def test_nothing_is_sent_twice_and_everything_has_a_time_out() -> None:
    client = RedisServer().client(timeout=3)
    made = client.connection_pool.make_connection()
    assert made.retry.get_retries() == 0
    assert (made.socket_timeout, made.socket_connect_timeout, made.socket_keepalive) == (3, 2, True)
    client.close()


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (redis.AuthenticationError("WRONGPASS x."), Unavailable, "lets nobody in: WRONGPASS x. Check username"),
        (redis.TimeoutError("Timeout"), Unavailable, "did not answer in time: Timeout"),
        (redis.ConnectionError("Reset"), Unavailable, "cannot be reached: Reset"),
        (redis.ConnectionError(), Unavailable, "cannot be reached: ConnectionError"),
        (BrokenPipeError(32, "Broken pipe"), Unavailable, "cannot be reached: .*Broken pipe"),
        (redis.DataError("odd"), BadRequest, "cannot hold that: odd"),
        (redis.ResponseError("WRONGTYPE"), ActionFailed, "refuses: WRONGTYPE"),
    ],
)
def test_what_goes_wrong_names_the_server(error: Exception, kind: type[PlatypushError], text: str) -> None:
    with pytest.raises(kind, match=f"Redis at nas:6379 {text}"), RedisServer({"host": "nas"}).errors():
        raise error
