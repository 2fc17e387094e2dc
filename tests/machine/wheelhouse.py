"""All that pip installs in a test machine, where there is no network: a folder of wheels, made once and kept."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.machine.container import running_machine
from tests.machine.debian import kept

__all__ = ["PIP", "WHEELS", "wheelhouse"]

ROOT = Path(__file__).resolve().parents[2]
WHEELS = "/wheelhouse"
"""Where a machine has it."""
PIP = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": WHEELS, "PIP_NO_CACHE_DIR": "1"}
"""The environment that makes pip use it and nothing else."""

_BUILD = ("setuptools>=77", "wheel")
_OF_OLDER_PYTHONS = ("async-timeout>=4.0.3",)
"""What redis needs below Python 3.11.3, which Debian 12 has: pip looks at this machine's Python for such conditions,
not at the one it downloads for."""
_TAGS = """
import json, sys
from pip._vendor.packaging.tags import sys_tags
platforms = dict.fromkeys(tag.platform for tag in sys_tags())
print(json.dumps({"version": "%d.%d" % sys.version_info[:2], "platforms": list(platforms)}))
"""


def wheelhouse(base: Path) -> Path:
    """The folder with the wheels for the Python of the Debian in ``base``, uWSGI compiled there among them.

    Asks the package index that pip asks on this machine. Raises RuntimeError with pip's words when that fails.
    """
    uwsgi, others = _requirements()
    recipe = f"{base.name} {uwsgi} {others}"
    return kept("wheels", recipe, lambda folder: _make(folder, base, uwsgi, others))


def _requirements() -> tuple[list[str], list[str]]:
    """uWSGI's, which is compiled, and all others of an installation."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = setup["options.extras_require"]
    texts = [
        setup["options"]["install_requires"],
        *(text for name, text in extras.items() if name not in ("all", "test")),
    ]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    wanted = sorted({line for line in lines if line and not line.startswith(("#", "platypush["))})
    uwsgi = [line for line in wanted if line.startswith("uwsgi")]
    return uwsgi, [*_BUILD, *_OF_OLDER_PYTHONS, *(line for line in wanted if line not in uwsgi)]


def _make(folder: Path, base: Path, uwsgi: list[str], others: list[str]) -> None:
    with running_machine((base,), folder.with_name("wheels.machine"), [f"--bind={folder}:{WHEELS}"]) as machine:
        machine.run("python3", "-m", "venv", "/tmp/build")
        target = json.loads(machine.run("/tmp/build/bin/python", "-c", _TAGS).stdout)
        platforms = [word for name in target["platforms"] for word in ("--platform", name)]
        binary = ["--only-binary=:all:", "--implementation=cp", f"--python-version={target['version']}", *platforms]
        _pip_download(folder, *binary, *others)
        _pip_download(folder, "--no-deps", "--no-binary=uwsgi", *uwsgi)
        pip = ["/tmp/build/bin/python", "-m", "pip"]
        machine.run(*pip, "install", *_BUILD, env=PIP)
        machine.run(*pip, "wheel", "--no-deps", f"--wheel-dir={WHEELS}", *uwsgi, env=PIP, seconds=300)
    for archive in folder.glob("*.tar.gz"):
        archive.unlink()
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)


def _pip_download(folder: Path, *arguments: str) -> None:
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", str(folder)]
    done = subprocess.run([*argv, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pip download failed:\n{(done.stdout + done.stderr)[-2000:]}")
