"""docs/configure.md says what the schema says: every key, its default, and examples that work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from platypush.config.explain import known_keys, validate
from platypush.config.schema import SECTIONS, Section
from tests.unit.config.conftest import Load

PAGE = (Path(__file__).parents[3] / "docs" / "configure.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NEEDED = {"event.hook.<name>": {"if": {"type": "x"}, "then": ["return"]}}
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def chapter(title: str) -> str:
    heading = re.escape("The root" if title == "" else f"`{title}`")
    match = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, f"docs/configure.md has no chapter for {title!r}"
    return match[1]


def rows(title: str) -> dict[str, str]:
    return {match[1]: match[3].strip() for match in ROW.finditer(chapter(title))}


def default_of(schema: type[Section], key: str) -> tuple[bool, Any]:
    field = next(field for name, field in schema.model_fields.items() if key in {name, field.alias})
    return field.is_required(), field.default


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_has_its_row_and_every_row_its_key(title: str) -> None:
    assert list(rows(title)) == known_keys(SECTIONS[title])


@pytest.mark.parametrize(("title", "key"), [(title, key) for title in SECTIONS for key in known_keys(SECTIONS[title])])
def test_the_default_in_the_page_is_the_default_of_the_schema(title: str, key: str) -> None:
    schema, shown = SECTIONS[title], rows(title)[key]
    required, default = default_of(schema, key)
    if required:
        assert shown == "required" or title == "main.db"
    elif written := re.fullmatch(r"`([^`]+)`", shown):
        section, reasons = validate(schema, {**NEEDED.get(title, {}), key: yaml.safe_load(written[1])})
        assert not reasons
        assert getattr(section, key) == default
    else:
        assert not default
        assert default is not False


@pytest.mark.parametrize("title", ["procedure.<name>", "event.hook.<name>", "cron.<name>"])
def test_sections_with_free_names_have_a_chapter_with_an_example(title: str) -> None:
    assert "```yaml" in chapter(title)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_works(load_text: Load, tmp_path: Path, example: str) -> None:
    (tmp_path / "secret").mkdir()
    for name in ("token", "mqtt", "lights.yaml", "secret/tokens.yaml"):
        (tmp_path / name).write_text("{}")
        (tmp_path / name).chmod(0o600)
    config = load_text(example, {"HUE_TOKEN": "x", "CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert not config.problems


@pytest.mark.parametrize(
    "name", ["PLATYPUSH_CONFIG", "PLATYPUSH_WORKDIR", "RUNTIME_DIRECTORY", "!env", "!file", "enabled", "disabled"]
)
def test_what_is_no_key_is_explained_too(name: str) -> None:
    assert name in PAGE


def test_every_link_inside_of_the_page_leads_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= anchors
