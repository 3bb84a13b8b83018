from __future__ import annotations

import errno
import os
import pty
import select
import socket
import termios
import threading
import time
import tty
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hardware.ports import Condition, PrintOutcome
from hardware.printing import descriptor
from hardware.printing.descriptor import Wake
from hardware.printing.link import Link
from hardware.printing.ports import (
    CONNECT_S,
    NetworkPort,
    SerialPort,
    UsbPort,
    open_port,
    split_address,
)
from hardware.printing.printer import EscposPrinter, Patience
from hardware.simulator.printer import VirtualPrinter
from tests.hardware.printers import PATIENCE_S, TEXT, TRANSPORTS, States, Workbench, descriptors, job, wait_until

FOREVER = b"x" * 4_000_000
"""More than any buffer in between takes."""


@pytest.fixture
def wake() -> Iterator[Wake]:
    made = Wake()
    yield made
    made.close()


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """The far end of a raw pty and the path of the near one."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def address_of(listener: socket.socket) -> str:
    return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def readable(fd: int) -> bool:
    return bool(select.select([fd], [], [], PATIENCE_S)[0])


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("tcp://printer", ("printer", 9100)),
        ("tcp://192.168.1.50", ("192.168.1.50", 9100)),
        ("tcp://192.168.1.50:515", ("192.168.1.50", 515)),
        ("tcp://[fe80::1]:9100", ("fe80::1", 9100)),
        ("tcp://[::1]", ("::1", 9100)),
    ],
)
def test_network_addresses_name_host_and_port(address: str, parts: tuple[str, int]) -> None:
    assert split_address(address) == parts


@pytest.mark.parametrize("address", ["tcp://", "tcp://a:b", "tcp://a:1:2", "tcp://a/b", "udp://a", "tcp://[]:1"])
def test_an_address_that_is_none_is_a_missing_port(address: str) -> None:
    with pytest.raises(OSError):
        split_address(address)


def test_the_address_says_which_kind_of_port_it_is(
    line: tuple[int, str], listener: socket.socket, wake: Wake, tmp_path: Path
) -> None:
    (tmp_path / "usb").mkdir()
    usb = tmp_path / "usb" / "lp0"
    usb.symlink_to(line[1])
    kinds = []
    for address in (line[1], str(usb), address_of(listener)):
        port = open_port(address, 9600, "none", wake)
        kinds.append(type(port))
        port.close()

    assert kinds == [SerialPort, UsbPort, NetworkPort]


@pytest.mark.parametrize("address", ["/dev/no-such-printer", "/dev/usb/lp99", "tcp://127.0.0.1:1", "tcp://x.invalid:1"])
def test_a_port_that_is_not_there_is_an_error_of_the_system(address: str, wake: Wake) -> None:
    with pytest.raises(OSError):
        open_port(address, 9600, "none", wake)


@pytest.mark.parametrize(("flow", "software", "hardware"), [("none", 0, 0), ("xonxoff", 1, 0), ("rtscts", 0, 1)])
def test_flow_control_is_set_on_the_line(
    line: tuple[int, str], wake: Wake, flow: str, software: int, hardware: int
) -> None:
    port = open_port(line[1], 19200, flow, wake)  # type: ignore[arg-type]
    fd = os.open(line[1], os.O_RDWR | os.O_NOCTTY)
    inputs, _, control, _, _, speed, _ = termios.tcgetattr(fd)
    os.close(fd)
    port.close()

    assert bool(inputs & termios.IXON) == software
    assert bool(control & termios.CRTSCTS) == hardware
    assert inputs & termios.IGNBRK, "a break of the line would be read as a zero"
    assert speed == termios.B19200


def test_xoff_holds_the_line_and_xon_lets_it_go_on(line: tuple[int, str], wake: Wake) -> None:
    master, path = line
    port = open_port(path, 9600, "xonxoff", wake)
    os.write(master, b"\x13")
    time.sleep(0.1)
    assert port.write(b"held", time.monotonic() + 0.2) == 0
    os.write(master, b"\x11")
    assert port.write(b"free", time.monotonic() + PATIENCE_S) == 4
    assert os.read(master, 16) == b"free"
    port.close()


ROWS = b"\x1dv0\x00\x48\x00\x18\x00" + b"\x81" * (72 * 24)
LONG = b"\x1b@" + ROWS * 300 + b"\x1dVB\x00"
SMALL_MEMORY = {"buffer_bytes": 120_000, "xonxoff": True, "paper_mm_s": 600}
"""Some 64 kB lie in a pty whatever is done, so this memory is larger than a real one, and so is the job."""


def test_a_printer_with_a_small_memory_gets_everything_by_xon_and_xoff(bench: Workbench) -> None:
    paper, driver = bench.pair(replace(TEXT, flow="xonxoff", baud=921600), **SMALL_MEMORY)

    assert driver.print(LONG, 1, PATIENCE_S) is PrintOutcome.PRINTED
    assert paper.overrun == 0
    assert paper.paper[0].image.height == 300 * 24


def test_without_flow_control_a_small_memory_loses_something(bench: Workbench) -> None:
    """The control."""
    paper, driver = bench.pair(replace(TEXT, baud=921600), **SMALL_MEMORY)
    with driver.reserved(PATIENCE_S) as line:
        assert line is not None
        line.write(LONG, PATIENCE_S)
        assert paper.wait(lambda p: p.overrun > 0, PATIENCE_S)
    driver.close()
    paper._mechanism.unknown.clear()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_printer_that_takes_no_more_never_holds_a_write_for_ever(bench: Workbench, transport: str) -> None:
    paper = bench.printer(transport)
    link = Link(paper.path)
    try:
        assert link.wait_open(PATIENCE_S)
        paper.hung = True
        began = time.monotonic()
        assert not link.write(FOREVER, 0.3)
        assert time.monotonic() - began < 5.0
    finally:
        link.close()
        paper.hung = False


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_closing_ends_a_write_that_waits(bench: Workbench, transport: str) -> None:
    paper = bench.printer(transport)
    paper.hung = True
    link = Link(paper.path)
    assert link.wait_open(PATIENCE_S)
    done: list[bool] = []
    writer = threading.Thread(target=lambda: done.append(link.write(FOREVER, 600.0)))
    writer.start()
    time.sleep(0.1)
    began = time.monotonic()
    link.close()
    writer.join(PATIENCE_S)

    assert done == [False]
    assert time.monotonic() - began < 5.0
    paper.hung = False


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_port_that_disappears_under_a_write_is_lost_and_comes_back(bench: Workbench, transport: str) -> None:
    paper = bench.printer(transport)
    link = Link(paper.path)
    try:
        assert link.wait_open(PATIENCE_S)
        paper.hung = True
        threading.Timer(0.2, paper.unplug).start()
        assert not link.write(FOREVER, PATIENCE_S)
        assert wait_until(lambda: not link.is_open)
        paper.hung = False
        paper.plug()
        assert link.wait_open(PATIENCE_S)
        assert link.write(b"again\n", PATIENCE_S)
        assert paper.wait(lambda p: p.received >= 6, PATIENCE_S)
    finally:
        link.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_missing_port_is_a_state_and_heals(bench: Workbench, states: States, transport: str) -> None:
    paper = bench.printer(transport)
    paper.unplug()
    driver = bench.driver(paper.path)
    assert states.wait("port-missing", PATIENCE_S)
    state = driver.state()
    assert state.condition is Condition.MISSING
    assert state.hint == ("check-printer-network" if transport == "tcp" else "connect-printer")
    assert state.facts["port"] == paper.path
    assert driver.print(job(1), 1, 5) is PrintOutcome.FAILED
    for number in (1, 2):
        paper.plug()
        assert states.wait("", PATIENCE_S)
        assert driver.print(job(number), number, PATIENCE_S) is PrintOutcome.PRINTED
        paper.unplug()
        assert states.wait("port-missing", PATIENCE_S)
    assert [p.job_ids for p in paper.paper] == [[1], [2]]


def test_a_connection_that_is_dropped_is_made_again(bench: Workbench, states: States) -> None:
    """The printer has restarted: the old connection is gone, and nobody has touched a plug."""
    paper, driver = bench.pair(transport="tcp")
    with paper._changed:
        paper._end._drop()  # type: ignore[attr-defined]
    assert driver.print(job(1), 1, PATIENCE_S) in (PrintOutcome.PRINTED, PrintOutcome.FAILED)
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(2), 2, PATIENCE_S) is PrintOutcome.PRINTED


def test_a_connection_without_an_answer_is_replaced(listener: socket.socket, states: States) -> None:
    """The cable was pulled and put back: the old connection leads nowhere, though the system believes in it."""
    driver = EscposPrinter(address_of(listener), TEXT, states.add)
    listener.settimeout(PATIENCE_S)
    first, _ = listener.accept()
    second: socket.socket | None = None
    try:
        assert states.wait("silent", PATIENCE_S)
        second, _ = listener.accept()
    finally:
        driver.close()
        for connection in (first, second):
            if connection is not None:
                connection.close()


def test_a_host_that_takes_no_connection_is_given_up_in_time(wake: Wake) -> None:
    """A listener whose queue is full drops what knocks, as a wrong address in the own network does."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        knocking = []
        try:
            for _ in range(4):
                guest = socket.socket()
                guest.setblocking(False)
                guest.connect_ex(full.getsockname())
                knocking.append(guest)
            time.sleep(0.1)
            began = time.monotonic()
            with pytest.raises(OSError):
                open_port(f"tcp://127.0.0.1:{full.getsockname()[1]}", 0, "none", wake)
            assert time.monotonic() - began < CONNECT_S + 5.0
        finally:
            for guest in knocking:
                guest.close()


