"""Who may import whom: the folder tree is the architecture, and these rules keep it one."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "platypush"

CORE = {
    "_lib",
    "errors",
    "message",
    "config",
    "bus",
    "user",
    "process",
    "event.matching",
    "outgoing",
    "dashboards",
    "streams",
    "media",
}
MIDDLE = {"plugins", "backend", "event", "procedure", "cron", "context", "dispatch", "utils"}

# The first rule whose prefix fits a module counts. A name stands for itself and for what is below it; ``=name`` for the
# package's own front only.
RULES: list[tuple[str, set[str]]] = [
    ("_lib", {"_lib"}),
    ("errors", set()),
    # Prints what a worker needs, so it sees both sides of the configuration; nobody imports it.
    ("message", {"_lib", "errors", "message"}),
    ("config", {"_lib", "errors", "config"}),
    ("bus", {"_lib", "errors", "message", "config.model", "outgoing.redis", "bus"}),
    ("user", {"_lib", "errors", "message", "user"}),
    ("process", {"_lib", "errors", "process"}),
    ("dashboards", {"_lib", "errors", "dashboards"}),
    ("outgoing", {"_lib", "errors", "message", "outgoing"}),
    # Shared by the web workers and the plugin of the same name.
    ("media", {"_lib", "errors", "config.model", "outgoing.connect", "outgoing.hosts", "user", "media"}),
    # The bus's socket and errors, for what the bus cannot carry.
    ("streams", {"_lib", "errors", "message", "bus", "streams"}),
    ("event.matching", {"_lib", "errors", "message", "event.matching"}),
    (
        "backend.http.app.routes",
        {
            "=__init__",
            "_lib",
            "errors",
            "message",
            "context",
            "user",
            "media",
            "dashboards",
            "config.web",
            "backend.http.app",
        },
    ),
    (
        "backend.http.app",
        {
            "=__init__",
            "_lib",
            "errors",
            "message",
            "bus",
            "user",
            "media",
            "dashboards",
            "config.model",
            "config.web",
            "context",
            "streams",
            "backend.http.app",
        },
    ),
    ("backend.http.uwsgi", {"backend.http.app", "backend.http._gevent_worker"}),
    ("backend.http.preload", {"backend.http.app", "backend.http._gevent_worker", "media"}),
    # The two programs that a child process runs; nothing imports them.
    ("backend.http.builtin", CORE | {"backend.http", "backend.http.app"}),
    ("backend.http.preflight", CORE | {"backend.http", "backend.http.app"}),
    ("backend.http", CORE | MIDDLE | {"backend.http"}),
    # The same websocket server on a port of its own.
    ("backend.websocket", CORE | MIDDLE | {"backend.http"}),
    ("backend", CORE | MIDDLE),
    ("plugins", CORE | MIDDLE | {"=__init__"}),
    ("event", CORE | MIDDLE),
    ("procedure", CORE | MIDDLE),
    ("cron", CORE | MIDDLE),
    ("utils", CORE | MIDDLE),
    ("context", {"_lib", "errors", "message"}),
    ("dispatch", CORE | MIDDLE),
]
# "render" and "doctor" look at the whole installation, so they see everything; the command line is their only caller.
TOP = {"backup", "importing", "cli", "daemon", "scripts", "__main__", "runtime", "render", "doctor"}
CHILD_PROGRAMS = {
    "__main__",
    "backend.http.builtin",
    "backend.http.preflight",
    "backend.http.preload",
    "backend.http.uwsgi",
    "config.export",
}


def modules() -> dict[str, Path]:
    """Every module of the package, by its dotted name below ``platypush``."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        if "webapp" in path.parts or "versions" in path.parts:
            continue
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name or "__init__"] = path
    return found


MODULES = modules()


