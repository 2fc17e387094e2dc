"""An old configuration in this version's terms."""

from __future__ import annotations

import pytest
import yaml

from platypush.errors import ConfigurationError
from platypush.importing.old_config import Known, convert

KNOWN = Known(plugin=lambda name: name in {"tts", "shell"}, backend=lambda name: name == "http")
OLD = """\
# My hub
device_id: kitchen
token: abcdef
workdir: /home/ann/.local/share/platypush

main.db:
    engine: sqlite:////home/ann/main.db

# The web
backend.http:
    port: 8008
    dashboard:
        widgets:
          - calendar
          - text: |
              several

              lines
    # photos
    resource_dirs:
        photos: /mnt/photos
    filename: /tmp/http.log

backend.redis:
    redis_args: {host: localhost}
logging:
    level: info
    filename: /var/log/platypush.log

light.hue:
    bridge: hue
    groups:
        - Hall
tts:
    language: en

# At the door
event.hook.Door:
    if: {type: platypush.message.event.custom.CustomEvent}
    then:
        - action: tts.say
          args: {text: Hello}
"""


def test_what_works_stays_as_it_is_written_and_the_rest_becomes_a_comment_with_its_reason() -> None:
    done = convert(OLD, KNOWN)
    assert yaml.safe_load(done.text) == {
        "device_id": "kitchen",
        "token": "abcdef",
        "backend.http": {"port": 8008, "resource_dirs": {"photos": "/mnt/photos"}},
        "logging": {"level": "info"},
        "tts": {"language": "en"},
        "event.hook.Door": {
            "if": {"type": "platypush.message.event.custom.CustomEvent"},
            "then": [{"action": "tts.say", "args": {"text": "Hello"}}],
        },
    }
    assert [key for key, _ in done.commented] == [
        "workdir",
        "main.db",
        "backend.http.dashboard",
        "backend.http.filename",
        "backend.redis",
        "logging.filename",
        "light.hue",
    ]
    for line in ("# My hub", "# The web", "    # photos", "# At the door"):
        assert line in done.text.splitlines()
    assert "# Not taken over (light.hue): this version has no plugin 'light.hue'.\n# light.hue:\n" in done.text


def test_each_line_of_the_old_file_is_still_there() -> None:
    plain = [line.replace("#", "").split() for line in convert(OLD, KNOWN).text.splitlines()]
    for line in OLD.splitlines():
        assert line.replace("#", "").split() in plain, line


def test_what_it_includes_is_named() -> None:
    assert convert("include:\n  - a.yaml\n  - b.yaml\n", KNOWN).includes == ("a.yaml", "b.yaml")
    assert convert("include: c.yaml\n", KNOWN).includes == ("c.yaml",)


def test_a_section_without_anything_left_is_still_there() -> None:
    assert yaml.safe_load(convert("backend.http:\n    maps2: {}\n", KNOWN).text) == {"backend.http": None}


@pytest.mark.parametrize("text", ["a: [", "- a\n- b\n", "just text"])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        convert(text, KNOWN)


def test_an_empty_file_is_an_empty_configuration() -> None:
    assert convert("# nothing\n", KNOWN).text == "# nothing\n"
