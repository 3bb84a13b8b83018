from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from hardware.paper.slip import render
from hardware.ports import Condition, DeviceState, PrintOutcome, TicketPrinter
from hardware.printing.confirming import process_id
from hardware.printing.encoder import PrinterProfile
from hardware.printing.printer import EscposPrinter, Patience
from hardware.simulator.printer import VirtualPrinter
from tests.hardware.printers import (
    PATIENCE_S,
    RASTER,
    TEXT,
    TRANSPORTS,
    States,
    Workbench,
    in_thread,
    job,
    slip,
    wait_until,
)

GS_R = replace(TEXT, confirm="gs-r")
HASTY = Patience(poll_s=0.1, answer_s=0.1, silence_s=0.6, grace_s=0.3, resync_s=0.6)
QUESTIONS = {0x10, 0x04, 0x01, 0x02}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("profile", [TEXT, RASTER], ids=["text", "raster"])
def test_confirmed_slip_is_printed_once(bench: Workbench, profile: PrinterProfile, transport: str) -> None:
    paper, driver = bench.pair(profile, transport)
    printer: TicketPrinter = driver

    assert printer.print(job(138, profile), 7, PATIENCE_S) is PrintOutcome.PRINTED
    assert [p.job_ids for p in paper.paper] == [[7]]
    assert not paper.paper[0].torn
    assert printer.state().condition is Condition.READY


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_raster_paper_shows_the_drawn_slip(bench: Workbench, transport: str) -> None:
    paper, driver = bench.pair(RASTER, transport)
    driver.print(job(138, RASTER), 1, PATIENCE_S)
    taken = paper.take()

    assert taken is not None
    assert taken.image.tobytes() == render(slip(138), 576).tobytes()
    assert taken.png().startswith(b"\x89PNG")
    assert paper.take() is None


Fault = tuple[str, Callable[[VirtualPrinter], None], Callable[[VirtualPrinter], None]]
FAULTS: dict[str, Fault] = {
    "paper-out": ("load-paper", VirtualPrinter.paper_out, VirtualPrinter.load_paper),
    "cover-open": ("close-cover", VirtualPrinter.open_cover, VirtualPrinter.close_cover),
    "offline": ("press-feed", VirtualPrinter.pause, VirtualPrinter.resume),
    "printer-error": ("restart-printer", VirtualPrinter.jam, VirtualPrinter.clear_jam),
    "silent": ("check-power", VirtualPrinter.power_off, VirtualPrinter.power_on),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("reason", FAULTS)
def test_faults_are_named_with_what_to_do_and_cleared(
    bench: Workbench, states: States, reason: str, transport: str
) -> None:
    hint, spoil, mend = FAULTS[reason]
    paper, driver = bench.pair(transport=transport, keep_log=True)
    spoil(paper)
    assert states.wait(reason, PATIENCE_S)
    first = driver.state()
    assert (first.condition, first.hint) == (Condition.FAULT, hint)
    assert driver.print(job(1), 1, 5) is PrintOutcome.FAILED
    assert set(bytes(paper.log)) <= QUESTIONS, "a slip was sent to a printer that can't print"
    assert driver.state().since == first.since
    mend(paper)
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED
    assert [p.job_ids for p in paper.paper] == [[1]]


@pytest.mark.parametrize("reason", ["paper-out", "cover-open", "offline", "printer-error"])
def test_reports_that_nobody_asked_for_name_the_same_faults(bench: Workbench, states: States, reason: str) -> None:
    """A slip switches the reports on; with questions an hour apart only they can tell."""
    paper, driver = bench.pair(patience=Patience(poll_s=3600))
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED
    _, spoil, mend = FAULTS[reason]
    spoil(paper)
    assert states.wait(reason, PATIENCE_S)
    mend(paper)
    assert states.wait("", PATIENCE_S)
    paper.near_end(True)
    assert states.wait("", PATIENCE_S, warning="paper-near-end")


def test_near_end_is_a_warning_and_the_printer_stays_ready(bench: Workbench, states: States) -> None:
    paper, driver = bench.pair()
    paper.near_end(True)

    assert states.wait("", PATIENCE_S, warning="paper-near-end")
    assert driver.state().condition is Condition.READY
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED
    paper.near_end(False)
    assert states.wait("", PATIENCE_S)


def test_the_state_is_told_at_once_while_the_printer_is_silent(bench: Workbench, states: States) -> None:
    paper, driver = bench.pair(patience=Patience(answer_s=5.0))
    paper.silent = True
    threading.Event().wait(0.5)
    began = time.monotonic()
    assert driver.state().reason in ("", "silent")
    assert time.monotonic() - began < 4.0, "whoever asked had to wait for the printer"


@pytest.mark.parametrize("profile", [TEXT, RASTER], ids=["text", "raster"])
def test_paper_that_ends_in_the_middle_and_is_loaded_ends_in_one_slip(
    bench: Workbench, states: States, profile: PrinterProfile
) -> None:
    paper, driver = bench.pair(profile)
    paper.paper_out(after_dots=200)
    outcome = in_thread(lambda: driver.print(job(5, profile), 5, PATIENCE_S))

    assert states.wait("paper-out", PATIENCE_S)
    assert not paper.paper
    paper.load_paper()
    assert outcome() is PrintOutcome.PRINTED
    assert [p.job_ids for p in paper.paper] == [[5]]
    assert states.wait("", PATIENCE_S)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_paper_not_loaded_in_time_is_unknown_and_the_next_slip_comes_out_whole(
    bench: Workbench, states: States, transport: str
) -> None:
    paper, driver = bench.pair(RASTER, transport, buffer_bytes=2048)
    paper.paper_out(after_dots=100)

    assert driver.print(job(5, RASTER), 5, 1.2) is PrintOutcome.UNKNOWN
    assert driver.print(job(5, RASTER, "КОПИЯ"), 6, 1.0) is PrintOutcome.FAILED
    paper.load_paper()
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(5, RASTER, "КОПИЯ"), 6, PATIENCE_S) is PrintOutcome.PRINTED
    last = paper.paper[-1]
    assert last.image.tobytes() == render(slip(5, "КОПИЯ"), 576).tobytes()
    assert sum(not p.marked for p in paper.paper) <= 1


