"""The samples of the pages on hooks, procedures and crons do what the pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from platypush.config.model import CronSettings, HookSettings
from platypush.cron.configured import configured_crons
from platypush.event.configured import configured_hook
from platypush.event.types import EventTypes
from platypush.message.response import Response
from platypush.procedure.interpreter import Interpreter
from tests.unit.scripts.conftest import FakeRuntime, ScriptLoader

ROOT = Path(__file__).resolve().parents[3]
PAGES = ["hooks", "procedures", "crons"]


def samples(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / f"{page}.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_the_python_samples_load(page: str, load: ScriptLoader, runtime: FakeRuntime) -> None:
    texts = [text for text in samples(page, "python") if "@" in text]
    loaded = load(**{f"sample{number}": text for number, text in enumerate(texts)})
    assert texts
    assert not loaded.problems
    assert loaded.hooks or loaded.procedures or loaded.crons


@pytest.mark.parametrize("page", PAGES)
def test_the_yaml_samples_compile(page: str) -> None:
    interpreter, types = Interpreter(lambda _: Response()), EventTypes()
    sections = {key: value for text in samples(page, "yaml") for key, value in yaml.safe_load(text).items()}
    assert sections
    for key, value in sections.items():
        if key.startswith("event.hook."):
            configured_hook(
                HookSettings(name=key, condition=value["if"], then=tuple(value["then"])), types, interpreter
            )
        elif key.startswith("cron."):
            settings = CronSettings(name=key, cron_expression=value["cron_expression"], steps=tuple(value["actions"]))
            assert not configured_crons([settings], interpreter)[1]
        else:
            interpreter.compile(key, value)


def test_the_first_sample_is_the_specifications_hook() -> None:
    assert samples("hooks", "python")[0] == (ROOT / "tests" / "fixtures" / "spec" / "hooks.py").read_text()
