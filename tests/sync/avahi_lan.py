"""A local network of two hosts: avahi on one, our discovery on the other. Prints what each saw, as JSON.

Run as root in namespaces of its own: `unshare -n -m python avahi_lan.py`. The second host is one more network namespace
behind a pair of virtual cables; bus and pid files live in a /run of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from sync.centre.beacon import Beacon  # noqa: E402
from sync.discovery import Announcement, Discovery, browse, local_addresses  # noqa: E402

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="signal"/><allow receive_type="method_return"/><allow receive_type="error"/></policy></busconfig>
"""
AVAHI = """[server]
host-name=otherhost
use-ipv4=yes
use-ipv6=no
allow-interfaces=vb
[publish]
publish-workstation=no
"""


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout


class Lan:
    """The network and the processes on it."""

    def __init__(self) -> None:
        run("mount", "-t", "tmpfs", "tmpfs", "/run")
        for folder in ("/run/dbus", "/run/avahi-daemon"):
            Path(folder).mkdir()
        Path("/run/bus.conf").write_text(BUS)
        Path("/run/avahi.conf").write_text(AVAHI)
        self._started: list[subprocess.Popen[str]] = []
        other = self.begin("unshare", "-n", "sleep", "600")
        self._until(lambda: Path(f"/proc/{other.pid}/comm").read_text().strip() == "sleep", "the other host")
        self._enter = ("nsenter", "-t", str(other.pid), "-n")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", str(other.pid))
        run("ip", "addr", "add", "10.99.0.1/24", "dev", "va")
        run("ip", "link", "set", "va", "up")
        self.there("ip", "link", "set", "lo", "up")
        self.there("ip", "addr", "add", "10.99.0.2/24", "dev", "vb")
        self.there("ip", "link", "set", "vb", "up")
        self.begin("dbus-daemon", "--config-file=/run/bus.conf", "--nofork", "--nopidfile")
        self._until(lambda: Path("/run/dbus/system_bus_socket").exists(), "the bus")
        self.begin(
            *self._enter, "avahi-daemon", "-f", "/run/avahi.conf", "--no-drop-root", "--no-chroot", "--no-rlimits"
        )
        self._until(lambda: Path("/run/avahi-daemon/pid").exists(), "avahi")
        time.sleep(0.5)

    def begin(self, *command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        self._started.append(process)
        return process

    def there(self, *command: str) -> str:
        """Run on the other host."""
        return run(*self._enter, *command)

    def publish(self, *what: str) -> None:
        self.begin(*self._enter, "avahi-publish", "-s", *what)

    def avahi_sees(self, kind: str) -> list[list[str]]:
        """Resolved services as avahi tells them: the fields of each line."""
        text = self.there("avahi-browse", "-rpt", kind)
        return [line.split(";") for line in text.splitlines() if line.startswith("=")]

    @staticmethod
    def _until(check: Callable[[], bool], what: str, within: float = 15.0) -> None:
        until = time.monotonic() + within
        while not check():
            if time.monotonic() > until:
                raise AssertionError(what)
            time.sleep(0.05)

    until = _until

    def close(self) -> None:
        for process in reversed(self._started):
            process.terminate()
            process.wait(5)


def main() -> dict[str, Any]:
    before = Discovery(lambda: Announcement("o", "1", "0", "o", 1), addresses=list, look_s=0.2)
    before.start()
    lan = Lan()
    told: dict[str, Any] = {"without a network": before.state().condition, "addresses": local_addresses()}
    before.stop()
    lan.publish("Office printer", "_pdl-datastream._tcp", "9100", "ty=HP")
    lan.publish("The centre", "_talon-centre._tcp", "8092", "fingerprint=abc")
    lan.publish("office-17", "_talon._tcp", "1", "office=rival")
    time.sleep(1.5)
    announcement = Announcement("office-17", "0003-ab", "0.1.0", "office-17", 8080, 8080)
    discovery = Discovery(lambda: announcement, look_s=0.5)
    discovery.start()
    try:
        lan.until(lambda: len(discovery.neighbours()) >= 4 and discovery.state().condition == "announced", "neighbours")
        told["we see"] = [
            [one.role, one.name, one.address, one.port, dict(one.facts)] for one in discovery.neighbours()
        ]
        told["our name"] = discovery.state().name
        lan.until(lambda: len(lan.avahi_sees("_talon._tcp")) >= 2, "avahi sees us")
        told["avahi sees"] = [[row[3], row[7], row[8], row[9]] for row in lan.avahi_sees("_talon._tcp")]
        lan.until(lambda: bool(lan.avahi_sees("_http._tcp")), "avahi sees the pages")
        told["avahi sees pages"] = [[row[7], row[8]] for row in lan.avahi_sees("_http._tcp")]
        beacon = Beacon("Odintsovo", 8092, "abcd")
        beacon.start()
        lan.until(lambda: len(lan.avahi_sees("_talon-centre._tcp")) >= 2, "avahi sees the centre")
        told["avahi sees centres"] = [[row[3], row[8], row[9]] for row in lan.avahi_sees("_talon-centre._tcp")]
        beacon.stop()
        run("ip", "link", "set", "va", "down")
        time.sleep(1.5)
        told["cable out"] = discovery.state().condition
        run("ip", "addr", "del", "10.99.0.1/24", "dev", "va")
        lan.until(lambda: discovery.state().condition == "no-network", "no network")
        told["address gone"] = [discovery.state().condition, len(discovery.neighbours())]
        run("ip", "addr", "add", "10.99.0.1/24", "dev", "va")
        run("ip", "link", "set", "va", "up")
        lan.until(lambda: discovery.state().condition == "announced" and len(discovery.neighbours()) >= 4, "back")
        told["back"] = discovery.state().condition
        told["command"] = sorted({one.role for one in browse(0.8)})
    finally:
        discovery.stop()
    lan.until(lambda: len(lan.avahi_sees("_talon._tcp")) == 1, "avahi still sees us")
    told["after"] = [row[3] for row in lan.avahi_sees("_talon._tcp")]
    lan.close()
    return told


if __name__ == "__main__":
    print(json.dumps(main()))