@pytest.mark.parametrize(("profile", "sent"), [(TEXT, 400), (RASTER, 5000)], ids=["text", "raster"])
def test_power_cut_in_the_middle_is_unknown(
    bench: Workbench, states: States, profile: PrinterProfile, sent: int
) -> None:
    paper, driver = bench.pair(profile)
    paper.power_off(after_bytes=sent)
    outcome = in_thread(lambda: driver.print(job(9, profile), 9, PATIENCE_S))

    assert states.wait("silent", PATIENCE_S)
    assert [p.torn for p in paper.paper] == [True]
    paper.power_on()
    assert outcome() is PrintOutcome.UNKNOWN
    assert driver.print(job(9, profile, "КОПИЯ"), 10, PATIENCE_S) is PrintOutcome.PRINTED
    assert [p.marked for p in paper.paper] == [False, True]


def test_blocked_line_ends_at_the_timeout(bench: Workbench) -> None:
    paper, driver = bench.pair(RASTER, buffer_bytes=256)
    paper.paper_out(after_dots=20)
    big = job(1, RASTER) + job(2, RASTER)
    started = time.monotonic()

    assert driver.print(big, 1, 1.0) is PrintOutcome.UNKNOWN
    assert time.monotonic() - started < 6.0


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_printer_that_takes_no_bytes_is_silent(bench: Workbench, states: States, transport: str) -> None:
    paper, driver = bench.pair(transport=transport)
    paper.hung = True

    assert states.wait("silent", PATIENCE_S)
    assert driver.print(job(1), 1, 1) is PrintOutcome.FAILED
    paper.hung = False
    assert states.wait("", PATIENCE_S)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_plug_pulled_in_the_middle_is_unknown_and_heals(bench: Workbench, states: States, transport: str) -> None:
    paper, driver = bench.pair(RASTER, transport)
    paper.unplug(after_bytes=3000)
    assert driver.print(job(1, RASTER), 1, PATIENCE_S) is PrintOutcome.UNKNOWN
    assert states.wait("port-missing", PATIENCE_S)
    paper.plug()
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(1, RASTER, "КОПИЯ"), 2, PATIENCE_S) is PrintOutcome.PRINTED
    assert paper.paper[-1].image.tobytes() == render(slip(1, "КОПИЯ"), 576).tobytes()
    assert sum(not p.marked for p in paper.paper) <= 1


def test_two_quick_jobs_come_out_one_after_the_other(bench: Workbench) -> None:
    paper, driver = bench.pair()
    first = in_thread(lambda: driver.print(job(1), 1, PATIENCE_S))
    second = in_thread(lambda: driver.print(job(2), 2, PATIENCE_S))

    assert {first(), second()} == {PrintOutcome.PRINTED}
    assert sorted(p.job_ids for p in paper.paper) == [[1], [2]]