def test_connecting_ends_when_the_driver_is_closed(states: States) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        knocking = [socket.socket() for _ in range(4)]
        try:
            for guest in knocking:
                guest.setblocking(False)
                guest.connect_ex(full.getsockname())
            driver = EscposPrinter(f"tcp://127.0.0.1:{full.getsockname()[1]}", TEXT, states.add)
            assert states.wait("port-missing", PATIENCE_S)
            driver.close()
            assert not [thread for thread in threading.enumerate() if "tcp://" in thread.name]
        finally:
            for guest in knocking:
                guest.close()


def test_an_empty_packet_of_a_usb_printer_is_no_end(tmp_path: Path, wake: Wake) -> None:
    """A message socket stands for the device: it too knows packets without a byte."""
    ours, printer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    port = UsbPort(f"/proc/self/fd/{os.open('/dev/null', os.O_RDWR)}", wake)
    null = port._handle
    port._fd = port._handle = ours.fileno()
    try:
        printer.send(b"")
        assert port.read(PATIENCE_S) == b""
        printer.send(b"\x12")
        assert port.read(PATIENCE_S) == b"\x12"
        assert port.waiting() == 0
        printer.close()
        with pytest.raises(OSError):
            port.read(PATIENCE_S)
    finally:
        port._handle = null
        port.close()
        ours.close()


