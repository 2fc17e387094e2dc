"""nginx's site as text. What nginx makes of it is looked at in tests/nginx."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from platypush.backend.http.app import headers
from platypush.cli.render_nginx import read_originals, site_of
from platypush.config.loader import load
from platypush.config.model import Limits
from platypush.errors import ConfigurationError
from platypush.media.files import folder_key
from platypush.render import nginx
from platypush.render.installation import Installation
from platypush.render.nginx import Site, render_nginx
from platypush.render.nginx_resources import LONGEST_KEY, locations, unservable
from platypush.render.nginx_text import quoted, quoted_value
from platypush.render.nginx_version import parse

SITE = "/etc/nginx/sites-available/platypush.conf"
TLS = "/etc/nginx/snippets/platypush-tls.conf"
HTTP = "/etc/nginx/conf.d/platypush.conf"


def rendered(**values: Any) -> dict[str, str]:
    """The files of a site with these values."""
    fixed: dict[str, Any] = {"static": Path("/static"), "pages": Path("/pages"), "names": ("hub.test",)}
    return render_nginx(Site(**{**fixed, **values}), read_originals())


@pytest.mark.parametrize(
    ("text", "word", "value"),
    [
        ("plain", '"plain"', '"plain"'),
        ("two words", '"two words"', '"two words"'),
        ('a"b', '"a\\"b"', '"a\\"b"'),
        ("a\\b", '"a\\\\b"', '"a\\\\b"'),
        ("a\\", '"a\\\\"', '"a\\\\"'),
        ("it's; {#}", '"it\'s; {#}"', '"it\'s; {#}"'),
        ("a\nb", '"a\nb"', '"a\nb"'),
        ("$host", '"$host"', '"${platypush_dollar}host"'),
        ("", '""', '""'),
    ],
)
def test_a_word_means_itself(text: str, word: str, value: str) -> None:
    assert quoted(text) == word
    assert quoted_value(text) == value


def test_a_zero_byte_cannot_be_written() -> None:
    with pytest.raises(ConfigurationError, match="zero byte"):
        quoted("a\0b")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("nginx version: nginx/1.22.1\n", (1, 22, 1)),
        ("nginx version: nginx/1.26.3 (Ubuntu)", (1, 26, 3)),
        ("1.9.0", (1, 9, 0)),
    ],
)
def test_versions_are_read(text: str, version: tuple[int, int, int]) -> None:
    assert parse(text) == version


def test_without_a_websocket_nobody_waits_for_one(tmp_path: Path) -> None:
    with_it, without = (
        render_nginx(
            site_of(config_with(tmp_path, f"backend.http: {{disable_websocket: {no}}}\n"), None), read_originals()
        )
        for no in ("false", "true")
    )
    assert "location ^~ /ws/" in with_it[SITE]
    assert "/ws/" not in without[SITE]


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="names no version"):
        parse("latest")


def test_http_2_is_written_as_the_version_understands_it() -> None:
    old, new = rendered(version=(1, 25, 0))[SITE], rendered(version=(1, 25, 1))[SITE]
    assert "listen 443 ssl http2;" in old
    assert "http2 on;" not in old
    assert "listen 443 ssl;" in new
    assert "http2 on;" in new


def test_unknown_names_are_refused_without_a_certificate_where_nginx_can() -> None:
    assert "ssl_reject_handshake on;" in rendered(version=(1, 19, 4))[SITE]
    assert "ssl_reject_handshake" not in rendered(version=(1, 18, 0))[SITE]


def test_without_names_every_host_is_served_and_without_being_the_default_site_none_is_refused() -> None:
    for values in ({"names": ()}, {"default_server": False}, {"names": (), "default_server": False}):
        assert "return 444" not in rendered(**values)[SITE]
    assert "listen 443 ssl http2 default_server;" in rendered(names=())[SITE]
    assert "default_server" not in rendered(default_server=False)[SITE]


def test_hsts_is_for_those_who_ask_for_it_and_have_https() -> None:
    def mentions(**values: Any) -> int:
        return sum(text.count("Strict-Transport-Security") for text in rendered(**values).values())

    assert mentions() == mentions(hsts=True, https=()) == 0
    assert mentions(hsts=True) == 2


def test_limits_are_those_of_the_configuration() -> None:
    text = rendered(request_body=1_000_000)[SITE]
    assert "client_max_body_size 977k;" in text
    assert "uwsgi_read_timeout 80s;" in rendered(read_timeout=80)["/etc/nginx/snippets/platypush-uwsgi.conf"]


def test_proxies_are_believed_by_their_addresses_and_a_unix_socket_is_nginx_itself() -> None:
    files = rendered(trusted_proxies=("10.0.0.0/8", "unix", "::1"))
    assert "set_real_ip_from 10.0.0.0/8;" in files[SITE]
    assert "set_real_ip_from ::1/128;" in files[SITE]
    assert "unix 1;" not in files[HTTP]
    assert "real_ip" not in rendered(trusted_proxies=("unix",))[SITE]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"names": ("hub.test; return 200",)}, "no host name"),
        ({"names": ("a b",)}, "no host name"),
        ({"names": ("-a",)}, "no host name"),
        ({"http": ("80; evil",)}, "nothing to listen on"),
        ({"https": ("99999",)}, "nothing to listen on"),
        ({"trusted_proxies": ("localhost",)}, "no address"),
    ],
)
def test_what_nginx_would_take_for_something_else_is_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        rendered(**values)


def test_names_of_all_kinds_are_taken() -> None:
    text = rendered(names=("hub.example.org", "192.0.2.1", "[2001:db8::1]", "hub_2.local", "localhost"))[SITE]
    assert "server_name hub.example.org 192.0.2.1 [2001:db8::1] hub_2.local localhost;" in text


def test_directories_come_with_the_longest_name_first_and_tell_whether_they_are_nested() -> None:
    folders = {"a": Path("/a"), "a/b": Path("/b/"), "ab": Path("/"), "é" * LONGEST_KEY: Path("/e")}
    assert [(one.key, one.folder, one.nested) for one in locations(folders)] == [
        ("a/b", "/b", True),
        ("ab", "", False),
        ("a", "/a", False),
    ]
    assert unservable(folders) == ("é" * 40,)


def test_the_policies_are_the_applications() -> None:
    assert (nginx.CSP_DATA, nginx.CSP_PAGE, nginx.CSP_FOREIGN) == (
        headers.CSP_DATA,
        headers.CSP_PAGE,
        headers.CSP_FOREIGN,
    )


@pytest.mark.parametrize(
    ("name", "for_ever"),
    [
        ("index-Dk3_x9aB.js", True),
        ("index-aaaaaaa1.css", True),
        ("deep/er/index.1a2b3c4d.woff2", True),
        ("index-Dk3_x9aB.js.map", True),
        ("app.js", False),
        ("my-settings.js", False),
        ("my-component.js", False),
        ("index-12345678.html/../app.js", False),
    ],
)
def test_only_names_with_a_hash_stay_in_the_browser_for_ever(name: str, for_ever: bool) -> None:
    pattern = re.search(r'"~(\S+)"\s+"public, max-age=31536000, immutable"', rendered()[HTTP])
    assert pattern is not None
    assert bool(re.search(pattern[1], f"/assets/{name}")) == for_ever


def test_every_original_is_rendered_and_no_placeholder_is_left() -> None:
    files = rendered(resource_dirs={"{{ x }}": Path("/{% y %}")})
    assert len(files) == len(nginx.ORIGINALS)
    assert 'alias "/{% y %}/";' in files["/etc/nginx/snippets/platypush-resources.conf"]
    others = [text for name, text in files.items() if "resources" not in name]
    assert not [text for text in others if "{{" in text or "{%" in text]


def test_folders_of_media_have_internal_locations_that_the_application_knows_by_name(tmp_path: Path) -> None:
    text = "media:\n  media_dirs: [/films, '/a \"b\" $c/']\n"
    site = site_of(config_with(tmp_path, text), None)
    assert site.media_dirs == (Path("/films"), Path('/a "b" $c'))
    shown = render_nginx(site, read_originals())["/etc/nginx/snippets/platypush-media.conf"]
    keys = [folder_key(folder) for folder in site.media_dirs]
    for key, folder in zip(keys, ('"/films/"', '"/a \\"b\\" ${platypush_dollar}c/"'), strict=True):
        assert f"location ^~ /_media/{key}/ {{\n" in shown
        assert f"    alias {folder};" in shown
    assert f'uwsgi_param PLATYPUSH_MEDIA "{" ".join(sorted(keys))}";' in shown
    assert shown.count("    internal;\n") == 2


def test_without_folders_of_media_nginx_sends_none() -> None:
    assert "location" not in rendered()["/etc/nginx/snippets/platypush-media.conf"]


def config_with(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return load(path, workdir=tmp_path / "work", environ={"HOME": str(tmp_path)})


def test_a_site_is_made_of_the_configuration_and_of_what_the_installer_was_told(tmp_path: Path) -> None:
    config = config_with(tmp_path, "backend.http:\n  resource_dirs: {photos: /mnt/photos}\n  trusted_proxies: unix\n")
    told = Installation(
        {"DOMAIN": "hub.test www.hub.test", "TLS": "/c.pem,/k.pem", "HSTS": "yes", "DEFAULT_SERVER": "no"}
    )
    site = site_of(config, told)
    assert site.names == ("hub.test", "www.hub.test")
    assert (site.certificate, site.key) == (Path("/c.pem"), Path("/k.pem"))
    assert (site.hsts, site.default_server) == (True, False)
    assert site.resource_dirs == {"photos": Path("/mnt/photos")}
    assert site.request_body == Limits().request_body
    assert site.static.is_dir()
    assert (site.pages / "unavailable.html").is_file()


def test_without_an_installer_the_site_has_its_usual_places(tmp_path: Path) -> None:
    site = site_of(config_with(tmp_path, "device_id: x\n"), None)
    assert (site.names, site.certificate) == ((), Path("/etc/platypush/tls/cert.pem"))
    assert site.https[0] == "443"
    assert site_of(config_with(tmp_path, "device_id: x\n"), Installation({"TLS": "none"})).https == ()


def test_a_certificate_of_lets_encrypt_is_taken_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Installation({"DOMAIN": "hub.test", "TLS": "letsencrypt"})
    monkeypatch.setattr("platypush.cli.render_nginx._LETSENCRYPT", tmp_path / "live")
    config = config_with(tmp_path, "device_id: x\n")
    assert site_of(config, told).certificate == Path("/etc/platypush/tls/cert.pem")
    (tmp_path / "live" / "hub.test").mkdir(parents=True)
    assert site_of(config, told).certificate == tmp_path / "live" / "hub.test" / "fullchain.pem"
