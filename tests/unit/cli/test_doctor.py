"""What ``platypush doctor`` prints."""

from __future__ import annotations

from platypush.cli.doctor import render
from platypush.doctor.finding import error, warning


def test_each_finding_has_its_mend_below_it_and_the_sum_comes_last() -> None:
    found = (error("a.b", "It is broken.", "mend it"), warning("c.d", "It is odd."))
    assert list(render(found, sees_all=True)) == [
        "error: It is broken.",
        "    mend it",
        "warning: It is odd.",
        "1 error, 1 warning",
    ]


def test_a_healthy_installation_is_told_what_was_looked_at() -> None:
    (line,) = render((), sees_all=True)
    assert line.startswith("Nothing is wrong. Looked at: hub, ports, site, folders")


def test_who_does_not_see_everything_is_told() -> None:
    assert list(render((), sees_all=False))[-1].endswith("sudo platypush doctor")
