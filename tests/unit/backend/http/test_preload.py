"""What uWSGI's master loads before it forks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from platypush.user.service import UserSettings, open_users

LOADING = """
import sys, threading
import platypush.backend.http.preload
from platypush.backend.http.app import application
assert threading.active_count() == 1
assert vars(application)["_app"] is None
master = set(sys.modules)
"""
BUILDING = """
import io, pathlib
from platypush.backend.http.app.build import open_bus, open_user_store
from platypush.backend.http.app.factory import create_app
from tests.fakes.settings import web_settings
settings = web_settings(pathlib.Path(sys.argv[1]), global_token="secret")
app = create_app(settings, open_bus(settings), open_user_store(settings))
answers = []
environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/login", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO()}
app.wsgi_app(environ, lambda status, headers: answers.append(status))
assert answers == ["200 OK"], answers
print(*sorted(set(sys.modules) - master))
"""


def run(code: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def test_it_starts_no_thread_and_builds_no_application() -> None:
    run(LOADING)


def test_a_worker_loads_nothing_more_than_routes_that_somebody_may_have_changed(tmp_path: Path) -> None:
    users = open_users(UserSettings(url=f"sqlite:///{tmp_path}/main.db", workdir=tmp_path), migrate=True)
    users.accounts.create_first("owner", "owner-password")
    users.close()
    later = run(LOADING + BUILDING, str(tmp_path)).split()
    foreign = [name for name in later if name.partition(".")[0] not in {*sys.stdlib_module_names, "tests"}]
    assert [name for name in foreign if not name.startswith("platypush.backend.http.app.routes.plugins")] == []
