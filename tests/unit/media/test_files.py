"""Files below the configured folders, and no others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from platypush.errors import Forbidden, NotFound
from platypush.media.files import Place, find, folder_key, open_file, read_file, subtitles_beside, walk


@pytest.fixture
def films(tmp_path: Path) -> Path:
    films = tmp_path / "films"
    (films / "inner").mkdir(parents=True)
    (films / "a.mp4").write_bytes(b"film")
    (films / "inner" / "b.mkv").write_bytes(b"other")
    (films / "inside.mp4").symlink_to("a.mp4")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (films / "outside.mp4").symlink_to(tmp_path / "secret.mp4")
    (films / "up").symlink_to("..")
    (films / "loop").symlink_to("loop")
    (tmp_path / "films-private").mkdir()
    (tmp_path / "films-private" / "x.mp4").write_bytes(b"secret")
    os.mkfifo(films / "pipe.mp4")
    return films


def test_a_file_inside_is_found_by_any_path_that_leads_there(films: Path) -> None:
    real = films.resolve() / "a.mp4"
    for path in ("a.mp4", "inner/../a.mp4", "./a.mp4", "inside.mp4", "up/films/a.mp4"):
        place = find(f"{films}/{path}", [films])
        assert place == Place(films, films.resolve(), real)
        assert read_file(place, 100) == b"film"
    assert find(f"{films}/inner/b.mkv", [films]).relative == Path("inner/b.mkv")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.mp4",
        "outside.mp4",
        "up/secret.mp4",
        "../films-private/x.mp4",
        "",
        ".",
        "..",
        "a\0.mp4",
        "inner/../..",
    ],
)
def test_whatever_leads_out_is_refused(films: Path, path: str) -> None:
    with pytest.raises(Forbidden, match="media_dirs"):
        find(f"{films}/{path}", [films])


def test_without_folders_everything_is_refused(films: Path) -> None:
    with pytest.raises(Forbidden):
        find(f"{films}/a.mp4", [])


def test_what_is_there_outside_and_what_is_not_are_refused_in_the_same_words(films: Path) -> None:
    texts = []
    for name in ("secret.mp4", "absent.mp4"):
        with pytest.raises(Forbidden) as caught:
            find(str(films.parent / name), [films])
        texts.append(str(caught.value).replace(name, ""))
    assert texts[0] == texts[1]


def test_a_folder_that_is_a_link_itself_works(films: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(films)
    place = find(f"{tmp_path}/linked/a.mp4", [tmp_path / "linked"])
    assert (place.folder, read_file(place, 2)) == (tmp_path / "linked", b"fi")


@pytest.mark.parametrize("name", ["absent.mp4", "inner", "pipe.mp4", "loop", "a.mp4/x", "x" * 300])
def test_only_a_regular_file_is_opened(films: Path, name: str) -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(NotFound):
        open_file(find(f"{films}/{name}", [films]))
    assert os.listdir("/proc/self/fd") == before


def test_a_link_that_is_put_in_the_way_meanwhile_is_not_followed(films: Path, tmp_path: Path) -> None:
    place, inner = find(f"{films}/a.mp4", [films]), find(f"{films}/inner/b.mkv", [films])
    (films / "a.mp4").unlink()
    (films / "a.mp4").symlink_to(tmp_path / "secret.mp4")
    (films / "inner").rename(films / "moved")
    (films / "inner").symlink_to(films / "moved")
    for changed in (place, inner):
        with pytest.raises(NotFound):
            open_file(changed)


def test_subtitles_lie_beside_a_film_under_its_name(films: Path) -> None:
    place = find(f"{films}/a.mp4", [films])
    assert subtitles_beside(place) is None
    for name in ("b.srt", "a.txt", "ab.srt", "a.mp4.nfo"):
        (films / name).touch()
    assert subtitles_beside(place) is None
    for name in ("a.en.srt", "a.EN.vtt", "A.SRT", "a.vtt"):
        (films / name).touch()
        found = subtitles_beside(place)
        assert found is not None
        # Each of these counts before those that were there.
        assert found.name == name
    (films / "a.vtt").unlink()
    (films / "a.vtt").mkdir()
    assert subtitles_beside(place) == films / "A.SRT"


def test_no_subtitles_lie_in_a_folder_that_is_gone(films: Path) -> None:
    assert subtitles_beside(Place(films, films, films / "gone" / "a.mp4")) is None


def test_media_are_found_in_the_order_of_their_names(films: Path, tmp_path: Path) -> None:
    for name in (".hidden.mp4", "text.txt", "c.MP3"):
        (films / name).touch()
    (films / ".private").mkdir()
    (films / ".private" / "d.mp4").touch()
    (films / os.fsdecode(b"\xff.mp4")).touch()
    more = tmp_path / "more"
    more.mkdir()
    (more / "z.png").touch()
    names = [str(place.relative) for place in walk([films, more, tmp_path / "absent"], 1000)]
    assert names == ["a.mp4", "c.MP3", "pipe.mp4", "inner/b.mkv", "z.png"]
    assert len(list(walk([films, more], 3))) < 3


def test_a_folder_has_a_short_name_of_its_own() -> None:
    keys = {folder_key(Path(path)) for path in ("/a", "/b", "/ü", os.fsdecode(b"/\xff"))}
    assert len(keys) == 4
    assert all(len(key) == 16 and key.isalnum() for key in keys)
