"""The web panel: its types, its own tests, what is built of it, and how large that is."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.webapp.conftest import WEBAPP, Npm

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

SOURCES = sorted(path for path in (WEBAPP / "src").rglob("*") if path.suffix in (".vue", ".ts", ".css"))
COMPONENTS = [path for path in SOURCES if path.suffix == ".vue"]
# Kilobytes, compressed, that a page's first load may have, and what it loads later.
BUDGETS = {"panel.html": 150, "wall.html": 95}
STYLES = 20
LATER = 30


def packed(path: Path) -> float:
    return len(gzip.compress(path.read_bytes(), 9)) / 1000


def test_the_types_fit(npm: Npm) -> None:
    npm("vue-tsc", "--build")


def test_its_own_tests_pass(npm: Npm) -> None:
    npm("vitest", "run")


def test_what_is_committed_is_what_the_sources_give(npm: Npm, tmp_path: Path) -> None:
    npm("vite", "build", "--outDir", str(tmp_path / "dist"), "--emptyOutDir")
    fresh = {
        str(path.relative_to(tmp_path / "dist")): path for path in (tmp_path / "dist").rglob("*") if path.is_file()
    }
    kept = {str(path.relative_to(WEBAPP / "dist")): path for path in (WEBAPP / "dist").rglob("*") if path.is_file()}
    assert fresh.keys() == kept.keys(), "Build it anew: npm run build"
    assert [name for name in fresh if fresh[name].read_bytes() != kept[name].read_bytes()] == []


@pytest.mark.parametrize("page", BUDGETS)
def test_the_first_load_is_small(page: str) -> None:
    text = (WEBAPP / "dist" / page).read_text()
    scripts = re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', text)
    styles = re.findall(r'href="(/assets/[^"]+\.css)"', text)
    assert sum(packed(WEBAPP / "dist" / name.lstrip("/")) for name in scripts) <= BUDGETS[page]
    assert sum(packed(WEBAPP / "dist" / name.lstrip("/")) for name in styles) <= STYLES


def test_what_loads_later_is_small_too() -> None:
    first = "".join((WEBAPP / "dist" / page).read_text() for page in BUDGETS)
    later = [path for path in (WEBAPP / "dist" / "assets").glob("*.js") if path.name not in first]
    assert {path.name: packed(path) for path in later if packed(path) > LATER} == {}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(WEBAPP)))
def test_colours_are_in_one_file(path: Path) -> None:
    if path.name != "tokens.css":
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=\s*[;,)])|\brgba?\(", path.read_text())


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: str(path.relative_to(WEBAPP)))
def test_only_what_can_be_focused_is_clicked(path: Path) -> None:
    assert not re.findall(r"<(?:div|span|li|img|p)\b[^>]*@click", path.read_text())


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: str(path.relative_to(WEBAPP)))
def test_no_html_of_strangers_is_shown_but_by_one_component(path: Path) -> None:
    assert "v-html" not in path.read_text() or path.name == "UiForeignHtml.vue"


def test_every_text_that_is_asked_for_is_there() -> None:
    texts = json.loads((WEBAPP / "src/i18n/en.json").read_text())
    known = {f"{group}.{name}" for group, entries in texts.items() for name in entries}
    used = {
        name for path in SOURCES for name in re.findall(r"""(?<![\w.])\$?t\(\s*["']([\w.]+)["']""", path.read_text())
    }
    assert used <= known, used - known
