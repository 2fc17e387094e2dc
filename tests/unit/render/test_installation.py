"""What the installer wrote down is read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from platypush.errors import ConfigurationError
from platypush.render.installation import Installation, parse_assignments, read_installation


def test_assignments_for_the_shell_are_read_with_quotes_and_comments() -> None:
    text = "# made by deploy/install\nDOMAIN=hub.example\nLISTEN='0.0.0.0:8008' # all\nTLS=\"/a b/c.pem,/k\"\n\n"
    assert parse_assignments(text) == {"DOMAIN": "hub.example", "LISTEN": "0.0.0.0:8008", "TLS": "/a b/c.pem,/k"}


@pytest.mark.parametrize("line", ["rm -rf /", "A=1 B=2", "1A=2", "echo"])
def test_a_line_that_is_no_assignment_is_refused_and_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no assignment"):
        parse_assignments(f"A=1\n{line}\n")


def test_a_machine_without_the_file_has_no_installation(tmp_path: Path) -> None:
    assert read_installation(tmp_path / "install.env") is None


def test_a_file_that_cannot_be_used_says_what_it_should_hold(tmp_path: Path) -> None:
    path = tmp_path / "install.env"
    path.write_text("nonsense here\n")
    with pytest.raises(ConfigurationError, match="shell assignments only"):
        read_installation(path)


@pytest.mark.parametrize(
    ("value", "there"), [("yes", True), ("1", True), ("no", False), ("0", False), ("false", False)]
)
def test_nginx_is_in_front_unless_it_was_refused(value: str, there: bool) -> None:
    assert Installation({"NGINX": value}).nginx is there


def test_what_is_not_written_has_its_default() -> None:
    nothing = Installation()
    assert (nothing.domain, nothing.tls, nothing.listen, nothing.nginx) == (None, "selfsigned", None, True)
