"""System packages: root gets them through apt, others are told the one command."""

from __future__ import annotations

import subprocess

import pytest

from tests.deploy.conftest import Checkout

COMPILER = "gcc libc6-dev libssl-dev libpcre2-dev"
HEADERS_ONLY = "read -r line; [[ $line == *stdlib* ]]"
APT = "apt-get -q -o DPkg::Lock::Timeout=300"


def commands(result: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines that are there to be typed."""
    return [line.strip() for line in result.stderr.splitlines() if line.startswith("    ")]


@pytest.fixture
def roots(checkout: Checkout) -> Checkout:
    """A checkout that root starts, without a compiler."""
    checkout.program("id", "echo 0")
    checkout.without("cc")
    return checkout


def test_an_ordinary_user_is_told_one_command_for_all_that_is_missing(checkout: Checkout) -> None:
    checkout.without("cc")
    result = checkout.run(KIND="packaged 3.12")
    assert result.returncode == 1
    packages = f"python3.12 python3.12-venv python3.12-dev {COMPILER}"
    assert commands(result) == [f"sudo apt-get update && sudo apt-get install -y {packages}"]
    assert checkout.calls == []


def test_without_sudo_the_command_asks_for_the_password_of_root(checkout: Checkout) -> None:
    checkout.without("cc", "sudo")
    assert commands(checkout.run()) == [f"su -c 'apt-get update && apt-get install -y {COMPILER}'"]


def test_without_apt_the_needs_are_named(checkout: Checkout) -> None:
    checkout.without("cc", "apt-get")
    result = checkout.run()
    assert result.returncode == 1
    assert commands(result) == [f"install, with this system's package manager, what Debian calls {COMPILER}"]


def test_without_useful_headers_it_goes_on_and_says_what_is_lost(checkout: Checkout) -> None:
    checkout.program("cc", HEADERS_ONLY)
    result = checkout.run()
    assert result.stdout == "hub: run\n"
    assert "Going on without libssl-dev libpcre2-dev" in result.stderr
    assert "sudo apt-get install -y libssl-dev libpcre2-dev" in result.stderr


@pytest.mark.parametrize(("offered", "version"), [("python3.13", "3.13"), ("python3.11", "3.11"), ("nothing", "3")])
def test_where_there_is_no_python_the_newest_that_apt_offers_is_asked_for(
    checkout: Checkout, offered: str, version: str
) -> None:
    checkout.program("apt-cache", f'[ "$2" = {offered} ]')
    result = checkout.run(KIND="")
    assert commands(result)[0].endswith(
        f"install -y python{version} python{version}-venv python{version}-dev libmagic1"
    )


@pytest.mark.parametrize("name", ["python-that-is-not-there", "python3"])
def test_a_named_python_that_does_not_do_is_refused(checkout: Checkout, name: str) -> None:
    result = checkout.run(KIND="incomplete", PLATYPUSH_PYTHON=name)
    assert result.returncode == 1
    assert f"PLATYPUSH_PYTHON={name} is no Python 3.11 or newer" in result.stderr
    assert checkout.calls == []


def test_root_gets_exactly_what_is_missing(roots: Checkout) -> None:
    result = roots.run()
    assert result.stdout == "hub: run\n"
    assert roots.calls[:2] == [f"{APT} update", f"{APT} install -y --no-install-recommends {COMPILER}"]


def test_an_interrupted_installation_of_packages_is_finished_first(roots: Checkout) -> None:
    roots.program("dpkg", 'echo "dpkg $*" >>"$CALLS"; [ "$1" != --audit ] || echo "half configured"')
    roots.run()
    assert roots.calls[:3] == ["dpkg --audit", "dpkg --configure -a", f"{APT} update"]


def test_lists_that_cannot_be_updated_do_not_stop_it(roots: Checkout) -> None:
    roots.program("apt-get", '[[ "$*" != *update ]]')
    result = roots.run()
    assert result.stdout == "hub: run\n"
    assert "apt-get update failed" in result.stderr


def test_packages_that_cannot_be_installed_stop_it_with_what_apt_said(roots: Checkout) -> None:
    roots.program("apt-get", 'echo "E: no such package"; false')
    result = roots.run()
    assert result.returncode == 1
    assert "E: no such package" in result.stderr
    assert result.stderr.rstrip().endswith("the lines above say why.")


def test_programs_of_the_tests_are_asked_for_too_even_after_the_setup(checkout: Checkout) -> None:
    checkout.run(script="test")
    checkout.without("espeak-ng")
    assert commands(checkout.run(script="test")) == ["sudo apt-get update && sudo apt-get install -y espeak-ng"]
    assert checkout.run().stdout == "hub: run\n"


def test_root_gets_the_packages_of_programs_that_are_named_otherwise(roots: Checkout) -> None:
    roots.program("cc")
    roots.run(script="test")
    words = next(call for call in roots.calls if " install " in call).split()
    assert "systemd-container" in words
    assert not [word for word in words if "nspawn" in word]