def test_slow_line_is_not_taken_for_silence(bench: Workbench, states: States) -> None:
    paper, driver = bench.pair(replace(TEXT, baud=9600))
    paper.slow(960)

    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED
    assert not any(state.reason for state in states.seen)
    assert len(paper.paper) == 1


def test_a_slow_line_has_the_time_that_its_bytes_need(bench: Workbench) -> None:
    """A drawn slip takes half a minute at 9600 baud: no reason to give it up."""
    paper, driver = bench.pair(replace(TEXT, baud=1200))
    paper.slow(120)
    data = b"\x1b@" + b"x\n" * 130 + b"\x1dVB\x00"

    assert len(data) * 10 / 1200 > 2.0
    assert driver.print(data, 1, 2.0) is PrintOutcome.PRINTED


def test_clone_confirms_by_a_status_in_line(bench: Workbench, states: States) -> None:
    paper, driver = bench.pair(GS_R, process_ids=False)
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED

    paper.paper_out(after_dots=100)
    assert driver.print(job(2), 2, 1.0) is PrintOutcome.UNKNOWN
    paper.load_paper()
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(2, mark="КОПИЯ"), 3, PATIENCE_S) is PrintOutcome.PRINTED
    assert [p.marked for p in paper.paper] == [False, False, True]


def test_printer_without_confirmation_says_sent(bench: Workbench) -> None:
    paper, driver = bench.pair(replace(TEXT, confirm="none"))

    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.SENT
    assert paper.wait(lambda p: len(p.paper) == 1)
    paper.paper_out(after_dots=100)
    assert driver.print(job(2), 2, 1.0) is PrintOutcome.UNKNOWN


def test_dumb_printer_is_believed_while_its_port_is_there(bench: Workbench) -> None:
    paper, driver = bench.pair(replace(TEXT, confirm="none", answers=False))
    paper.silent = True

    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.SENT
    assert paper.wait(lambda p: len(p.paper) == 1)


def test_loss_and_return_are_logged_once(bench: Workbench, states: States, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="hardware.printing.status")
    paper, driver = bench.pair()
    paper.paper_out()
    assert states.wait("paper-out", PATIENCE_S)
    for number in range(3):
        driver.print(job(number), number, 1)
    paper.load_paper()
    assert states.wait("", PATIENCE_S)
    driver.close()

    assert [r.levelname for r in caplog.records if "paper-out" in r.message] == ["WARNING"]
    assert [r.levelname for r in caplog.records if "ready again" in r.message] == ["INFO"]


def test_a_failing_listener_does_not_stop_the_printer(bench: Workbench, states: States) -> None:
    paper, driver = bench.pair()

    def fail(state: DeviceState) -> None:
        states.add(state)
        raise RuntimeError("listener")

    driver._on_change = fail
    paper.paper_out()
    assert states.wait("paper-out", PATIENCE_S)
    paper.load_paper()
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED


def test_answers_that_come_late_are_silence_and_get_no_slip(bench: Workbench, states: States) -> None:
    """A late answer is never taken for the answer to a newer question."""
    paper, driver = bench.pair(keep_log=True)
    paper.answers.late_s = 1.0

    assert states.wait("silent", PATIENCE_S)
    assert driver.print(job(1), 1, 2) is PrintOutcome.FAILED
    assert set(bytes(paper.log)) <= QUESTIONS
    paper.answers.late_s = 0.0
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED


def is_in_step(driver: EscposPrinter) -> bool:
    with driver.reserved(PATIENCE_S) as line:
        return line is not None


def late_once(paper: VirtualPrinter, seconds: float) -> None:
    """The next confirmation alone comes late."""

    def garble(data: bytes) -> bytes:
        if data[:1] == b"\x37":
            paper.answers.garble = None
            threading.Timer(seconds, paper._end.write, [data]).start()
            return b""
        return data

    paper.answers.garble = garble


def test_a_late_confirmation_never_counts_for_the_next_slip(bench: Workbench) -> None:
    paper, driver = bench.pair(patience=HASTY)
    late_once(paper, 1.0)
    assert driver.print(job(1), 1, 0.5) is PrintOutcome.UNKNOWN
    paper.power_off(after_bytes=1500)  # in the middle of the next one, after what brings the printer back in step
    assert driver.print(job(2), 2, 3.0) is not PrintOutcome.PRINTED
    assert not any(2 in p.job_ids for p in paper.paper)


