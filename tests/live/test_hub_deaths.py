"""What clients see when the hub's processes are killed, with the shipped ``uwsgi.ini``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running.deaths import kill_daemon, kill_master, kill_worker
from tests.running.hub import Hub, running_hub

pytestmark = pytest.mark.live


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


def test_a_killed_worker_costs_only_what_it_had_in_hand_and_is_replaced(hub: Hub) -> None:
    death = kill_worker(hub)
    assert "ConnectionRefusedError" not in death.failed
    assert sum(death.failed.values()) <= 8, death.failed
    assert hub.execute("config.get_device_id").status == 200


def test_a_killed_master_leaves_no_orphan_and_no_connection_is_refused(hub: Hub) -> None:
    death = kill_master(hub)
    assert not death.orphans
    assert "ConnectionRefusedError" not in death.failed
    assert sum(death.failed.values()) <= 8, death.failed
    assert hub.execute("config.get_device_id").json()["response"]["output"] == "tests"


def test_a_killed_daemon_takes_all_its_processes_with_it(hub: Hub) -> None:
    assert not kill_daemon(hub).orphans


def test_after_a_killed_daemon_the_next_one_starts_on_the_same_folder_and_port(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub") as first:
        kill_daemon(first)
        with running_hub(tmp_path / "hub", user=False, port=first.port) as second:
            assert second.execute("config.get_device_id").status == 200
