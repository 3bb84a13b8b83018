"""While the link runs, the keys are kept in order without a person."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from enrol_centre import OFFICE, EnrolCentre, await_true

from sync.announcing import announcement_of, office_facts
from sync.centre.tokens import TokenKind
from sync.centre_keys import read_centre_keys
from sync.enrolment import finish, join, read_token
from sync.key_keeping import KeyKeeping


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[EnrolCentre]:
    centre = EnrolCentre(tmp_path / "centre", tls=False)
    yield centre
    centre.close()


def test_what_a_cut_left_open_is_ended_and_a_renewal_asked_for_is_done(centre: EnrolCentre, tmp_path: Path) -> None:
    token = centre.enrolling.issue_token(OFFICE, TokenKind.NEW, "admin")
    device = join(tmp_path, centre.enrol.url, read_token(token), OFFICE, {}).keys.device
    names = [""]
    keeping = KeyKeeping(tmp_path, lambda: names[0], look_s=0.05)
    keeping.start()
    try:
        assert read_centre_keys(tmp_path).incarnation == ""  # type: ignore[union-attr]
        names[0] = "0001-a"
        await_true(lambda: read_centre_keys(tmp_path).confirmed, "confirmed")  # type: ignore[union-attr]
        known = centre.keys.get(device)
        assert known is not None
        assert (known.incarnation, known.confirmed) == ("0001-a", True)
        await_true(lambda: keeping._refreshed is not None, "refreshed")
        keeping._refreshed = -100.0
        centre.keys.ask_renewal(device)
        keeping.refresh_soon()
        await_true(lambda: read_centre_keys(tmp_path).set_number == 2, "renewed")  # type: ignore[union-attr]
        assert keeping.trouble == ""
    finally:
        keeping.stop()


def test_a_revoked_device_is_named_and_asks_less_and_less(centre: EnrolCentre, tmp_path: Path) -> None:
    token = centre.enrolling.issue_token(OFFICE, TokenKind.NEW, "admin")
    keys = finish(join(tmp_path, centre.enrol.url, read_token(token), OFFICE, {}).keys, "0001-a")
    centre.keys.revoke(keys.device, "stolen")
    keeping = KeyKeeping(tmp_path, lambda: "0001-a", look_s=0.05)
    keeping.start()
    try:
        await_true(lambda: keeping.trouble == "revoked", keeping.trouble)
        await_true(lambda: keeping._wait_s > 0.1, "waits longer")
    finally:
        keeping.stop()


def test_a_box_that_is_not_enrolled_asks_nobody(tmp_path: Path) -> None:
    KeyKeeping(tmp_path, lambda: "0001-a").look()


def test_the_announcement_comes_from_the_offices_own_facts(tmp_path: Path) -> None:
    assert announcement_of(office_facts(tmp_path)) is None
    facts = {"office": OFFICE, "incarnation": "0001-a", "versions": {"talon": "0.1.0"}, "pages": 8080, "announce": True}
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "office.sock"))
    listener.listen()

    def serve() -> None:
        line, _ = listener.accept()
        with line:
            assert json.loads(line.recv(4096)) == {"ask": "pulse"}
            line.sendall(json.dumps(facts).encode() + b"\n")
            line.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    found = announcement_of(office_facts(tmp_path))
    assert found is not None
    assert (found.office, found.incarnation, found.version, found.port, found.pages) == (
        OFFICE,
        "0001-a",
        "0.1.0",
        8080,
        8080,
    )
    listener.close()
    without = announcement_of({"office": OFFICE, "announce": True})
    assert without is not None
    assert (without.port, without.pages) == (9, 0)
    assert announcement_of({"office": OFFICE}) is None
