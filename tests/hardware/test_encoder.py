from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from hardware.paper.slip import render
from hardware.printing.encoder import (
    LONGEST_COMMAND,
    PrinterProfile,
    UnprintableTextError,
    encode,
    to_code_page,
)
from hardware.simulator.paper import Mechanism, Paper
from tests.hardware.make_golden import GOLDEN, SAMPLES, TEXT_PROFILES, WIDTHS

Printed = tuple[list[Paper], Mechanism, list[int]]


def run(job: bytes, width: int) -> Printed:
    """Execute a job on the mechanism: the papers, and the length of every command."""
    papers: list[Paper] = []
    mechanism = Mechanism(width, lambda _: None, papers.append, lambda _: None)
    rest, lengths = bytearray(job), []
    while rest:
        used = mechanism.step(rest)
        assert used, "a command without its end"
        lengths.append(used)
        del rest[:used]
    return papers, mechanism, lengths


@pytest.mark.parametrize("printer", TEXT_PROFILES)
@pytest.mark.parametrize("name", SAMPLES)
def test_text_job_is_the_golden_bytes(name: str, printer: str) -> None:
    golden = (GOLDEN / f"slip-{name}-{printer}.bin").read_bytes()

    assert encode(SAMPLES[name], TEXT_PROFILES[printer]) == golden


@pytest.mark.parametrize("width", WIDTHS.values())
@pytest.mark.parametrize("name", SAMPLES)
def test_raster_job_prints_the_drawn_slip_dot_for_dot(name: str, width: int) -> None:
    papers, mechanism, lengths = run(encode(SAMPLES[name], PrinterProfile(width=width)), width)
    drawn = render(SAMPLES[name], width).convert("L")
    printed = papers[0].image.convert("L")

    assert mechanism.unknown == []
    assert len(papers) == 1
    assert printed.height == drawn.height
    assert ImageChops.difference(drawn, printed).getbbox() is None
    assert max(lengths) <= LONGEST_COMMAND


def test_bands_save_a_third_of_the_full_raster() -> None:
    drawn = render(SAMPLES["ru"], 576)

    assert len(encode(SAMPLES["ru"], PrinterProfile())) < 0.67 * drawn.height * 576 / 8


@pytest.mark.parametrize("printer", TEXT_PROFILES)
def test_text_job_writes_number_service_rows_and_mark(printer: str) -> None:
    profile = TEXT_PROFILES[printer]
    papers, mechanism, _ = run(encode(SAMPLES["uk-copy"], profile), profile.width)
    text = [line.strip() for line in papers[0].text]

    assert mechanism.unknown == []
    assert text[0] == text[-1] == to_code_page("КОПІЯ", profile.codepage).decode(profile.codepage)
    assert "К 056" in text
    assert any(line.startswith("Видано ") and line.endswith(" 24.11.2026 10:42") for line in text)
    assert papers[0].marked


def test_text_job_prints_a_code_the_printer_draws() -> None:
    papers, mechanism, _ = run(encode(SAMPLES["ru"], TEXT_PROFILES["cp1251"]), 576)

    assert mechanism.unknown == []
    assert f"[QR {SAMPLES['ru'].qr}]" in papers[0].text


@settings(max_examples=60, deadline=None)
@given(
    name=st.text("абвїіґєщЩЖ’« »-/ABCxyz019 ", max_size=400),
    width=st.sampled_from(sorted(WIDTHS.values())),
)
def test_no_text_line_is_longer_than_the_paper(name: str, width: int) -> None:
    profile = replace(TEXT_PROFILES["cp1251"], width=width)
    content = replace(SAMPLES["en"], service=name, rows=((name[:60], name[-60:]),))
    papers, _, _ = run(encode(content, profile), width)
    printed = "".join("".join(papers[0].text).split())

    assert all(len(line) <= profile.columns for line in papers[0].text)
    assert "".join(name.replace("’", "’").split()) in printed


def test_letters_missing_from_the_page_become_their_nearest() -> None:
    assert to_code_page("Об’єкт ґанку – №1", "cp866").decode("cp866") == "Об'єкт ганку - №1"
    assert to_code_page("Їжак і café", "cp866").decode("cp866") == "Їжак i cafe"
    assert to_code_page("5 ₴, 8 ₽", "cp1251").decode("cp1251") == "5 грн, 8 руб"


def test_letters_without_a_near_one_are_named() -> None:
    with pytest.raises(UnprintableTextError) as caught:
        to_code_page("Ω и 東京 и Ω", "cp1251")

    assert caught.value.letters == "Ω東京"


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.WARNING, logger="hardware.printing.encoder"):
        yield caplog


def test_a_slip_that_cannot_be_set_in_letters_is_drawn(warnings: pytest.LogCaptureFixture) -> None:
    content = replace(SAMPLES["en"], service="Ωmega")

    assert b"\x1dv0" in encode(content, TEXT_PROFILES["cp1251"])
    assert "Ω" in warnings.text
    assert b"?" not in encode(SAMPLES["uk-copy"], TEXT_PROFILES["cp866-58mm"])
