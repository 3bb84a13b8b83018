"""What the doctor reads of the box, on folders that stand for boxes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hardware.config import HardwareConfig, MatrixBoardConfig, ModbusBusConfig, PrinterConfig
from hardware.doctor.box import Box, PortUse, ports_of
from hardware.doctor.finding import Finding, Verdict, sorted_by_severity
from hardware.doctor.mending import remedies

PRINTER = PrinterConfig("/dev/ttyAMA0", 115200, "none", 80, "raster", "", None, "gs-r")
OFFICE = HardwareConfig("real", printer=PRINTER)


def write(root: Path, name: str, text: str = "") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def only(findings: list[Finding], check: str) -> Finding:
    (found,) = [one for one in findings if one.check == check]
    return found


@pytest.mark.parametrize(
    ("bits", "verdict", "reason"),
    [
        ("0x0", Verdict.WELL, ""),
        ("50000", Verdict.WARNING, "under-voltage-earlier"),
        ("0x50005", Verdict.FAULT, "under-voltage"),
        ("1", Verdict.FAULT, "under-voltage"),
        ("20002", Verdict.WELL, ""),
    ],
)
def test_the_power_supply_is_judged_by_the_firmwares_bits(
    tmp_path: Path, bits: str, verdict: Verdict, reason: str
) -> None:
    write(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", bits + "\n")
    found = only(Box(tmp_path).examine(OFFICE), "power")
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_box_without_sensors_says_nothing_of_power_and_heat(tmp_path: Path) -> None:
    assert {one.check for one in Box(tmp_path).examine(OFFICE)} == {"clock-chip", "port", "serial-console"}


@pytest.mark.parametrize(("millidegrees", "reason"), [("61300", "temperature"), ("83000", "too-hot")])
def test_heat(tmp_path: Path, millidegrees: str, reason: str) -> None:
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", millidegrees)
    found = only(Box(tmp_path).examine(OFFICE), "heat")
    assert found.reason == reason
    assert found.facts["degrees"] == millidegrees[:2]


def test_a_clock_chip_is_missed_and_an_uncharged_battery_noticed(tmp_path: Path) -> None:
    assert only(Box(tmp_path).examine(OFFICE), "clock-chip").reason == "no-clock-chip"
    write(tmp_path, "sys/class/rtc/rtc0/charging_voltage", "0\n")
    assert only(Box(tmp_path).examine(OFFICE), "clock-chip").reason == "battery-not-charged"
    write(tmp_path, "sys/class/rtc/rtc0/charging_voltage", "3000000\n")
    assert only(Box(tmp_path).examine(OFFICE), "clock-chip").verdict is Verdict.WELL


@pytest.mark.parametrize(
    ("cmdline", "verdict"),
    [
        ("console=tty1 root=/dev/mmcblk0p2", Verdict.WELL),
        ("console=serial0,115200 console=tty1", Verdict.FAULT),
        ("console=ttyAMA0,115200", Verdict.FAULT),
    ],
)
def test_the_kernels_console_is_kept_off_the_printers_line(tmp_path: Path, cmdline: str, verdict: Verdict) -> None:
    write(tmp_path, "proc/cmdline", cmdline)
    found = only(Box(tmp_path).examine(OFFICE), "serial-console")
    assert found.verdict is verdict


def test_the_console_is_no_matter_where_nothing_hangs_on_the_uart(tmp_path: Path) -> None:
    write(tmp_path, "proc/cmdline", "console=serial0,115200")
    office = HardwareConfig("real", printer=replace(PRINTER, port="/dev/usb/lp0"))
    assert "serial-console" not in {one.check for one in Box(tmp_path).examine(office)}


def test_a_port_that_isnt_there(tmp_path: Path) -> None:
    (found,) = Box(tmp_path).port(PortUse("printer", "/dev/ttyUSB0"))
    assert (found.verdict, found.reason, found.hint) == (Verdict.FAULT, "port-not-there", "plug-in-or-correct-port")
    assert found.facts == {"port": "/dev/ttyUSB0", "what": "printer"}


def test_a_port_whose_name_changes_is_told_its_lasting_one(tmp_path: Path) -> None:
    write(tmp_path, "dev/ttyUSB0")
    link = tmp_path / "dev/serial/by-id/usb-FTDI_A10K-if00-port0"
    link.parent.mkdir(parents=True)
    link.symlink_to("../../ttyUSB0")
    (found,) = Box(tmp_path).port(PortUse("desks", "/dev/ttyUSB0"))
    assert found.reason == "port-name-changes"
    assert found.facts["lasting"] == "/dev/serial/by-id/usb-FTDI_A10K-if00-port0"
    (lasting,) = Box(tmp_path).port(PortUse("desks", found.facts["lasting"]))
    assert lasting.reason != "port-name-changes"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_port_without_rights_names_the_group(tmp_path: Path) -> None:
    write(tmp_path, "dev/lp0").chmod(0)
    (found,) = Box(tmp_path).port(PortUse("printer", "/dev/lp0"))
    assert found.reason == "port-denied"
    assert found.facts["group"]


def test_a_real_character_device_is_well() -> None:
    (found,) = Box().port(PortUse("printer", "/dev/null"))
    assert found.verdict is Verdict.WELL


def test_the_network_has_no_port_to_look_at(tmp_path: Path) -> None:
    assert list(Box(tmp_path).port(PortUse("printer", "tcp://10.0.0.5:9100"))) == []


def test_spi_is_looked_for_where_a_matrix_needs_it(tmp_path: Path) -> None:
    office = HardwareConfig("real", boards=(MatrixBoardConfig("line", 0, 1),))
    missing = only(Box(tmp_path).examine(office), "spi")
    assert (missing.reason, missing.facts["device"]) == ("spi-missing", "/dev/spidev0.1")
    write(tmp_path, "dev/spidev0.1")
    assert only(Box(tmp_path).examine(office), "spi").verdict is Verdict.WELL


def test_every_port_of_the_file_is_looked_at() -> None:
    office = HardwareConfig("real", buses=(ModbusBusConfig("desks", "/dev/a", 19200),), printer=PRINTER)
    assert [(use.name, use.path) for use in ports_of(office)] == [("desks", "/dev/a"), ("printer", "/dev/ttyAMA0")]


def test_the_worst_comes_first_and_the_order_of_checks_stays() -> None:
    checks = [Finding("a", Verdict.WELL), Finding("b", Verdict.FAULT), Finding("c", Verdict.WARNING)]
    checks += [Finding("d", Verdict.FAULT)]
    assert [one.check for one in sorted_by_severity(checks)] == ["b", "d", "c", "a"]


def test_remedies_are_lines_for_a_person_each_once(tmp_path: Path) -> None:
    write(tmp_path, "proc/cmdline", "console=serial0,115200")
    office = replace(OFFICE, boards=(MatrixBoardConfig("line"), MatrixBoardConfig("other", 0, 1)))
    told = list(remedies(Box(tmp_path).examine(office)))
    assert [remedy.reason for remedy in told] == ["no-clock-chip", "console-on-port", "spi-missing"]
    assert "console=serial0,115200" in told[1].lines[0]
