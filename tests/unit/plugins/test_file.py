"""The plugin ``file``."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from platypush.errors import BadRequest, Forbidden, TooLarge
from platypush.plugins.file import FilePlugin
from platypush.plugins.file._places import Places


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    return folder


@pytest.fixture
def plugin(root: Path) -> FilePlugin:
    return FilePlugin(roots=[root], max_size=1000)


def test_a_file_is_written_appended_to_and_read(plugin: FilePlugin, root: Path) -> None:
    plugin.write(str(root / "a.txt"), "one\n")
    plugin.append("a.txt", "two\n")
    assert plugin.read("a.txt").output == "one\ntwo\n"
    assert plugin.getsize("a.txt").output == 8
    plugin.append("new.txt", "x")
    assert (root / "new.txt").read_text() == "x"


def test_binary_content_goes_as_base64(plugin: FilePlugin, root: Path) -> None:
    data = bytes(range(256))
    plugin.write("b", base64.b64encode(data).decode(), binary=True)
    assert (root / "b").read_bytes() == data
    assert base64.b64decode(plugin.read("b", binary=True).output) == data
    with pytest.raises(BadRequest, match="not UTF-8 text"):
        plugin.read("b")
    with pytest.raises(BadRequest, match="not Base64"):
        plugin.write("b", "?", binary=True)


def test_writing_keeps_the_permissions_and_leaves_nothing_else_behind(plugin: FilePlugin, root: Path) -> None:
    (root / "a").write_text("old")
    (root / "a").chmod(0o640)
    plugin.write("a", "new")
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o640
    assert os.listdir(root) == ["a"]


def test_a_write_that_fails_leaves_the_old_content(
    plugin: FilePlugin, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a").write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        plugin.write("a", "new")
    assert (root / "a").read_text() == "old"
    assert os.listdir(root) == ["a"]


def test_sizes_are_limited(plugin: FilePlugin, root: Path) -> None:
    (root / "big").write_bytes(b"x" * 1001)
    with pytest.raises(TooLarge, match="1000 bytes"):
        plugin.read("big")
    with pytest.raises(TooLarge, match="has 1001 bytes"):
        plugin.write("a", "x" * 1001)


OUTSIDE: list[tuple[str, tuple[Any, ...]]] = [
    ("read", ()),
    ("write", ("x",)),
    ("append", ("x",)),
    ("getsize", ()),
    ("exists", ()),
    ("info", ()),
    ("list", ()),
    ("unlink", ()),
    ("mkdir", ()),
    ("rmdir", ()),
    ("touch", ()),
    ("chmod", ("600",)),
    ("copy", ("here",)),
    ("move", ("here",)),
]


@pytest.mark.parametrize(("name", "more"), OUTSIDE)
@pytest.mark.parametrize(
    "path", ["/etc/hostname", "../secret", "inside/../../secret", "{root}/../secret", "out/secret"]
)
def test_nothing_outside_of_the_roots_is_reached(
    plugin: FilePlugin, root: Path, name: str, more: tuple[Any, ...], path: str
) -> None:
    (root / "inside").mkdir()
    (root / "out").symlink_to(root.parent)
    with pytest.raises(Forbidden, match="outside of the folders"):
        getattr(plugin, name)(path.format(root=root), *more)
    assert (root.parent / "secret").read_text() == "secret"


@pytest.mark.parametrize("name", ["read", "write", "append", "getsize", "chmod", "touch", "copy"])
def test_a_link_that_leads_outside_is_not_followed(plugin: FilePlugin, root: Path, name: str) -> None:
    (root / "link").symlink_to(root.parent / "secret")
    more = {"write": ("x",), "append": ("x",), "chmod": ("600",), "copy": ("here",)}.get(name, ())
    with pytest.raises(Forbidden):
        getattr(plugin, name)("link", *more)
    (root / "a").write_text("a")
    with pytest.raises(Forbidden):
        plugin.copy("a", "link")
    assert (root.parent / "secret").read_text() == "secret"


def test_a_link_itself_can_be_removed_moved_and_described(plugin: FilePlugin, root: Path) -> None:
    (root / "link").symlink_to(root.parent / "secret")
    assert plugin.info("link").output["type"] == "symlink"
    plugin.move("link", "other")
    plugin.unlink("other")
    assert os.listdir(root) == []
    assert (root.parent / "secret").exists()


def test_a_link_inside_is_followed_and_stays_a_link(plugin: FilePlugin, root: Path) -> None:
    (root / "real").write_text("x")
    (root / "link").symlink_to("real")
    plugin.write("link", "y")
    assert (root / "real").read_text() == "y"
    assert (root / "link").is_symlink()


def test_a_folder_that_becomes_a_link_after_the_check_is_not_followed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "folder").mkdir()
    (root.parent / "target").mkdir()
    resolve = Places._resolve

    def and_swap(self: Places, path: str, *, follow: bool) -> tuple[Path, Path]:
        result = resolve(self, path, follow=follow)
        (root / "folder").rmdir()
        (root / "folder").symlink_to(root.parent / "target")
        return result

    monkeypatch.setattr(Places, "_resolve", and_swap)
    with pytest.raises((Forbidden, NotADirectoryError)):
        FilePlugin(roots=[root]).write("folder/a", "x")
    assert os.listdir(root.parent / "target") == []


def test_a_file_that_becomes_a_link_after_the_check_is_not_followed(
    plugin: FilePlugin, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a").symlink_to(root.parent / "secret")
    monkeypatch.setattr(Places, "_resolve", lambda self, path, follow: (root / "a", root))
    with pytest.raises((Forbidden, BadRequest)):
        plugin.read("a")
    with pytest.raises((Forbidden, BadRequest)):
        plugin.append("a", "x")
    assert (root.parent / "secret").read_text() == "secret"


def test_a_pipe_or_a_folder_is_no_file_and_nothing_waits_for_it(plugin: FilePlugin, root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    for name in ("pipe", "folder"):
        for call in (plugin.read, lambda path: plugin.write(path, "x"), lambda path: plugin.append(path, "x")):
            with pytest.raises(BadRequest, match="no regular file"):
                call(name)


def test_folders_are_made_listed_and_removed(plugin: FilePlugin, root: Path) -> None:
    plugin.mkdir("a/b/c")
    plugin.mkdir("a/b/c")
    with pytest.raises(FileExistsError):
        plugin.mkdir("a", exist_ok=False)
    with pytest.raises(FileNotFoundError):
        plugin.mkdir("x/y", parents=False)
    (root / "f").write_text("12")
    (root / ".hidden").write_text("")
    assert [entry["name"] for entry in plugin.list().output] == ["a", "f"]
    assert [entry["name"] for entry in plugin.list(hidden=True).output] == ["a", ".hidden", "f"]
    assert len(plugin.list(hidden=True, limit=1).output) == 1
    entry = plugin.list().output[1]
    assert (entry["type"], entry["size"], entry["path"]) == ("file", 2, str(root / "f"))
    with pytest.raises(FileExistsError):
        plugin.mkdir("f")
    with pytest.raises(OSError, match="not empty"):
        plugin.rmdir("a/b")
    plugin.rmdir("a/b/c")
    assert plugin.exists("a/b").output is True
    assert plugin.exists("a/b/c").output is False
    assert plugin.exists("f/x").output is False


def test_copy_and_move_take_a_file_or_a_folder_as_target(plugin: FilePlugin, root: Path) -> None:
    plugin.mkdir("folder")
    plugin.write("a", "x")
    (root / "a").chmod(0o600)
    assert plugin.copy("a", "folder").output == str(root / "folder" / "a")
    assert plugin.copy("a", "b").output == str(root / "b")
    assert stat.S_IMODE((root / "b").stat().st_mode) == 0o600
    assert plugin.move("b", "folder/c").output == str(root / "folder" / "c")
    assert sorted(os.listdir(root / "folder")) == ["a", "c"]
    with pytest.raises(BadRequest, match="same file"):
        plugin.copy("a", "a")
    with pytest.raises(FileNotFoundError, match="missing"):
        plugin.copy("missing", "x")


def test_permissions_and_time_can_be_set(plugin: FilePlugin, root: Path) -> None:
    plugin.touch("a")
    os.utime(root / "a", (1, 1))
    plugin.touch("a")
    assert (root / "a").stat().st_mtime > 1
    plugin.chmod("a", "600")
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o600
    for mode in ("rw", "8", "-1", "77777"):
        with pytest.raises(BadRequest, match="is no mode"):
            plugin.chmod("a", mode)


def test_without_roots_everything_is_reached_and_relative_paths_are_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    plugin = FilePlugin()
    plugin.write("a", "x")
    assert plugin.read("~/a").output == "x"
    assert plugin.read(str(tmp_path / "a")).output == "x"
    assert "etc" in [entry["name"] for entry in plugin.list("/").output]


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_is_no_path_is_refused(plugin: FilePlugin, path: str) -> None:
    with pytest.raises(BadRequest):
        plugin.read(path)


def test_no_descriptor_is_left_open(plugin: FilePlugin, root: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    plugin.mkdir("a/b")
    plugin.write("a/b/c", "x")
    plugin.copy("a/b/c", "a")
    plugin.list("a")
    for path in ("missing/x", "../secret", "a"):
        with pytest.raises((OSError, Forbidden, BadRequest)):
            plugin.read(path)
    assert len(os.listdir("/proc/self/fd")) == before
