from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from hardware.paper.slip import render
from hardware.paper.template import default_template, parse_template
from hardware.printing import encoder
from hardware.printing.commands import longest_command
from hardware.printing.dots import raster
from hardware.printing.encoder import PrinterProfile, encode
from hardware.printing.letters import UnprintableTextError, to_code_page
from hardware.simulator.paper import Mechanism, Paper
from tests.examples import examples
from tests.hardware.make_golden import DRAWN, GOLDEN, LOGO, SAMPLES, SET, TEXT_PROFILES, WIDTHS
from tests.hardware.templates import OFFICE

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


@pytest.mark.parametrize(("name", "printer"), SET)
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
    assert max(lengths) <= longest_command(width)


def test_bands_save_a_third_of_the_full_raster() -> None:
    drawn = render(SAMPLES["ru"], 576)

    assert len(encode(SAMPLES["ru"], PrinterProfile())) < 0.67 * drawn.height * 576 / 8


@pytest.mark.parametrize("printer", ["cp1251", "cp1125-58mm"])
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


@settings(max_examples=examples(60), deadline=None)
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
    assert to_code_page("Об’єкт і – №1", "cp866").decode("cp866") == "Об'єкт i - №1"
    assert to_code_page("Їжак і café", "cp866").decode("cp866") == "Їжак i cafe"
    assert to_code_page("5 ₴, 8 ₽", "cp1251").decode("cp1251") == "5 грн, 8 руб"


def test_letters_without_a_near_one_are_named() -> None:
    with pytest.raises(UnprintableTextError) as caught:
        to_code_page("Ω и 東京 и Ω", "cp1251")

    assert caught.value.letters == "Ω東京"


@pytest.mark.parametrize(("letter", "codepage"), [("ґ", "cp866"), ("Ґ", "cp866"), ("й", "cp437"), ("є", "koi8-r")])
def test_no_letter_becomes_another_one(letter: str, codepage: str) -> None:
    with pytest.raises(UnprintableTextError):
        to_code_page(letter, codepage)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    encoder._tell_once.cache_clear()
    with caplog.at_level(logging.WARNING, logger="hardware.printing.encoder"):
        yield caplog


def test_a_slip_that_cannot_be_set_in_letters_is_drawn(warnings: pytest.LogCaptureFixture) -> None:
    content = replace(SAMPLES["en"], service="Ωmega")

    assert b"\x1dv0" in encode(content, TEXT_PROFILES["cp1251"])
    assert encode(content, TEXT_PROFILES["cp1251"]) == encode(content, PrinterProfile())
    assert [record.message for record in warnings.records if "Ω" in record.message] != []
    assert len(warnings.records) == 1, "told once, not with every slip"
    assert b"\x1dv0" in encode(SAMPLES[DRAWN[0]], TEXT_PROFILES[DRAWN[1]])


def test_a_printer_that_draws_no_codes_is_sent_the_dots() -> None:
    profile = replace(TEXT_PROFILES["cp1251"], native_qr=False)
    job = encode(SAMPLES["ru"], profile)
    papers, mechanism, lengths = run(job, 576)

    assert b"\x1d(k" not in job
    assert mechanism.unknown == []
    assert max(lengths) <= longest_command(576)
    assert papers[0].image.height > 600


@pytest.mark.parametrize("native", [True, False])
def test_letters_follow_the_offices_template_too(native: bool) -> None:
    template = parse_template(OFFICE.encode())
    profile = replace(TEXT_PROFILES["cp1251"], native_qr=native)
    job = encode(replace(SAMPLES["uk-copy"], language="uk"), profile, template, LOGO)
    papers, mechanism, lengths = run(job, 576)
    text = [line.strip() for line in papers[0].text]

    assert mechanism.unknown == []
    assert max(lengths) <= longest_command(576)
    assert text[0] == text[-1] == "КОПІЯ"
    order = [
        next(place for place, line in enumerate(text) if line.startswith(start))
        for start in ("К 056", "Реєстрація", "-" * 48, "Чекайте", "Видано", "Довідки", "Центр", "вул.")
    ]
    assert order == sorted(order)
    assert papers[0].text[order[0]].startswith(" "), "the number stands in the middle"
    assert b"\x1dv0" in job, "the logo is drawn"
    assert papers[0].marked


def test_without_a_template_the_default_one_is_printed() -> None:
    content = SAMPLES["ru"]

    for profile in (PrinterProfile(), TEXT_PROFILES["cp1251"]):
        assert encode(content, profile) == encode(content, profile, default_template())


@pytest.mark.parametrize("after", [0x04, 0x05, 0x14])
def test_dots_that_would_read_as_a_real_time_command_get_one_dot_more(after: int) -> None:
    image = Image.new("1", (64, 1), 255)
    for x in (11, *(16 + bit for bit in range(8) if after >> (7 - bit) & 1)):
        image.putpixel((x, 0), 0)
    sent = raster(image)

    assert sent == b"\x1dv0\x00\x03\x00\x01\x00" + bytes((0, 0x18, after))


def test_dots_that_mean_nothing_stay_as_they_are() -> None:
    image = Image.new("1", (64, 1), 255)
    for x in (11, 23):
        image.putpixel((x, 0), 0)

    assert raster(image).endswith(bytes((0, 0x10, 0x01)))


@pytest.mark.parametrize(("dots_per_mm", "unit"), [(8.0, 203), (180 / 25.4, 180)])
def test_a_blank_row_is_as_high_as_a_printed_one(dots_per_mm: float, unit: int) -> None:
    profile = PrinterProfile(width=512, dots_per_mm=dots_per_mm)
    papers: list[Paper] = []
    mechanism = Mechanism(512, lambda _: None, papers.append, lambda _: None, dpi=unit)
    rest = bytearray(encode(SAMPLES["en"], profile))
    while rest:
        del rest[: mechanism.step(rest)]

    assert papers[0].image.height == render(SAMPLES["en"], 512).height


@pytest.mark.parametrize("printer", ["raster", "raster-58mm", "cp1251", "cp1125-58mm"])
@pytest.mark.parametrize("series", "БПЩ")
def test_only_a_copy_is_a_copy_however_it_is_torn(series: str, printer: str) -> None:
    """Large numbers are black, too; a piece of a slip must not pass for a marked one."""
    drawn = {"raster": PrinterProfile(), "raster-58mm": PrinterProfile(width=384)}
    profile = drawn[printer] if printer in drawn else TEXT_PROFILES[printer]
    content = replace(SAMPLES["ru"], number=f"{series}\u00a0777")
    (plain,), _, _ = run(encode(content, profile), profile.width)
    (copy,), _, _ = run(encode(replace(content, mark="КОПІЯ"), profile), profile.width)

    assert copy.marked
    for rows in range(24, plain.image.height, 24):
        assert not piece(plain, 0, rows).marked
        assert not piece(plain, rows, plain.image.height).marked
    for rows in range(160, copy.image.height, 48):
        assert piece(copy, 0, rows).marked
        assert piece(copy, copy.image.height - rows, copy.image.height).marked


def piece(paper: Paper, top: int, bottom: int) -> Paper:
    return Paper(paper.image.crop((0, top, paper.image.width, bottom)), ())
