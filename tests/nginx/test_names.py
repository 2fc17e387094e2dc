"""Any legal name of a resource directory, and any folder: rendered, taken by nginx, and served by it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.running.hub import Hub
from tests.running.nginx import Front, running_front

pytestmark = pytest.mark.live

NAMES = [
    "plain",
    "two words",
    " leading and trailing ",
    "quote's",
    'double "quotes"',
    '"',
    "'",
    "back\\slash",
    "ends with a backslash\\",
    '\\"',
    "$host",
    "${host}",
    "$",
    "a$b$",
    "semi;colon",
    "braces {} and }",
    "# no comment",
    "~ regular .*",
    "= exact",
    "^~ prefix",
    "@named",
    "100%",
    "%2e%2e",
    "question?mark=1",
    "a&b+c",
    "ünïcödé",
    "фото",
    "写真",
    "🎵",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "a.b",
    "..a",
    "...",
    "off",
    "nested",
    "nested/deeper",
    "nested/deeper/still",
    "nested/deeper/stillmore",
    "nest",
    "x" * 200,
    "y" * 201,
    "y" * 255,
    "y" * 256,
    "y" * 457,
    "é" * 110,
]
FOLDERS = ["new\nline", "tab\there", "trailing space ", "$uri", "\\n", "'", '"', "${x}", "a//b"]


def some_names(count: int) -> list[str]:
    """More names, of characters that mean something somewhere; the same in each run."""
    letters = "ab ${}\\\"';#%/~^=@*()[]|&?<>`!,.:+-_é字"
    source = random.Random(7)
    made: list[str] = []
    while len(made) < count:
        name = "".join(source.choices(letters, k=source.randint(1, 12))).strip("/")
        if not {"", ".", ".."} & set(name.split("/")) and name not in NAMES:
            made.append(name)
    return sorted(set(made))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each name's folder: called like another strange thing, with one file in it."""
    base = tmp_path_factory.mktemp("names")
    names = NAMES + some_names(150)
    found = {}
    for number, name in enumerate(names):
        folder = base / str(number) / FOLDERS[number % len(FOLDERS)]
        folder.mkdir(parents=True)
        (folder / "f.txt").write_text(f"file of {name}")
        found[name] = folder
    return found


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> Iterator[tuple[Hub, Front]]:
    lines = "".join(
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps(str(folder))}\n" for name, folder in folders.items()
    )
    # In the configuration, $uri would be the environment's.
    lines = lines.replace("/$uri", "/${D}uri").replace("/${x}", "/${D}{x}")
    folder = tmp_path_factory.mktemp("front")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("D", "$")
        with running_front(folder, http=f"  resource_dirs:\n{lines}") as both:
            yield both


def test_each_directory_is_served_under_its_name_by_nginx(front: tuple[Hub, Front], folders: dict[str, Path]) -> None:
    hub, nginx = front
    for name in folders:
        answer = nginx.request("GET", f"/resources/{quote(name)}/f.txt", headers=hub.token)
        assert (answer.status, answer.body.decode()) == (200, f"file of {name}"), name
        by_application = nginx.logged(answer)["upstream_status"]
        # nginx cannot have longer names; the application can.
        assert bool(by_application) == (len(name.encode()) > 200), name


def test_each_directory_is_closed_to_strangers(front: tuple[Hub, Front], folders: dict[str, Path]) -> None:
    _, nginx = front
    for name in folders:
        assert nginx.request("GET", f"/resources/{quote(name)}/f.txt").status == 401, name


def test_a_token_for_one_name_opens_no_other(front: tuple[Hub, Front], folders: dict[str, Path]) -> None:
    hub, nginx = front
    token = hub.command("token", "create", "one", "--user", "owner", "--scope", "resources:nested/deeper").split()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    opened = {
        name
        for name in folders
        if nginx.request("GET", f"/resources/{quote(name)}/f.txt", headers=headers).status == 200
    }
    assert opened == {"nested/deeper"}


def test_the_name_of_a_nested_directory_is_no_file_of_the_outer_one(
    front: tuple[Hub, Front], folders: dict[str, Path]
) -> None:
    hub, nginx = front
    (folders["nested"] / "deeper").write_text("the outer one's")
    assert nginx.request("GET", "/resources/nested/deeper", headers=hub.token).status == 404
