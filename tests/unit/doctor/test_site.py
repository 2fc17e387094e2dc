"""The doctor compares what the configuration renders with what is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from platypush.config.problem import Severity
from platypush.doctor import site
from platypush.doctor.patient import Output, Patient
from tests.unit.doctor.conftest import MakePatient

GOOD = site.SiteFacts((), True, "", None, False)
RESOURCES = Path("/etc/nginx/snippets/platypush-resources.conf")
UNIT = Path("/etc/systemd/system/platypush.service")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (None, []),
        (GOOD, []),
        (replace(GOOD, files=(site.FileState(RESOURCES, True, True),)), ["site.missing"]),
        (replace(GOOD, files=(site.FileState(RESOURCES, False, True),)), ["site.differs"]),
        (replace(GOOD, enabled=False), ["site.disabled"]),
        (replace(GOOD, refusal="unknown directive"), ["site.refused"]),
        (replace(GOOD, newer=RESOURCES), ["site.old"]),
        (replace(GOOD, daemon_reload=True), ["units.old"]),
    ],
)
def test_what_is_not_as_the_configuration_has_it_is_found(facts: site.SiteFacts | None, expected: list[str]) -> None:
    assert [finding.id for finding in site.judge(facts)] == expected


def test_resources_that_differ_are_an_error_and_edited_files_are_worth_a_look() -> None:
    (resources,) = site.judge(replace(GOOD, files=(site.FileState(RESOURCES, False, True),)))
    (unit,) = site.judge(replace(GOOD, files=(site.FileState(UNIT, False, False),)))
    assert (resources.severity, unit.severity) == (Severity.ERROR, Severity.WARNING)
    assert resources.mend.startswith("platypush render nginx --output /")
    assert unit.mend.startswith("platypush render systemd --output /")


def examined(make_patient: MakePatient, rendered: Mapping[str, str], **changes: object) -> site.SiteFacts:
    patient = make_patient(installation={"NGINX": "yes"})
    values = {name: getattr(patient, name) for name in Patient.__slots__}
    facts = site.gather(Patient(**{**values, "rendered": lambda: rendered, **changes}))
    assert facts is not None
    return facts


def test_files_are_compared_with_what_is_rendered(make_patient: MakePatient, tmp_path: Path) -> None:
    nginx = tmp_path / "nginx"
    (nginx / "sites-enabled").mkdir(parents=True)
    (nginx / "same.conf").write_text("same")
    (nginx / "other.conf").write_text("edited")
    rendered = {str(nginx / "same.conf"): "same", str(nginx / "other.conf"): "x", str(nginx / "gone.conf"): "x"}
    rendered |= {str(tmp_path / "unit.service"): "x"}
    facts = examined(make_patient, rendered)
    assert [(state.path.name, state.missing, state.nginx) for state in facts.files] == [
        ("gone.conf", True, True),
        ("other.conf", False, True),
        ("unit.service", True, False),
    ]
    assert not facts.enabled
    (nginx / "sites-enabled" / "platypush.conf").touch()
    assert examined(make_patient, rendered).enabled


def test_nginx_is_asked_by_root_only(make_patient: MakePatient) -> None:
    answer = Output(1, "", "nginx: [warn] x\nnginx: [emerg] unknown directive\n")
    assert examined(make_patient, {}, is_root=True, run=lambda _: answer).refusal == "unknown directive"
    stopped = Output(1, "", 'nginx: [emerg] mkdir() "/run/nginx-platypush/access" failed\n')
    assert examined(make_patient, {}, is_root=True, run=lambda _: stopped).refusal == ""
    assert examined(make_patient, {}, is_root=False, run=lambda _: answer).refusal == ""


def test_a_file_that_is_newer_than_nginxs_workers_is_found(make_patient: MakePatient, tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    (proc / "17").mkdir(parents=True)
    (proc / "stat").write_text("cpu 1 2\nbtime 1000\n")
    (proc / "17" / "comm").write_text("nginx\n")
    ticks = os.sysconf("SC_CLK_TCK")
    (proc / "17" / "stat").write_text("17 (nginx) S " + " ".join(["0"] * 18) + f" {500 * ticks} 0\n")
    path = tmp_path / "nginx" / "a.conf"
    path.parent.mkdir()
    path.write_text("x")
    places = replace(make_patient().places, proc=proc)
    for changed, newer in ((1400.0, None), (1600.0, path)):
        os.utime(path, (changed, changed))
        assert examined(make_patient, {str(path): "x"}, places=places).newer == newer