class Unplugged:
    """What the system calls of a printer device fail with."""

    def __init__(self, error: int) -> None:
        self.error = error

    def __call__(self, *args: object) -> int:
        raise OSError(self.error, os.strerror(self.error))


@pytest.mark.parametrize("name", ["EIO", "ENODEV", "ENOSPC"])
@pytest.mark.parametrize("call", ["read", "write"])
def test_errors_of_the_device_are_a_missing_port(
    bench: Workbench, states: States, monkeypatch: pytest.MonkeyPatch, call: str, name: str
) -> None:
    _, driver = bench.pair(transport="usb")
    opened = open_port
    gone = threading.Event()

    def opening(*args: object) -> object:
        if gone.is_set():
            raise OSError(errno.ENOENT, "gone")
        return opened(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("hardware.printing.link.open_port", opening)
    gone.set()
    with monkeypatch.context() as patch:
        patch.setattr(descriptor, "os", BrokenSystem(call, getattr(errno, name)))
        assert states.wait("port-missing", PATIENCE_S)
    gone.clear()
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED


class BrokenSystem:
    """The module `os`, but one call fails."""

    def __init__(self, call: str, error: int) -> None:
        self._call, self._error = call, error

    def __getattr__(self, name: str) -> object:
        return Unplugged(self._error) if name == self._call else getattr(os, name)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_hundred_plugs_leave_no_thread_and_no_descriptor(bench: Workbench, states: States, transport: str) -> None:
    threads = threading.active_count()
    paper = bench.printer(transport)
    driver = bench.driver(paper.path, patience=Patience(poll_s=0.02, answer_s=0.1))
    assert states.wait("", PATIENCE_S)
    before = descriptors()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hardware.printing.link.REOPEN_S", 0.005)
        for _ in range(100):
            paper.unplug()
            assert states.wait("port-missing", PATIENCE_S)
            paper.plug()
            assert states.wait("", PATIENCE_S)
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED
    after = descriptors()
    driver.close()
    paper.close()

    assert after <= before + 2, "descriptors leak"
    assert threading.active_count() == threads
    bench._made.clear()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_opening_and_closing_drivers_leaves_nothing(bench: Workbench, transport: str) -> None:
    paper = bench.printer(transport)
    threads, before = threading.active_count(), descriptors()
    for _ in range(20):
        EscposPrinter(paper.path, TEXT, None, Patience(answer_s=0.05)).close()

    assert wait_until(lambda: descriptors() <= before + 1)
    assert threading.active_count() == threads


def test_a_virtual_printer_on_loopback_keeps_its_port(bench: Workbench) -> None:
    paper: VirtualPrinter = bench.printer("tcp")
    path = paper.path
    paper.unplug()
    paper.plug()

    assert paper.path == path
    with socket.create_connection(split_address(path), timeout=PATIENCE_S) as guest:
        guest.sendall(b"\x10\x04\x01")
        assert readable(guest.fileno())
        assert guest.recv(8) == b"\x12"
