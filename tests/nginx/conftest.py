"""One hub with nginx in front for all tests that leave both as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.running.hub import Hub
from tests.running.nginx import Front, running_front

PHOTO = bytes(range(256)) * 40

HOOKS = """
from platypush.event.hook import hook
from platypush.message.event.http.hook import WebhookEvent

@hook(WebhookEvent, hook='echo')
def echo(event, **context):
    return {'method': event.method, 'args': event.args, 'headers': dict(event.headers)}, 201, {'X-Own': 'yes'}

@hook(WebhookEvent, hook='accel')
def accel(event, **context):
    return 'from the hook', 200, {
        'X-Accel-Redirect': '/_resources/photos/a.bin', 'X-Accel-Expires': '60', 'X-Accel-Limit-Rate': '1',
        'X-Accel-Buffering': 'no',
    }
"""


@dataclass(frozen=True)
class Place:
    """A hub, nginx in front of it, and the folder that both serve files from."""

    hub: Hub
    front: Front
    photos: Path

    def bearer(self, token: str) -> dict[str, str]:
        """The header for a token."""
        return {"Authorization": f"Bearer {token}"}


def fill(folder: Path) -> Path:
    """Files to be served from ``folder/photos``, and others that must never be."""
    photos = folder / "photos"
    (photos / "sub folder").mkdir(parents=True)
    (photos / "a.bin").write_bytes(PHOTO)
    (photos / "sub folder" / "ü 100%.txt").write_text("text")
    (photos / "page.html").write_text("<script>x</script>")
    (photos / "drawing.svg").write_text("<svg/>")
    (photos / "sub folder" / "index.html").write_text("index")
    (photos / "inside.txt").symlink_to("a.bin")
    (folder / "outside.txt").write_text("secret")
    (photos / "link.txt").symlink_to(folder / "outside.txt")
    (photos / "up").symlink_to("..")
    (photos / "loop").symlink_to("loop")
    (folder / "photos-private").mkdir()
    (folder / "photos-private" / "x.txt").write_text("secret")
    (folder / "videos").mkdir()
    (folder / "videos" / "v.mp4").write_bytes(b"video" * 1000)
    return photos


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("front")
    photos = fill(folder / "files")
    http = f"  resource_dirs:\n    photos: {photos}\n    videos: {photos.parent / 'videos'}\n"
    with running_front(folder, http=http, scripts={"hooks.py": HOOKS}) as (hub, front):
        yield Place(hub, front, photos)
