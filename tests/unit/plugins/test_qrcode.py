"""The plugin ``qrcode``."""

from __future__ import annotations

import base64
from pathlib import Path
from xml.etree import ElementTree

import png  # type: ignore[import-untyped]
import pytest

from platypush.errors import Forbidden, TooLarge
from platypush.plugins.qrcode import QrcodePlugin
from platypush.plugins.services import PluginServices

from .conftest import MakeConfig


@pytest.fixture
def plugin(make_config: MakeConfig) -> QrcodePlugin:
    plugin = QrcodePlugin()
    plugin.bind(PluginServices(config=make_config()))
    return plugin


def test_an_image_comes_as_base64(plugin: QrcodePlugin) -> None:
    output = plugin.generate("hello", box_size=2, border=4).output
    width, height, _, _ = png.Reader(bytes=base64.b64decode(output["data"])).read()
    assert (output["text"], output["format"]) == ("hello", "png")
    assert (width, height) == ((21 + 8) * 2, (21 + 8) * 2)


def test_svg_and_text_are_made_as_well(plugin: QrcodePlugin) -> None:
    svg = base64.b64decode(plugin.generate("hello", format="svg").output["data"])
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "█" in plugin.generate("hello", format="text").output["data"]


def test_a_file_is_written_inside_of_the_output_folder_only(plugin: QrcodePlugin, tmp_path: Path) -> None:
    output = plugin.generate("hello", output_file="a.png").output
    assert output == {"text": "hello", "format": "png", "image_file": str(tmp_path / "qrcode" / "a.png")}
    assert (tmp_path / "qrcode" / "a.png").read_bytes().startswith(b"\x89PNG")
    for name in ("../a.png", "/tmp/a.png", "~/a.png", ".."):
        with pytest.raises(Forbidden, match="set output_dir"):
            plugin.generate("hello", output_file=name)


def test_as_much_as_a_code_can_hold_is_taken_and_no_more(plugin: QrcodePlugin) -> None:
    assert plugin.generate("a" * 2953, box_size=1).output["data"]
    with pytest.raises(TooLarge, match="cannot hold 2954 bytes"):
        plugin.generate("a" * 2954)


@pytest.mark.parametrize("size", [{"box_size": 0}, {"box_size": 51}, {"border": -1}, {"border": 21}])
def test_sizes_are_bounded(plugin: QrcodePlugin, size: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="box_size"):
        plugin.generate("x", **size)  # type: ignore[arg-type]