def test_a_confirmation_with_another_id_proves_nothing(bench: Workbench) -> None:
    paper, driver = bench.pair(patience=HASTY)
    paper.answers.garble = lambda data: b"\x37\x22    \x00" if data[:1] == b"\x37" else data

    assert driver.print(job(1), 1, 1.0) is PrintOutcome.UNKNOWN


@pytest.mark.parametrize("kept", range(1, 7))
def test_half_a_confirmation_proves_nothing(bench: Workbench, kept: int) -> None:
    paper, driver = bench.pair(patience=HASTY)
    paper.answers.garble = lambda data: data[:kept] if data[:1] == b"\x37" else data

    assert driver.print(job(1), 1, 1.0) is PrintOutcome.UNKNOWN


@pytest.mark.parametrize("kept", range(1, 4))
def test_half_a_report_is_no_confirmation_by_status(bench: Workbench, kept: int) -> None:
    """The zeros of a torn report look like the answer to GS r."""
    paper, driver = bench.pair(GS_R, patience=HASTY)

    def tear(data: bytes) -> bytes:
        return data[:kept] if len(data) == 4 else data if data[0] & 0x93 == 0x12 else b""

    paper.answers.garble = tear
    assert driver.print(job(1), 1, 1.0) is PrintOutcome.UNKNOWN


def test_an_answer_owed_by_the_slip_before_confirms_nothing(bench: Workbench, states: States) -> None:
    """GS r has no name: the answer of a slip that was given up arrives while the next one is under way."""
    paper, driver = bench.pair(GS_R, patience=HASTY, process_ids=False, paper_mm_s=120)
    paper.paper_out(after_dots=200)
    assert driver.print(job(1), 1, 0.6) is PrintOutcome.UNKNOWN
    paper.load_paper()
    assert states.wait("", PATIENCE_S)
    before = len(paper.paper)
    outcome = driver.print(job(2), 2, PATIENCE_S)
    assert outcome is PrintOutcome.FAILED or any("А 002" in p.text for p in paper.paper[before:])


def test_a_printer_that_never_confirms_is_found_out(bench: Workbench, states: States) -> None:
    """`confirm` is wrong: by the first slip it counts as one that can't, and every number is printed once."""
    paper = bench.printer()
    paper.answers.garble = lambda data: b"" if data[:1] == b"\x37" else data
    driver = bench.driver(paper.path, patience=HASTY)
    assert wait_until(lambda: is_in_step(driver)), "what never confirms may print all the same"
    assert states.wait("", PATIENCE_S, warning="unconfirmed")
    for number in range(3):
        assert driver.print(job(number), number, PATIENCE_S) is PrintOutcome.SENT
    paper.answers.garble = None
    assert wait_until(lambda: driver.print(job(9), 9, PATIENCE_S) is PrintOutcome.PRINTED)
    assert states.wait("", PATIENCE_S)
    assert [p.text[4] for p in paper.paper[:3]] == ["А 000", "А 001", "А 002"]


def test_a_printer_that_has_confirmed_is_not_taken_for_one_that_cannot(bench: Workbench, states: States) -> None:
    """What it no longer confirms is unknown, however often; it is never called sent."""
    paper, driver = bench.pair(patience=HASTY)
    paper.answers.garble = lambda data: b"" if data[:1] == b"\x37" else data
    for number in range(4):
        assert driver.print(job(number), number, 1.0) in (PrintOutcome.UNKNOWN, PrintOutcome.FAILED)
    assert states.wait("printer-error", PATIENCE_S), "it answers, but works nothing off"
    assert driver.state().hint == "restart-printer"
    paper.answers.garble = None
    assert states.wait("", PATIENCE_S)
    assert driver.print(job(9), 9, PATIENCE_S) is PrintOutcome.PRINTED


def test_what_an_earlier_life_left_in_the_printer_spoils_no_slip(bench: Workbench, states: States) -> None:
    """The process dies in the middle of a slip; the next one brings the printer into step before it prints."""
    paper, driver = bench.pair(RASTER)
    half = job(1, RASTER)[:5000]
    with driver.reserved(PATIENCE_S) as line:
        assert line is not None
        before = paper.received
        assert line.write(half, PATIENCE_S)
        assert paper.wait(lambda p: p.received >= before + len(half), PATIENCE_S)
    driver.close()
    again = bench.driver(paper.path, RASTER)
    assert again.print(job(2, RASTER), 2, PATIENCE_S) is PrintOutcome.PRINTED
    assert len(paper.paper) == 2
    assert paper.paper[1].image.tobytes() == render(slip(2), 576).tobytes()


