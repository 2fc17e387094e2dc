"""The pages that the server makes itself look as the panel does."""

from __future__ import annotations

import re

from tests.webapp.conftest import WEBAPP

_TOKEN = re.compile(r"--([a-z0-9-]+): ([^;]+);")


def colours(text: str, selector: str) -> dict[str, str]:
    block = text.partition(selector)[2].partition("}")[0]
    return dict(_TOKEN.findall(block))


def test_their_colours_are_the_panels_with_a_theme_and_without_scripts() -> None:
    panel = (WEBAPP / "src/styles/tokens.css").read_text()
    pages = (WEBAPP / "public/assets/app.css").read_text()
    for theme in ("light", "dark"):
        own = colours(pages, f':root[data-theme="{theme}"]')
        assert own.keys() >= {"bg", "surface", "text", "accent", "error"}
        assert own.items() <= colours(panel, f':root[data-theme="{theme}"]').items()
    assert colours(pages, ":root:not([data-theme])") == colours(pages, ':root[data-theme="dark"]')
