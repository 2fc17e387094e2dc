"""Dashboards: read, checked with line and column, and never able to reach anything outside of themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from platypush.dashboards.files import dashboard_names, read_dashboard
from platypush.dashboards.layout import Layout, read_layout
from platypush.dashboards.rights import scopes_of
from platypush.dashboards.values import attribute_name, property_name
from platypush.dashboards.widgets import bundled_widgets
from platypush.errors import BadRequest, NotFound, TooLarge
from tests.reference import WIDGETS, renewed_widgets

SPECIFICATION = (Path(__file__).parents[2] / "fixtures" / "spec" / "dashboard.xml").read_text()


def layout(text: str) -> Layout:
    return read_layout("main", text, bundled_widgets())


def reasons(text: str) -> list[str]:
    return [str(problem) for problem in layout(text).problems]


def widgets(text: str) -> list[Any]:
    found = layout(text)
    assert found.root is not None
    return [widget for row in found.root["rows"] for widget in row["widgets"]]


def test_the_specifications_dashboard_is_right_as_it_is() -> None:
    found = layout(SPECIFICATION)
    assert not found.problems
    assert found.root is not None
    assert [[widget["type"] for widget in row["widgets"]] for row in found.root["rows"]] == [
        ["Calendar", "Music", "DateTimeWeather"],
        ["ImageCarousel", "RssNews"],
    ]
    assert found.root["rows"][0]["widgets"][0]["class"] == ["col-6"]
    assert found.root["rows"][1]["widgets"][1]["attributes"]["db"] == "sqlite:////path/to/your/rss.db"


def test_attributes_have_their_types_and_defaults_and_may_be_written_either_way() -> None:
    (one,) = widgets('<Dashboard><Calendar max-events="3" refreshSeconds="60"/></Dashboard>')
    assert one["attributes"] == {"maxEvents": 3, "refreshSeconds": 60}
    (two,) = widgets('<Dashboard><DateTime show-seconds="false" show_date="no"/></Dashboard>')
    assert two["attributes"] == {"showDate": False, "showTime": True, "showSeconds": False}


def test_a_widget_without_a_width_has_three_columns_of_twelve() -> None:
    assert [
        one["class"] for one in widgets("<Dashboard><Row><Music/><Music class='col-6 big'/></Row></Dashboard>")
    ] == [
        ["col-3"],
        ["col-6", "big"],
    ]
    (styled,) = widgets("<Dashboard><Music style='width: 50%; Color: #fff'/></Dashboard>")
    assert (styled["class"], styled["style"]) == ([], {"width": "50%", "color": "#fff"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "<Dashboard>\n  <Calender/></Dashboard>",
            "line 2, column 3: Widget 'Calender' is unknown. Did you mean 'Calendar'?",
        ),
        ("<Dashboard><Calendar max-event='3'/></Dashboard>", "Did you mean 'max-events'?"),
        (
            "<Dashboard><Calendar max-events='many'/></Dashboard>",
            "a whole number from 1 to 100 is expected, not 'many'",
        ),
        ("<Dashboard><Calendar max-events='0'/></Dashboard>", "from 1 to 100"),
        ("<Dashboard><DateTime show-date='maybe'/></Dashboard>", "true or false is expected"),
        ("<Dashboard><ImageCarousel refresh-seconds='nan' img-dir='/x'/></Dashboard>", "a number from 1 on"),
        ("<Dashboard><Camera/></Dashboard>", "Camera needs the attribute src."),
        ("<Dashboard><Camera src='javascript:alert(1)'/></Dashboard>", "an address such as"),
        ("<Dashboard><Camera src='/x' type='film'/></Dashboard>", "one of image, video"),
        ("<Dashboard style='background: url(//evil)'/>", "may not load anything"),
        ("<Dashboard class='a b{c'/>", "is no name of a class"),
        ("<Dashboard title='x'/>", "Attribute of Dashboard 'title' is unknown"),
        ("<Board/>", "a dashboard begins with <Dashboard>"),
        (
            "<Dashboard><Row><Calendar><Run name='x'/></Calendar></Row></Dashboard>",
            "Element of Calendar 'Run' is unknown",
        ),
        ("<Dashboard><Row></Dashboard>", "line 1, column 19: mismatched tag."),
        ("", "no element found"),
        ("<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Dashboard>&x;</Dashboard>", "no DOCTYPE"),
        ("<Dashboard>&lt;&undefined;</Dashboard>", "undefined entity"),
        ("<?php echo 1 ?><Dashboard/>", "<?php …?> has no place"),
        ("<Dashboard>" + "<Row>" * 40 + "</Row>" * 40 + "</Dashboard>", "32 levels at most"),
        ("<Dashboard>" + "<Row/>" * 10_001 + "</Dashboard>", "10000 elements"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, expected: str) -> None:
    assert any(expected in reason for reason in reasons(text)), reasons(text)


def test_everything_is_told_at_once_and_the_rest_is_shown() -> None:
    text = "<Dashboard><Row><Nope/><Calendar max-events='x' y='z'/><DateTime/></Row></Dashboard>"
    assert len(reasons(text)) == 3
    assert [widget["type"] for widget in widgets(text)] == [None, "Calendar", "DateTime"]


def test_broken_xml_has_an_excerpt_and_a_revision_that_changes_with_the_text() -> None:
    one, two = layout("<Dashboard>\n<Row>\n</Dashboard>"), layout("<Dashboard/>")
    assert one.root is None
    assert one.excerpt == ("1: <Dashboard>", "2: <Row>", "3: </Dashboard>")
    assert one.revision != two.revision


COMPONENT = """<Dashboard><Component title="Door">
  <Run name="Bell" icon-class="bell"><vars><var name="who">us</var></vars>
    <actions><action name="tts.say">
      <arg name="text">For {{ who }}</arg><wait type="boolean">false</wait></action></actions></Run>
  <Sensor name="Heat" unit="°C"><handlers>
    <refresh interval="30"><action name="sensor.get" value="temperature"/></refresh>
    <event type="platypush.message.event.sensor.SensorDataChangeEvent" value="data.temperature"/></handlers></Sensor>
  <Slider name="Light" max="100"><actions><action name="light.hue.bri">
    <value type="number">{{ value }}</value></action></actions></Slider>