@pytest.mark.parametrize("profile", [TEXT, RASTER, GS_R, replace(TEXT, confirm="none")])
def test_a_first_slip_needs_no_blank_paper_of_its_own(bench: Workbench, profile: PrinterProfile) -> None:
    """The printer is brought into step once, by the start of the process, not by a visitor."""
    paper, driver = bench.pair(profile)
    cuts = paper.blank_cuts
    for number in range(3):
        driver.print(job(number, profile), number, PATIENCE_S)

    assert cuts == paper.blank_cuts == 1


def test_closing_ends_a_slip_in_flight_as_unknown(bench: Workbench) -> None:
    paper, driver = bench.pair()
    paper.paper_out(after_dots=100)
    outcome = in_thread(lambda: driver.print(job(1), 1, 600.0))
    assert paper.wait(lambda p: not p.works)
    driver.close()

    assert outcome() is PrintOutcome.UNKNOWN
    assert driver.print(job(2), 2, 1.0) is PrintOutcome.FAILED


def test_process_ids_are_printable_and_distinct() -> None:
    ids = [process_id(job_id) for job_id in (*range(300), 95**4 - 2)]

    assert len(set(ids)) == len(ids)
    assert all(len(i) == 4 and all(0x20 <= byte <= 0x7E for byte in i) for i in ids)
    assert b"~~~~" not in ids


def arm(paper: VirtualPrinter, chance: random.Random, job_bytes: int) -> None:
    """Let one fault strike somewhere in the next slip, or none."""
    match chance.choices(["none", "paper", "cover", "power", "near"], [84, 7, 3, 4, 2])[0]:
        case "paper":
            paper.paper_out(after_dots=chance.randrange(800))
        case "cover":
            paper.open_cover()
        case "power":
            paper.power_off(after_bytes=chance.randrange(1, job_bytes + 40))
        case "near":
            paper.near_end(chance.random() < 0.5)


def repair(paper: VirtualPrinter, stop: threading.Event, chance: random.Random) -> None:
    """Put right whatever is wrong, some time after it went wrong."""
    while not stop.is_set():
        if not paper.wait(lambda p: not p.works, 0.1):
            continue
        stop.wait(chance.choice([0.02, 0.1, 0.4]))
        paper.load_paper()
        paper.close_cover()
        paper.power_on()


@pytest.mark.timeout(90)
def test_120_slips_under_faults_lose_none_and_double_none(bench: Workbench) -> None:
    paper, driver = bench.pair(replace(TEXT, baud=921600))
    seed = int(os.environ.get("TALON_PRINTER_SEED", "20261124"))
    chance = random.Random(seed)
    stop = threading.Event()
    keeper = threading.Thread(target=repair, args=(paper, stop, random.Random(seed)), daemon=True)
    keeper.start()
    outcomes: Counter[PrintOutcome] = Counter()
    job_id = 0
    try:
        for number in range(120):
            mark = ""
            for _ in range(30):
                assert paper.wait(lambda p: p.works)
                job_id += 1
                data = job(number, mark=mark)
                arm(paper, chance, len(data))
                outcome = driver.print(data, job_id, 0.5)
                outcomes[outcome] += 1
                if outcome is PrintOutcome.PRINTED:
                    break
                if outcome is PrintOutcome.UNKNOWN:
                    mark = "КОПИЯ"
            else:
                pytest.fail(f"number {number} never came out")
    finally:
        stop.set()
        keeper.join(5)

    whole: Counter[str] = Counter()
    unmarked: Counter[str] = Counter()
    for slip_paper in paper.paper:
        numbers = [line for line in slip_paper.text if line.startswith("А ") and len(line) == 5]
        assert len(numbers) <= 1, "two slips on one paper"
        for number_line in numbers:
            whole[number_line] += not slip_paper.torn
            unmarked[number_line] += not slip_paper.marked
    lost = [n for n in range(120) if not whole[f"А {n:03}"]]
    doubled = [n for n, count in unmarked.items() if count > 1]

    assert lost == []
    assert doubled == []
    assert outcomes[PrintOutcome.UNKNOWN] > 0, "the faults were too gentle to prove anything"
