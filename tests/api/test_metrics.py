"""Prometheus' view of an office."""

from __future__ import annotations

from tests.api.rig import Rig, press, take


def lines(rig: Rig) -> dict[str, str]:
    answer = rig.client().get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if line and line[0] != "#")


def test_counts_follow_the_hall(hall: Rig) -> None:
    before = int(lines(hall).get('talon_tickets{state="waiting"}', 0))
    take(hall.client())
    take(hall.client())
    desk = hall.operator(1)
    while press(desk, 1, "next").json()["state"] != "called":
        pass
    found = lines(hall)
    assert int(found['talon_tickets{state="waiting"}']) == before + 1
    assert found['talon_tickets{state="called"}'] == "1"
    assert found['talon_desks{state="called"}'] == "1"
    assert found["talon_day_open"] == "1"
    assert found["talon_journal_seq"] == str(hall.writer.office.seq)
    assert found["talon_replica_lag_seconds"] == "1.0"
    assert found['talon_device_ready{device="printer",kind="printer"}'] == "0"


def test_names_and_numbers_of_people_are_not_in_it(hall: Rig) -> None:
    take(hall.client())
    text = hall.client().get("/metrics").text
    assert "А" not in text
    assert "vera" not in text