</Component></Dashboard>"""


def test_a_component_is_data_and_no_script() -> None:
    (component,) = widgets(COMPONENT)
    assert not reasons(COMPONENT)
    bell, heat, light = component["children"]
    assert bell["actions"] == [
        {"name": "tts.say", "args": {"text": {"text": "For {{ who }}", "type": "text"}, "wait": False}, "value": None}
    ]
    assert bell["vars"] == {"who": "us"}
    assert heat["handlers"]["refresh"][0]["interval"] == 30
    assert light["attributes"] == {
        "name": "Light",
        "iconClass": None,
        "iconUrl": None,
        "iconColor": None,
        "min": 0,
        "max": 100,
        "step": 1,
    }


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<Run name='x'><actions><action name='a.b'><before>alert(1)</before></action></actions></Run>", "no script"),
        (
            "<Run name='x'><actions><action name='a.b'><t>{{ alert(1) }}</t></action></actions></Run>",
            "is no name of a value",
        ),
        ("<Run name='x'><actions><action name='alert'/></actions></Run>", "an <action name='…'> is expected"),
        ("<Run name='x'/>", "Run needs <actions>"),
        ("<Run><actions><action name='a.b'/></actions></Run>", "Run needs the attribute name"),
        ("<Slider name='x'><actions><action name='a.b'/></actions></Slider>", "needs the attribute max"),
        ("<Sensor name='x'><handlers><click/></handlers></Sensor>", "Handler 'click' is unknown"),
        ("<Sensor name='x'><handlers><event/></handlers></Sensor>", "an event needs a type"),
        ("<Sensor name='x'><handlers><refresh interval='0'/></handlers></Sensor>", "interval: a number from 1 on"),
        ("<Sensor name='x'><script/></Sensor>", "Element of Sensor 'script' is unknown"),
        (
            "<Run name='x'><actions><action name='a.b'><t type='number'>x</t></action></actions></Run>",
            "'x' is no number",
        ),
        (
            "<Run name='x'><actions><action name='a.b'><t type='date'>x</t></action></actions></Run>",
            "'date' is unknown",
        ),
        ("<Button/>", "Element of Component 'Button' is unknown"),
    ],
)
def test_what_a_component_cannot_be_is_told(inside: str, expected: str) -> None:
    found = reasons(f"<Dashboard><Component>{inside}</Component></Dashboard>")
    assert any(expected in reason for reason in found), found


def test_the_rights_of_a_dashboard_are_those_of_its_widgets_and_no_more() -> None:
    text = COMPONENT.replace(
        "</Dashboard>",
        "<ImageCarousel img-dir='/mnt/photos/best'/><Camera src='/camera/ir/mlx90640/video'/>"
        "<Camera src='//other/camera/x/y'/>"
        "<Camera src='/resources/videos/a.jpg'/><Plugin plugin-name='light.hue'/></Dashboard>",
    )
    scopes = scopes_of(layout(text), bundled_widgets(), {"photos": "/mnt/photos", "private": "/mnt/photos-private"})
    assert set(scopes) == {
        "dashboard:main",
        "bootstrap",
        "tts.say",
        "sensor.get",
        "light.hue.bri",
        "events:sensor.SensorDataChangeEvent",
        "utils.search_web_directory",
        "resources:photos",
        "resources:videos",
        "camera:ir.mlx90640",
        "light.hue.*",
        "panel:light.hue",
        "events:light.*",
        "inspect.get_all_plugins",
        "events:weather.NewWeatherConditionEvent",
        "weather.openmeteo.get_current_weather",
        "weather.openweathermap.get_current_weather",
    }
    assert scopes_of(layout("<Dashboard>"), bundled_widgets(), {}) == ("bootstrap", "dashboard:main")


@pytest.mark.parametrize(("written", "file", "browser"), [("maxEvents", "max-events", "maxEvents"), ("db", "db", "db")])
def test_names_of_attributes(written: str, file: str, browser: str) -> None:
    assert (attribute_name(written), property_name(file)) == (file, browser)


def test_files_are_read_by_safe_names_only(tmp_path: Path) -> None:
    (tmp_path / "main.xml").write_text("\ufeff<Dashboard/>")
    (tmp_path / "big.xml").write_text(" " * (1024 * 1024 + 1))
    (tmp_path / "latin.xml").write_bytes(b"<Dashboard title='\xe9'/>")
    assert dashboard_names(tmp_path) == ["big", "latin", "main"]
    assert read_dashboard(tmp_path, "main") == "<Dashboard/>"
    with pytest.raises(NotFound, match="Did you mean 'main'"):
        read_dashboard(tmp_path, "mian")
    with pytest.raises(TooLarge):
        read_dashboard(tmp_path, "big")
    with pytest.raises(BadRequest, match="not UTF-8: byte 18 is 0xe9"):
        read_dashboard(tmp_path, "latin")
    for name in ("../main", "a/b", "", ".", "x" * 101):
        with pytest.raises(BadRequest):
            read_dashboard(tmp_path, name)


def test_the_page_of_the_widgets_is_made_from_their_declarations() -> None:
    text = WIDGETS.read_text()
    assert renewed_widgets(text) == text, "Bring it up to date: python -m tests.reference --write"


def test_the_examples_of_the_page_are_right() -> None:
    examples = re.findall(r"^```xml\n(.*?)^```$", WIDGETS.read_text(), re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        assert not reasons(example)


def test_every_type_of_a_declared_attribute_is_known() -> None:
    for widget in bundled_widgets().values():
        for attribute in widget.attributes.values():
            assert attribute.type in {"text", "integer", "number", "boolean", "choice", "url"}
            assert attribute.doc
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", attribute.name)


def test_what_is_wrong_with_a_widget_is_told_in_its_place_too() -> None:
    found = layout("<Dashboard odd=''>\n<Row><Music/><Calendar max-events='x'/></Row></Dashboard>")
    assert found.root is not None
    music, calendar = found.root["rows"][0]["widgets"]
    assert music["problems"] == []
    assert calendar["problems"] == [str(found.problems[1])]
    assert [problem["widget"] for problem in found.to_dict()["problems"]] == [False, True]


def test_an_unknown_widget_comes_with_the_names_of_those_that_there_are() -> None:
    found = layout("<Dashboard><Clock/></Dashboard>").to_dict()
    assert {"Calendar", "DateTime", "Weather"} < set(found["widgets"])
    assert "'Clock' is unknown" in found["root"]["rows"][0]["widgets"][0]["problems"][0]


def test_a_widget_of_another_package_comes_with_its_element_and_its_attributes_as_they_are_written() -> None:
    part = {"tag": "kitchen-timer-widget", "module": "/assets/plugins/kitchen.timer/widget.js"}
    text = "<Dashboard><KitchenTimer class='col-4' minutes='3' onclick='x()'/><KitchenTime/></Dashboard>"
    found = read_layout("main", text, bundled_widgets(), {"KitchenTimer": part})
    assert found.root is not None
    widget = found.root["rows"][0]["widgets"][0]
    assert (widget["type"], widget["part"], widget["class"]) == ("part", part, ["col-4"])
    assert widget["attributes"] == {"minutes": "3"}
    assert [problem.reason for problem in found.problems] == [
        "Widget 'KitchenTime' is unknown. Did you mean 'KitchenTimer'?"
    ]
    assert "KitchenTimer" in found.widgets
