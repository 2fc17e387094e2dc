"""When a source is asked, and what happens when it does not answer."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from platypush._lib.logs import redact
from platypush.errors import ActionFailed, BadRequest, Busy, Forbidden, PlatypushError, TimeLimit, TooLarge, Unavailable
from platypush.plugins.weather.openweathermap import WeatherOpenweathermapPlugin
from tests.fakes.clock import ManualClock
from tests.running.processes import free_port
from tests.running.waiting import until
from tests.running.weather import KEY, WeatherService, weather_service
from tests.unit.plugins.weather.conftest import MakePlugin


def test_an_answer_is_used_again_for_cache_minutes(
    openweathermap: MakePlugin, service: WeatherService, clock: ManualClock
) -> None:
    plugin = openweathermap(cache_minutes=10)
    plugin.get_current_weather()
    clock.advance(599)
    assert plugin.get_current_weather().output["age"] == 599
    assert len(service.requests) == 1
    clock.advance(1)
    assert plugin.get_current_weather().output["age"] == 0
    assert len(service.requests) == 2


def test_another_place_is_another_answer(openweathermap: MakePlugin, service: WeatherService) -> None:
    plugin = openweathermap()
    for place in ("Oslo", "Rome", "Oslo"):
        plugin.get_current_weather(location=place)
    assert [query["q"] for _, query in service.requests] == ["Oslo", "Rome"]


def test_no_more_than_so_many_places_are_kept(openweathermap: MakePlugin, service: WeatherService) -> None:
    plugin = openweathermap(calls_per_minute=1000)
    for number in (*range(65), 0):
        plugin.get_current_weather(city_id=number)
    assert len(service.requests) == 66


def test_one_request_of_open_meteo_is_for_now_and_for_later(openmeteo: MakePlugin, service: WeatherService) -> None:
    plugin = openmeteo()
    plugin.get_current_weather()
    plugin.get_forecast()
    plugin.get_forecast(period="daily")
    assert service.paths() == ["search", "forecast"]


def test_callers_at_the_same_time_share_one_request(openweathermap: MakePlugin, service: WeatherService) -> None:
    plugin = openweathermap()
    service.hang = True
    inside = threading.Barrier(9)

    def call() -> float:
        inside.wait(10)
        temperature: float = plugin.get_current_weather().output["temperature"]
        return temperature

    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(call) for _ in range(8)]
        inside.wait(10)
        assert service.arrived.wait(10)
        service.release.set()
        assert {one.result(10) for one in calls} == {10.41}
    assert len(service.requests) == 1


def test_no_more_than_calls_per_minute_are_sent(
    openweathermap: MakePlugin, service: WeatherService, clock: ManualClock
) -> None:
    plugin = openweathermap(calls_per_minute=3)
    for number in range(3):
        plugin.get_current_weather(city_id=number)
    with pytest.raises(Busy, match="asked 3 times within a minute") as caught:
        plugin.get_current_weather(city_id=3)
    assert caught.value.retry_after == 60
    assert plugin.failure is None, "the limit is the hub's own"
    clock.advance(60)
    plugin.get_current_weather(city_id=3)
    assert len(service.requests) == 4


def test_beyond_the_limit_an_older_answer_is_given(openweathermap: MakePlugin, clock: ManualClock) -> None:
    plugin = openweathermap(calls_per_minute=1, cache_minutes=0.5)
    plugin.get_current_weather()
    clock.advance(40)
    assert plugin.get_current_weather().output["age"] == 40


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"Retry_After": "90"}, 90), ({}, 60), ({"Retry_After": "999999"}, 3600)]
)
def test_a_source_that_asks_to_wait_is_left_alone(
    headers: dict[str, str], seconds: int, openweathermap: MakePlugin, service: WeatherService, clock: ManualClock
) -> None:
    plugin = openweathermap()
    service.fail("openweathermap/429.json", 429, **headers)
    with pytest.raises(Unavailable, match=r"too many requests .429: Your account is temporary blocked") as caught:
        plugin.get_current_weather()
    assert caught.value.retry_after == seconds
    service.failure = None
    clock.advance(seconds - 1)
    with pytest.raises(Unavailable, match="too many requests") as again:
        plugin.get_current_weather()
    assert again.value.retry_after == 1
    assert len(service.requests) == 1
    clock.advance(1)
    assert plugin.get_current_weather().output["temperature"] == 10.41


def test_a_wrong_key_is_not_tried_again_at_once_and_never_shown(
    openweathermap: MakePlugin, service: WeatherService, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plugin = openweathermap(token="wrong-key-9876")
    for _ in range(2):
        with pytest.raises(PlatypushError, match=r"refuses the key .401: Invalid API key.*Check 'token'") as caught:
            plugin.get_current_weather()
        assert "wrong-key-9876" not in f"{caught.value} {caught.value.details} {caught.value!r}"
    assert len(service.requests) == 1
    assert "wrong-key-9876" not in redact(caplog.text)
    assert "wrong-key-9876" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("platypush"))
    assert isinstance(caught.value, Unavailable)
    clock.advance(60)
    with pytest.raises(ActionFailed):
        plugin.get_current_weather()


def test_a_source_that_repeats_the_key_is_not_quoted(openweathermap: MakePlugin, service: WeatherService) -> None:
    service.failure = (500, {}, f'{{"message": "no answer for appid {KEY}"}}'.encode())
    with pytest.raises(Unavailable, match="answered 500: no answer for appid") as caught:
        openweathermap().get_current_weather()
    assert KEY not in f"{caught.value} {caught.value.details}"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"message": 7}'])
def test_a_refusal_without_words_is_still_one(body: bytes, openmeteo: MakePlugin, service: WeatherService) -> None:
    service.failure = (503, {}, body)
    with pytest.raises(Unavailable, match=r"Open-Meteo answered 503.$"):
        openmeteo().get_current_weather()


def test_a_request_that_the_source_does_not_take_is_the_callers_mistake(
    openmeteo: MakePlugin, service: WeatherService
) -> None:
    service.fail("openmeteo/400.json", 400)
    plugin = openmeteo()
    with pytest.raises(BadRequest, match=r"cannot answer that .400: Latitude must be in range"):
        plugin.get_current_weather(lat=1.0, long=2.0)
    assert plugin.failure is None


def test_the_last_good_answer_is_given_while_the_source_is_away(
    openweathermap: MakePlugin, service: WeatherService, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "platypush")
    plugin = openweathermap(keep_hours=1)
    plugin.get_current_weather()
    service.failure = (502, {}, b"")
    for _ in range(5):
        clock.advance(660)
        old = plugin.get_current_weather().output
    assert (old["temperature"], old["age"], old["updated"]) == (10.41, 3300, "2026-11-23T12:15:00+00:00")
    assert "answered 502" in (plugin.failure or "")
    clock.advance(300)
    with pytest.raises(Unavailable, match="answered 502"):
        plugin.get_current_weather()
    service.failure = None
    assert plugin.get_current_weather().output["age"] == 0
    assert plugin.failure is None
    assert [record.getMessage().split(" after ")[0] for record in caplog.records if "platypush" in record.name] == [
        "OpenWeatherMap (127.0.0.1) is away: OpenWeatherMap answered 502. Trying again until it is back.",
        "OpenWeatherMap (127.0.0.1) is back",
    ]


def test_a_source_that_is_not_there_fails_at_once_and_works_again_when_it_is(clock: ManualClock) -> None:
    port = free_port()
    with weather_service(port) as service:
        plugin = WeatherOpenweathermapPlugin(token=KEY, location="Amsterdam", base_url=service.url)
        plugin.get_current_weather()
    clock.advance(7 * 3600)
    with pytest.raises(Unavailable, match="Connection refused"):
        plugin.get_current_weather()
    with weather_service(port):
        assert plugin.get_current_weather().output["age"] == 0


def test_a_source_that_does_not_answer_costs_no_more_than_the_timeout(
    openmeteo: MakePlugin, service: WeatherService
) -> None:
    service.hang = True
    with pytest.raises(TimeLimit, match=r"within 0.2 s"):
        openmeteo(timeout=0.2).get_current_weather()


def test_a_redirect_to_another_host_is_not_followed(openmeteo: MakePlugin, service: WeatherService) -> None:
    service.failure = (302, {"Location": f"http://127.0.0.2:{service.port}/"}, b"")
    with pytest.raises(Forbidden, match=r"may not reach 127\.0\.0\.2"):
        openmeteo().get_current_weather()


def test_an_endless_answer_is_cut_off(openmeteo: MakePlugin, service: WeatherService) -> None:
    service.failure = (200, {}, b" " * (5 * 1024 * 1024))
    plugin = openmeteo()
    with pytest.raises(TooLarge):
        plugin.get_current_weather()
    assert "is larger than" in (plugin.failure or "")


def test_a_url_that_is_none_is_refused_when_the_plugin_is_made(openmeteo: MakePlugin) -> None:
    with pytest.raises(ValueError, match="is no URL"):
        openmeteo(base_url="api.open-meteo.com")


def test_the_plugins_thread_ends_at_once(openmeteo: MakePlugin) -> None:
    plugin = openmeteo()
    plugin.start()
    until(lambda: not plugin.is_running())
    plugin.stop()
