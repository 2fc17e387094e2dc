"""What setup.cfg says about the package: its extras, and what goes into a wheel. ``.ci/run`` builds a real one."""

from __future__ import annotations

import configparser
import glob
import re
import sysconfig
from pathlib import Path

import pytest

from platypush.backend.http._modes import find_ini
from platypush.errors import ConfigurationError
from tests.deploy.conftest import ROOT

SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
PACKAGE = ROOT / "platypush"
WEBAPP = PACKAGE / "backend" / "http" / "webapp"
FILES = [
    path
    for path in PACKAGE.rglob("*")
    if path.is_file()
    and "__pycache__" not in path.parts
    # Of the web panel what is built goes into a wheel, and not what it is built from.
    and (WEBAPP not in path.parents or WEBAPP / "dist" in path.parents)
]


def test_all_names_every_extra_but_the_one_for_developers() -> None:
    extras = set(SETUP["options.extras_require"]) - {"all", "test"}
    lines = SETUP["options.extras_require"]["all"].split()
    listed = [match[1] for line in lines if (match := re.fullmatch(r"platypush\[([\w,-]+)]", line))]
    assert len(listed) == len(lines)
    assert set(",".join(listed).split(",")) == extras


def test_every_requirement_of_the_product_has_a_lower_bound() -> None:
    extras = [SETUP["options.extras_require"][name] for name in SETUP["options.extras_require"] if name != "test"]
    lines = "\n".join([SETUP["options"]["install_requires"], *extras]).split("\n")
    requirements = [line for line in lines if line and not line.startswith("platypush[")]
    assert requirements
    assert [line for line in requirements if ">=" not in line] == []


def test_every_folder_with_code_is_a_package() -> None:
    folders = {
        parent for path in FILES if path.suffix == ".py" for parent in path.parents if parent.is_relative_to(PACKAGE)
    }
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_every_other_file_is_package_data() -> None:
    patterns = SETUP["options.package_data"]["platypush"].split()
    listed = {PACKAGE / name for pattern in patterns for name in glob.glob(pattern, root_dir=PACKAGE, recursive=True)}
    assert [str(path) for path in FILES if path.suffix != ".py" and path not in listed] == []


def test_the_ini_of_uwsgi_is_found_where_a_wheel_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SETUP["options.data_files"]["share/platypush"].split() == ["uwsgi.ini"]
    installed = tmp_path / "share" / "platypush" / "uwsgi.ini"
    installed.parent.mkdir(parents=True)
    installed.touch()
    monkeypatch.setattr(sysconfig, "get_path", {"data": str(tmp_path)}.__getitem__)
    monkeypatch.setattr("platypush._lib.originals._PACKAGE_ROOT", tmp_path / "lib" / "site-packages")
    monkeypatch.chdir(tmp_path)
    assert find_ini("uwsgi.ini", None) == installed
    with pytest.raises(ConfigurationError, match=r"share/platypush/other\.ini"):
        find_ini("other.ini", None)
