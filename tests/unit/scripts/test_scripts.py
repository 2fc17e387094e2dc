"""User scripts: what is collected, and what happens to those that fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from platypush.errors import Forbidden
from platypush.event.processor import EventProcessor
from platypush.event.types import EventTypes
from platypush.message.event.http.hook import WebhookEvent
from platypush.procedure.registry import ProcedureRegistry
from platypush.scripts import load_scripts
from tests.unit.scripts.conftest import FakeRuntime, ScriptLoader

SPECIFICATION = Path(__file__).resolve().parents[2] / "fixtures" / "spec"


def test_the_specifications_hook_works_character_for_character(runtime: FakeRuntime, load: ScriptLoader) -> None:
    loaded = load(hooks=(SPECIFICATION / "hooks.py").read_text())
    assert not loaded.problems
    processor = EventProcessor(loaded.hooks)

    reply = processor.webhook(WebhookEvent(hook="lights_toggle", method="POST", headers={"x-token": "abcdefabcdef"}))
    assert reply.status == 200
    assert runtime.lights.toggled == 1

    for headers in ({}, {"X-Token": "wrong"}):
        with pytest.raises(Forbidden, match="Unauthorized"):
            processor.webhook(WebhookEvent(hook="lights_toggle", method="POST", headers=headers))
    assert runtime.lights.toggled == 1


HOOK = """
from platypush.event.hook import hook
@hook('custom.CustomEvent')
def {name}(): ...
"""


def test_a_script_that_fails_names_file_and_line_and_does_not_stop_the_others(
    load: ScriptLoader, tmp_path: Path
) -> None:
    loaded = load(
        a_syntax="x = 1\ndef broken(:\n",
        b_raises="def helper():\n    raise ValueError('no such lamp')\n\nhelper()\n",
        c_exits="import sys\nsys.exit('bye')\n",
        d_missing="import nothing_of_that_name\n",
        e_fine=HOOK.format(name="fine"),
        f_type="from platypush.event.hook import hook\n@hook('custom.CustmEvent')\ndef f(): ...\n",
        g_cron="from platypush.cron import cron\n@cron('61 * * * *')\ndef g(): ...\n",
    )
    assert [hook.name for hook in loaded.hooks] == ["e_fine.fine"]
    problems = {(problem.path.name, problem.line): problem.reason for problem in loaded.problems}
    assert problems["a_syntax.py", 2].startswith("SyntaxError")
    assert problems["b_raises.py", 2] == "ValueError: no such lamp"
    assert problems["c_exits.py", 2] == "SystemExit: bye"
    assert "nothing_of_that_name" in problems["d_missing.py", 1]
    assert "Did you mean 'CustomEvent'" in problems["f_type.py", 2]
    assert "61" in problems["g_cron.py", 2]
    assert str(loaded.problems[0]).startswith(f"{tmp_path / 'a_syntax.py'}:2: ")


def test_hidden_and_private_files_are_not_scripts_but_can_be_imported(load: ScriptLoader, tmp_path: Path) -> None:
    (tmp_path / ".hidden.py").write_text("raise ValueError")
    loaded = load(
        _shared=HOOK.format(name="shared") + "LEVEL = 7\n",
        one="from scripts._shared import shared, LEVEL\n",
        two="from ._shared import shared\nfrom .one import LEVEL\nassert LEVEL == 7\n",
    )
    assert not loaded.problems
    assert [hook.name for hook in loaded.hooks] == ["one.shared"], "once, however many scripts import it"


def test_an_imported_function_is_named_after_its_home(load: ScriptLoader) -> None:
    loaded = load(
        a="from scripts.b import say\n",
        b="from platypush.procedure import procedure\n@procedure\ndef say(text): return text\n",
    )
    assert [procedure.name for procedure in loaded.procedures] == ["b.say"]


def test_packages_are_scripts_with_all_their_modules(load: ScriptLoader) -> None:
    lamps = "from . import front\n" + HOOK.format(name="lamps")
    loaded = load(**{"house/__init__": HOOK.format(name="front"), "house/lamps": lamps})
    assert [hook.name for hook in loaded.hooks] == ["house.front", "house.lamps.lamps"]


def test_procedures_are_called_by_script_and_function_or_by_function_alone(load: ScriptLoader) -> None:
    text = (
        "from platypush.procedure import procedure\n"
        "@procedure\ndef say(text, times=1):\n    'Say it.'\n    return text * times\n"
        "@procedure('loud')\ndef shout(text): return text.upper()\n"
    )
    registry = ProcedureRegistry()
    registry.set_procedures(load(voice=text).procedures)
    assert registry.names() == ["voice.loud", "voice.say"]
    assert registry.run("procedure.voice.say", {"text": "a", "times": 2}).output == "aa"
    assert registry.run("procedure.say", ["b"]).output == "b"
    assert registry.run("loud", {"text": "c"}).output == "C"
    assert registry.describe()["voice.say"]["doc"] == "Say it."
    assert "Did you mean 'times'?" in registry.run("say", {"text": "a", "tims": 2}).errors[0]
    assert "Did you mean" in registry.run("voice.sai", {}).errors[0]


def test_a_reload_sees_a_change_of_the_same_second_and_size(load: ScriptLoader, tmp_path: Path) -> None:
    first = load(hooks=HOOK.format(name="one"))
    stamp = (tmp_path / "hooks.py").stat()
    (tmp_path / "hooks.py").write_text(HOOK.format(name="two"))
    os.utime(tmp_path / "hooks.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    second = load_scripts(tmp_path, EventTypes())
    assert ([h.name for h in first.hooks], [h.name for h in second.hooks]) == (["hooks.one"], ["hooks.two"])
    assert not list(tmp_path.rglob("*.pyc"))


def test_assertions_count_even_when_python_was_told_to_drop_them(tmp_path: Path) -> None:
    (tmp_path / "check.py").write_text("assert False, 'still here'\n")
    code = (
        "from pathlib import Path; from platypush.scripts import load_scripts; from platypush.event.types import "
        f"EventTypes; print(load_scripts(Path({str(tmp_path)!r}), EventTypes()).problems[0].reason)"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "AssertionError: still here"


def test_a_script_that_everybody_may_change_is_warned_about(load: ScriptLoader, tmp_path: Path) -> None:
    (tmp_path / "hooks.py").write_text("")
    (tmp_path / "hooks.py").chmod(0o666)
    (warning,) = load().warnings
    assert "chmod o-w" in warning.reason


def test_a_missing_folder_holds_no_scripts(tmp_path: Path) -> None:
    assert load_scripts(tmp_path / "none", EventTypes()).files == []


def test_a_file_whose_name_is_no_module_is_a_problem(load: ScriptLoader, tmp_path: Path) -> None:
    (tmp_path / "my-hooks.py").write_text("")
    assert "rename" in load().problems[0].reason