def imports(tree: ast.AST, *, at_runtime: bool = True) -> Iterator[tuple[str, int, bool]]:
    """The modules of the package that a syntax tree imports: name, line, whether at module level."""

    def walk(node: ast.AST, top: bool) -> Iterator[tuple[str, int, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test) and at_runtime:
                continue
            if isinstance(child, ast.ImportFrom) and child.module and child.module.startswith("platypush"):
                base = child.module.removeprefix("platypush").lstrip(".")
                for alias in child.names:
                    below = f"{base}.{alias.name}".lstrip(".")
                    yield (below if below in MODULES else base or "__init__", child.lineno, top)
            elif isinstance(child, ast.Import):
                for alias in child.names:
                    if alias.name.split(".")[0] == "platypush":
                        yield (alias.name.removeprefix("platypush").lstrip(".") or "__init__", child.lineno, top)
            inner = top and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from walk(child, inner)

    yield from walk(tree, True)


def below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def rule_of(name: str) -> set[str] | None:
    return next((allowed for prefix, allowed in RULES if below(name, prefix)), None)


def tree_of(name: str) -> ast.AST:
    return ast.parse(MODULES[name].read_text(), str(MODULES[name]))


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_what_its_layer_may(name: str) -> None:
    if name.split(".")[0] in TOP or name == "__init__":
        return
    allowed = rule_of(name)
    assert allowed is not None, f"platypush.{name} is in no layer: add it to RULES, or put it where it belongs"
    wrong = [
        f"line {line}: platypush.{target}"
        for target, line, _ in imports(tree_of(name))
        if not any(below(target, prefix.removeprefix("=")) for prefix in allowed) and not below(target, name)
    ]
    assert not wrong, f"platypush.{name} may not import {', '.join(wrong)}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nobody_imports_the_top_or_a_child_program(name: str) -> None:
    top_itself = name.split(".")[0] in TOP
    for target, line, _ in imports(tree_of(name)):
        assert target not in CHILD_PROGRAMS, f"platypush.{name}:{line} imports the program platypush.{target}"
        if not top_itself:
            assert target.split(".")[0] not in TOP, f"platypush.{name}:{line} imports platypush.{target}"


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.startswith("plugins.")))
def test_a_plugin_never_imports_another_plugin(name: str) -> None:
    base = {"plugins", "plugins.registry", "plugins.arguments"}
    mine = name.split(".")[1]
    for target, line, _ in imports(tree_of(name)):
        if target.startswith("plugins.") and (PACKAGE / "plugins" / target.split(".")[1]).is_dir():
            assert target.split(".")[1] == mine or target in base, f"{name}:{line} imports {target}"


def test_the_app_is_imported_by_nobody_outside_it() -> None:
    for name in MODULES:
        if below(name, "backend.http.app") or name in CHILD_PROGRAMS:
            continue
        for target, line, _ in imports(tree_of(name)):
            assert not below(target, "backend.http.app"), f"platypush.{name}:{line} imports platypush.{target}"


def test_no_import_of_the_package_hides_in_a_function() -> None:
    hidden = [
        f"platypush.{name}:{line} imports platypush.{target}"
        for name in MODULES
        if name.split(".")[0] != "cli"  # a command imports what it runs, so that the others start fast
        for target, line, top in imports(tree_of(name))
        if not top
    ]
    assert not hidden, "\n".join(hidden)


def test_there_are_no_import_cycles() -> None:
    graph = {name: {t for t, _, top in imports(tree_of(name)) if top and t in MODULES} for name in MODULES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, "cycle: " + " -> ".join((*path[path.index(name) :], name))
        if name in done:
            return
        for target in sorted(graph[name]):
            if target != name:
                visit(target, (*path, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_fits_in_the_head(name: str) -> None:
    assert len(MODULES[name].read_text().splitlines()) <= 400


BARE = [
    "platypush.context",
    "platypush.event.hook",
    "platypush.message.event.http.hook",
    "platypush.plugins",
    "platypush.procedure",
    "platypush.cron",
    "platypush.utils",
]
HEAVY = {"flask", "werkzeug", "redis", "sqlalchemy", "pydantic", "alembic", "gevent", "websockets", "prometheus_client"}


def imported_by(statement: str) -> set[str]:
    """Top-level names of modules that a fresh interpreter has after ``statement``."""
    code = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    # What measures the coverage of processes would import libraries of its own.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    argv = [sys.executable, "-c", code]
    result = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ROOT, env=environ)
    return set(result.stdout.split())


@pytest.mark.parametrize("module", BARE)
def test_what_user_scripts_import_loads_without_the_heavy_libraries(module: str) -> None:
    assert not HEAVY & imported_by(f"import {module}")


def test_a_worker_imports_neither_pydantic_nor_the_orm_nor_migrations() -> None:
    loaded = imported_by("import platypush.backend.http.app.factory")
    assert not {"pydantic", "sqlalchemy.orm", "alembic", "requests", "websockets"} & loaded
    assert not {name for name in loaded if name.startswith(("platypush.plugins.", "platypush.daemon"))}


GUARD = """
import builtins, os, socket, threading
real_open = builtins.open
def guarded(file, mode="r", *args, **kwargs):
    assert not set(mode) & set("wax+") or "__pycache__" in str(file), f"import opens {file} for writing"
    return real_open(file, mode, *args, **kwargs)
builtins.open = guarded
def refuse(*args, **kwargs):
    raise AssertionError("import starts a thread")
import importlib, sys
for library in LIBRARIES:
    importlib.import_module(library)
before = dict(os.environ)
threading.Thread.start = refuse
class NoSocket(socket.socket):
    def __init__(self, *args, **kwargs):
        raise AssertionError("import opens a socket")
socket.socket = NoSocket
for name in NAMES:
    importlib.import_module(name)
assert dict(os.environ) == before, "import writes the environment"
"""


def test_importing_any_module_does_nothing_but_define_it() -> None:
    names = ["platypush" if n == "__init__" else f"platypush.{n}" for n in MODULES if n not in CHILD_PROGRAMS]
    names = [n for n in names if ".migrations." not in n]
    libraries = ["flask", "sqlalchemy", "pydantic", "requests", "websockets", "gevent", "asyncio", "prometheus_client"]
    code = f"NAMES = {names!r}\nLIBRARIES = {libraries!r}\n{GUARD}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr
