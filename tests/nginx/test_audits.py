"""Auditors find nothing above "low" in the site, but for what is named here with its reason."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.machine.debian import kept
from tests.nginx.conftest import Place
from tests.running.nginx import HOST

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]

SSLYZE = "sslyze>=6.3,<7"
BIN = Path(sys.executable).parent
SERIOUS = {"MEDIUM", "HIGH", "CRITICAL"}

_DISTRIBUTION = "in Debian's nginx.conf, which is not ours; each server of the site sets its own, as testssl.sh sees"
GIXY_REASONS = {
    ("weak_ssl_tls", "nginx.conf"): _DISTRIBUTION,
    ("worker_rlimit_nofile_vs_connections", "nginx.conf"): "the operator's; docs/nginx.md has the figures",
    (
        "hsts_header",
        "platypush.conf",
    ): "opt-in (--hsts): whoever starts with a self-signed certificate would be locked out",
}
TESTSSL_REASONS = {
    "cipher_order": "Mozilla's intermediate: all suites are good, a phone chooses the one that suits its processor",
    "cert_revocation": "the tests' authority publishes no revocations",
}
TESTSSL_PARTS = ("-p", "-s", "-f", "-P", "-S", "-h", "-U")
"""Protocols, suites, forward secrecy, preferences, certificate, headers, vulnerabilities: all but playing clients."""


def unexplained(findings: Iterable[Any], reasons: Iterable[Any]) -> set[Any]:
    """The findings without a reason, after a look that no reason stands for nothing."""
    found, known = set(findings), set(reasons)
    assert not known - found, "reasons for what is not found any more"
    return found - known


def test_gixy(place: Place) -> None:
    main = place.front.folder / "etc" / "nginx" / "nginx.conf"
    shown = subprocess.run([BIN / "gixy", "-f", "json", main], capture_output=True, text=True, check=False)
    findings = json.loads(shown.stdout)
    serious = [(one["plugin"], Path(one["file"]).name) for one in findings if one["severity"] in SERIOUS]
    assert not unexplained(serious, GIXY_REASONS), shown.stdout


def test_gixy_would_see_a_fault_in_a_snippet(place: Place, tmp_path: Path) -> None:
    tree = tmp_path / "nginx"
    shutil.copytree(place.front.folder / "etc" / "nginx", tree)
    snippet = tree / "snippets" / "platypush-resources.conf"
    snippet.write_text(
        snippet.read_text().replace('location ^~ "/resources/photos/" {', "location /resources/photos {")
    )
    shown = subprocess.run(
        [BIN / "gixy", "-f", "json", tree / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert "alias_traversal" in {one["plugin"] for one in json.loads(shown.stdout)}


def test_testssl(place: Place, tmp_path: Path) -> None:
    authority = place.front.authority
    assert authority is not None
    report = tmp_path / "report.json"
    command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--jsonfile", report, *TESTSSL_PARTS]
    command += ["--add-ca", authority.cert, "--ip", "127.0.0.1", f"{HOST}:{place.front.port}"]
    shown = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    findings = json.loads(report.read_text())
    assert len(findings) > 60, shown.stdout
    serious = {one["id"]: one["finding"] for one in findings if one["severity"] in SERIOUS | {"FATAL"}}
    assert not unexplained(serious, TESTSSL_REASONS), serious
    by_id = {one["id"]: one["finding"] for one in findings}
    assert by_id["TLS1"] == by_id["TLS1_1"] == "not offered"


def sslyze() -> Path:
    """The folder with sslyze and what it needs, kept between runs.

    Apart from the other tests' libraries: it brings cryptography, which changes what PyJWT loads and can do.
    """

    def make(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        subprocess.run([*pip, "--target", folder, SSLYZE], check=True)

    return kept("sslyze", f"{SSLYZE} {sys.implementation.cache_tag}", make)


def test_sslyze(place: Place, tmp_path: Path) -> None:
    authority = place.front.authority
    assert authority is not None
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "sslyze", "--mozilla_config", "intermediate", "--sni", HOST, "--json_out", report]
    command += ["--certinfo_ca_file", authority.cert, f"127.0.0.1:{place.front.port}"]
    env = {**os.environ, "PYTHONPATH": str(sslyze())}
    shown = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=env)
    # It ends with status 1 where the server falls short of Mozilla's profile.
    assert shown.returncode == 0, shown.stdout
    assert "OK - Compliant" in shown.stdout
    (server,) = json.loads(report.read_text())["server_scan_results"]
    assert server["scan_status"] == "COMPLETED"
