"""Finding bundled plugins and those of other packages."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from platypush.plugins import Plugin
from platypush.plugins._discovery import Catalogue, LoadFailure

BUNDLED = ("config", "file", "http.request", "inspect", "qrcode", "shell", "tts", "user", "utils", "variable")
PLUGIN = "from platypush.plugins import Plugin\nclass {name}(Plugin): ...\n"


class Distribution:
    """An installed package, on the path of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def module(self, name: str, source: str) -> None:
        path = self.folder.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))

    def entry_points(self, **entries: str) -> None:
        info = self.folder / "demo-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[platypush.plugins]", *lines]))


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Distribution:
    monkeypatch.syspath_prepend(str(tmp_path))
    return Distribution(tmp_path)


def test_every_bundled_plugin_is_found_and_loads() -> None:
    catalogue = Catalogue()
    assert set(BUNDLED) <= set(catalogue.names())
    for name in BUNDLED:
        assert catalogue.load(name).name == name


def test_a_folder_that_only_holds_others_is_no_plugin() -> None:
    catalogue = Catalogue()
    assert "http" not in catalogue.names()
    assert not catalogue.knows("http")


@pytest.mark.parametrize("name", ["../shell", "shell/..", "", ".", "registry", "_slot", "__init__", "shell.exec"])
def test_a_name_that_is_none_is_unknown(name: str) -> None:
    assert not Catalogue().knows(name)


def test_other_packages_add_plugins_by_entry_point_as_class_or_module(demo: Distribution) -> None:
    demo.module("demo_class", PLUGIN.format(name="Bell"))
    demo.module("demo_module", PLUGIN.format(name="Gong"))
    demo.module("demo_named", PLUGIN.format(name="One") + PLUGIN.format(name="Two") + "__plugin__ = 'Two'\n")
    demo.entry_points(bell="demo_class:Bell", gong="demo_module", two="demo_named")
    catalogue = Catalogue()
    assert {"bell", "gong", "two", "shell"} <= set(catalogue.names())
    assert [catalogue.load(name).__name__ for name in ("bell", "gong", "two")] == ["Bell", "Gong", "Two"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x = 1", "has to define one subclass of Plugin, or to name it in __plugin__ (found: none)"),
        (PLUGIN.format(name="One") + PLUGIN.format(name="Two"), "(found: One, Two)"),
        ("__plugin__ = 'Nothing'", "is no plugin: it has to be a subclass"),
        ("from platypush.plugins import Plugin", "(found: none)"),
        ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
        ("import pnuematics", "Module 'pnuematics' is missing. Install the package that has it"),
    ],
)
def test_a_module_that_is_no_plugin_says_why(demo: Distribution, source: str, reason: str) -> None:
    module = f"demo_wrong_{abs(hash(source))}"
    demo.module(module, source)
    demo.entry_points(wrong=module)
    with pytest.raises(LoadFailure) as caught:
        Catalogue().load("wrong")
    assert reason in str(caught.value)


def test_a_missing_dependency_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "bundle"
    (package / "qrcode").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "qrcode" / "__init__.py").write_text("__plugin__ = 'X'\nimport qrcode_engine_that_is_missing\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("platypush._lib.extras._extras", lambda: frozenset({"qrcode"}))
    with pytest.raises(LoadFailure, match=r"Install it: pip install 'platypush\[qrcode\]'"):
        Catalogue(package, "bundle").load("qrcode")


def test_bundled_names_cannot_be_taken_over(demo: Distribution) -> None:
    demo.module("demo_shell", PLUGIN.format(name="Shell"))
    demo.entry_points(shell="demo_shell:Shell")
    assert Catalogue().load("shell").__module__ == "platypush.plugins.shell"


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(LoadFailure, match=r"There is no plugin 'shel'\. Did you mean 'shell'"):
        Catalogue().load("shel")


def test_bundled_plugins_refuse_keys_that_they_do_not_know() -> None:
    from platypush.errors import ArgumentError
    from platypush.plugins.arguments import for_constructor

    for name in BUNDLED:
        cls: type[Plugin] = Catalogue().load(name)
        with pytest.raises(ArgumentError, match="'nonsense' is unknown"):
            for_constructor(name, cls).bind({"nonsense": 1})
