"""Discovery beside avahi, the second implementation, on a network of two hosts that the test makes; and without one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from zeroconf import ServiceInfo

from sync.discovery import CENTRE, PRINTERS, Announcement, Discovery, browse, centre_service, neighbour_of

PROGRAM = Path(__file__).with_name("avahi_lan.py")
TOOLS = ("unshare", "nsenter", "ip", "dbus-daemon", "avahi-daemon", "avahi-browse", "avahi-publish")


def missing() -> str:
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (apt install avahi-daemon avahi-utils dbus iproute2)"
    trial = ["unshare", "-n", "-m", "sh", "-c", "mount -t tmpfs tmpfs /run && ip link add va type veth peer name vb"]
    done = subprocess.run(trial, capture_output=True, check=False, timeout=20)
    return "" if done.returncode == 0 else f"no namespaces here: {done.stderr.decode().strip()[:80]}"


@pytest.mark.long
def test_avahi_and_the_box_see_each_other_through_everything() -> None:
    reason = missing()
    if reason:
        pytest.skip(reason)
    done = subprocess.run(
        ["unshare", "-n", "-m", sys.executable, str(PROGRAM)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["without a network"] == "no-network"
    seen = {(role, name): (address, port, facts) for role, name, address, port, facts in told["we see"]}
    assert seen["printer", "Office printer"] == ("10.99.0.2", 9100, {"ty": "HP"})
    assert seen["centre", "The centre"] == ("10.99.0.2", 8092, {"fingerprint": "abc"})
    assert seen["talon", "office-17"] == ("10.99.0.2", 1, {"office": "rival"})
    # The name was taken, so the box is the second of it, for itself and for avahi.
    assert told["our name"] == "office-17-2"
    by_name = {row[0]: row[1:] for row in told["avahi sees"]}
    address, port, txt = by_name["office-17-2"]
    assert (address, port) == ("10.99.0.1", "8080")
    for fact in ("role=office", "version=0.1.0", "incarnation=0003-ab", "office=office-17"):
        assert f'"{fact}"' in txt
    assert told["avahi sees pages"] == [["10.99.0.1", "8080"]]
    assert ["Odintsovo", "8092", '"role=centre" "fingerprint=abcd"'] in told["avahi sees centres"]
    assert told["cable out"] in ("announced", "no-network")
    assert told["address gone"] == ["no-network", 0]
    assert told["back"] == "announced"
    assert told["command"] == ["centre", "printer", "talon"]
    assert told["after"] == ["office-17"]


def test_without_a_network_nothing_breaks() -> None:
    discovery = Discovery(lambda: Announcement("o", "1", "0", "o", 1), addresses=list, look_s=0.05)
    discovery.start()
    discovery.stop()
    assert (discovery.state().condition, discovery.neighbours()) == ("stopped", [])
    with pytest.raises(OSError):
        browse(0.1, [])


def test_an_address_that_is_not_ours_is_a_state() -> None:
    discovery = Discovery(lambda: Announcement("o", "1", "0", "o", 1), addresses=lambda: ["192.0.2.1"], look_s=0.05)
    discovery._stopping.set()
    with pytest.raises(OSError):
        discovery._one_network()


def test_who_does_not_want_it_sends_nothing() -> None:
    discovery = Discovery(lambda: None, addresses=lambda: ["127.0.0.1"], look_s=0.05)
    discovery._one_network()
    assert discovery.state().condition == "off"


def test_what_others_send_is_cut_and_cleaned() -> None:
    facts = {b"ty": b"\x1b[31mred" + b"x" * 200, **{f"k{n}".encode(): b"v" for n in range(50)}}
    info = ServiceInfo(
        PRINTERS[0], f"A\u200eB.{PRINTERS[0]}", port=9100, properties=facts, addresses=[bytes([10, 0, 0, 1])]
    )
    found = neighbour_of(PRINTERS[0], info)
    assert found is not None
    assert (found.role, found.name, found.address, found.port) == ("printer", "A?B", "10.0.0.1", 9100)
    assert len(found.facts) == 12
    assert found.facts["ty"].startswith("?[31mred")
    assert len(found.facts["ty"]) == 60
    assert neighbour_of(PRINTERS[0], ServiceInfo(PRINTERS[0], f"A.{PRINTERS[0]}", port=9100)) is None


def test_a_long_name_in_cyrillic_fits_into_a_label() -> None:
    found = neighbour_of(CENTRE, centre_service("Одинцовский центр обслуживания граждан № 17", 1, "", ["10.0.0.5"]))
    assert found is not None
    assert found.name.startswith("Одинцовский центр")
    assert len(found.name.encode()) <= 58


def test_a_centre_makes_itself_known_with_its_fingerprint() -> None:
    found = neighbour_of(CENTRE, centre_service("Odintsovo", 8092, "abcd", ["10.0.0.5"]))
    assert found is not None
    assert (found.role, found.port, found.facts["fingerprint"]) == ("centre", 8092, "abcd")
