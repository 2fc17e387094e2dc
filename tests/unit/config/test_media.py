"""What the section ``media`` allows, from the configuration to a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platypush.config.media import media_settings, read_media
from platypush.config.model import HttpSettings, MediaSettings
from platypush.config.web import WebSettings
from tests.unit.config.conftest import Load


def test_a_worker_gets_what_the_section_allows(load_text: Load) -> None:
    config = load_text("media: {media_dirs: [/films, /music], allowed_hosts: ['nas.lan:8080']}\n")
    settings = WebSettings.from_json(WebSettings.from_config(config).to_json())
    assert settings.media == MediaSettings(media_dirs=(Path("/films"), Path("/music")), allowed_hosts=("nas.lan:8080",))


@pytest.mark.parametrize("text", ["device_id: x\n", "media: {media_dirs: [/films], disabled: true}\n"])
def test_without_the_section_nothing_is_allowed(load_text: Load, text: str) -> None:
    settings = WebSettings.from_json(WebSettings.from_config(load_text(text)).to_json())
    assert settings.media is None


def test_an_empty_section_allows_no_folder_and_no_host(load_text: Load) -> None:
    assert media_settings(load_text("media:\n")) == MediaSettings()


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"media_dirs": "/films"}, "media_dirs has to be a list"),
        ({"media_dirs": ["films"]}, "no absolute path"),
        ({"media_dirs": ["/fi\0lms"]}, "no absolute path"),
        ({"media_dirs": ["~nobody-has-this-name/x"]}, "cannot be found"),
        ({"media_dirs": [7]}, "media_dirs has to be a list"),
        ({"allowed_hosts": ["nas.lan", ""]}, "allowed_hosts has to be a list"),
    ],
)
def test_what_is_no_folder_or_no_list_is_refused_and_allows_nothing(
    load_text: Load, section: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        read_media(section)


def test_a_section_that_cannot_be_used_allows_nothing(load_text: Load) -> None:
    assert media_settings(load_text("media: {media_dirs: films}\n")) is None


def test_folders_may_begin_with_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/alice")
    assert read_media({"media_dirs": ["~/films"]}).media_dirs == (Path("/home/alice/films"),)


def test_ports_that_speak_the_uwsgi_protocol_are_never_reached() -> None:
    arguments = ("--socket", "127.0.0.1:3031", "--http-socket", ":8008", "--uwsgi-socket=:3032", "-s", "/run/x.sock")
    assert read_media({}, HttpSettings(uwsgi_args=arguments)).refused_ports == (3031, 3032)
