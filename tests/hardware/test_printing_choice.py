"""How slips are written, changed in hardware.toml: only the printer's table changes, and never to something wrong."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.config import HardwareConfigError, parse
from hardware.printing.choice import LETTERS, NoPrinterError, with_letters, with_raster
from hardware.printing.code_pages import CODE_PAGES

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "hardware" / "examples").glob("*.toml"))
SMALL = next(path for path in EXAMPLES if path.name == "small-office.toml").read_text(encoding="utf-8")
SEEN = date(2026, 11, 28)


def test_the_ticked_line_stands_in_the_file_with_its_day() -> None:
    made = with_letters(SMALL, "CP1251", 46, SEEN)
    printer = parse(made.encode()).printer
    assert printer is not None
    assert (printer.mode, printer.codepage, printer.slot, printer.ticked) == (
        "text",
        "CP1251",
        46,
        "2026-11-28 CP1251/46",
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_everything_else_of_a_file_stays(path: Path) -> None:
    before = tomllib.loads(path.read_text(encoding="utf-8"))
    after = tomllib.loads(with_letters(path.read_text(encoding="utf-8"), "CP866", 17, SEEN))
    changed = {"mode", *LETTERS}
    for file in (before, after):
        file["printer"] = {key: value for key, value in file["printer"].items() if key not in changed}
    assert after == before


def test_comments_and_order_stay() -> None:
    made = with_letters(SMALL, "CP1251", 46, SEEN).splitlines()
    kept = [line for line in SMALL.splitlines() if not line.startswith("mode = ")]
    assert [line for line in made if line in kept] == kept


@given(st.sampled_from(CODE_PAGES), st.integers(0, 255), st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_every_line_can_be_ticked_and_taken_back(codepage: str, slot: int, seen: date) -> None:
    made = with_letters(SMALL, codepage, slot, seen)
    assert with_raster(made) == SMALL
    assert with_letters(made, codepage, slot, seen) == made


def test_another_line_takes_the_place_of_the_first() -> None:
    first = with_letters(SMALL, "CP866", 17, SEEN)
    assert with_letters(first, "CP1251", 46, SEEN) == with_letters(SMALL, "CP1251", 46, SEEN)
    assert first.count("ticked") == with_letters(first, "CP1251", 46, SEEN).count("ticked") == 1


def test_what_would_be_wrong_is_refused() -> None:
    with pytest.raises(HardwareConfigError):
        with_letters(SMALL, "CP437", 0, SEEN)
    with pytest.raises(HardwareConfigError):
        with_letters(SMALL, "CP1251", 256, SEEN)
    with pytest.raises(HardwareConfigError):
        with_raster(SMALL.replace("schema = 1", "schema = 9"))


def test_a_file_without_a_printer_is_not_given_one() -> None:
    with pytest.raises(NoPrinterError):
        with_raster('schema = 1\nmode = "real"\n')
