from __future__ import annotations

from pathlib import Path

import pytest
from escpos.capabilities import CAPABILITIES
from PIL import Image

from hardware.paper.slip import SlipContent, render
from hardware.printing import code_pages, self_test
from hardware.printing.code_pages import CODE_PAGES, Candidate, candidates
from hardware.printing.pictures import head_test, ruler
from hardware.printing.profiles import PROFILES, PrinterProfile
from tests.hardware.code_reader import library, read_codes
from tests.hardware.letter_reader import printed

TABLES = {
    "generic-58mm": "default",
    "generic-80mm": "default",
    "epson-tm-t20iii": "TM-T20II",
    "epson-tm-t88v": "TM-T88V",
    "epson-tm-t88iv": "TM-T88IV",
    "epson-tm-t88iii": "TM-T88III",
    "epson-tm-l90": "TM-L90",
    "rongta-rp326": "RP326",
    "pos-5890": "POS-5890",
    "netum-nt-5890k": "NT-5890K",
    "netum-80-v-ul": "NT-80-V-UL",
    "pbm-p822d": "P822D",
    "kefar-kr-306": "KR-306",
    "star-tsp600": "TSP600",
    "seiko-rp-f10-58mm": "RP-F10-58mm",
    "seiko-rp-f10-80mm": "RP-F10-80mm",
    "citizen-ct-s651": "CT-S651",
}
"""The table that each profile says its figures are of."""

CYRILLIC = {"CP866": "CP866", "CP855": "CP855", "CP1125": "CP1125", "CP1251": "CP1251", "ISO_8859-5": "ISO8859-5"}
ALL = [pytest.param(profile, id=name) for name, profile in PROFILES.items()]


def test_every_profile_has_its_name_and_a_source() -> None:
    assert {name: profile.name for name, profile in PROFILES.items()} == {name: name for name in PROFILES}
    assert set(TABLES) == set(PROFILES)


@pytest.mark.parametrize("profile", ALL)
def test_profiles_say_what_the_tables_say(profile: PrinterProfile) -> None:
    table = CAPABILITIES["profiles"][TABLES[profile.name]]
    slots = {int(slot): CYRILLIC[page] for slot, page in table["codePages"].items() if page in CYRILLIC}
    media, features = table["media"], table["features"]

    assert profile.code_pages == slots
    assert media["width"]["pixels"] in (profile.width, "Unknown")
    assert media.get("dpi", "Unknown") in (round(profile.dots_per_mm * 25.4), "Unknown")
    assert features["bitImageRaster"]
    if not profile.name.startswith("generic"):
        assert profile.cutter == (features["paperFullCut"] or features["paperPartCut"])
        assert profile.native_qr == features["qrCode"]


@pytest.mark.parametrize("profile", ALL)
def test_profiles_draw_by_default_and_are_worth_drawing_on(profile: PrinterProfile) -> None:
    assert profile.mode == "raster"
    assert profile.answers
    render(SlipContent("Офіс", "", "", "А\u00a0001", "Послуга", qr="x" * 60), profile.width)


def test_the_profiles_own_slots_come_first_and_then_all_the_others() -> None:
    lines = candidates(PROFILES["pos-5890"])

    assert lines[:3] == (Candidate(1, "CP1251", 73), Candidate(2, "CP866", 17), Candidate(3, "CP866", 59))
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert {line.name for line in lines} >= {"CP1251/46", "CP1251/6", "CP866/7", "CP866/10", "CP866/37", "CP1125/44"}
    assert len({line.name for line in lines}) == len(lines)


@pytest.mark.parametrize("profile", ALL)
def test_the_entries_of_the_right_slots_alone_can_be_read(profile: PrinterProfile) -> None:
    paper = printed(code_pages.job(profile), profile)
    text = list(paper.text)
    assert all(len(line) <= 32 for line in text)
    for candidate in candidates(profile):
        head = text.index(f"{candidate.number:>2}  {candidate.name}")
        letters = "".join(text[head + 1 : head + 3])
        readable = letters == "".join(
            letter if _has(letter, candidate.codepage) else "-" for letter in "".join(code_pages.LETTERS)
        )
        assert readable == (profile.code_pages.get(candidate.slot) == candidate.codepage), candidate


def _has(letter: str, codepage: str) -> bool:
    try:
        return bool(letter.encode(codepage))
    except UnicodeEncodeError:
        return False


def test_a_printer_whose_table_is_wrong_shows_it_on_the_slip() -> None:
    """The file says Epson, on the table stands a Rongta: the entry that can be read names the right slot."""
    epson, rongta = PROFILES["epson-tm-t20iii"], PROFILES["rongta-rp326"]
    text = printed(code_pages.job(epson), rongta).text
    readable = [text[number - 1].split()[-1] for number, line in enumerate(text) if line == code_pages.LETTERS[0]]

    assert set(readable) == {"CP1251/6", "CP866/7"}


def test_every_code_page_offered_can_write_ukrainian_but_for_what_is_drawn() -> None:
    for codepage in CODE_PAGES:
        lacking = {letter for letter in self_test.UKRAINIAN + self_test.RUSSIAN if not _has(letter, codepage)}
        assert lacking <= set("іґ")


@pytest.mark.parametrize("profile", ALL)
def test_the_self_test_fits_the_paper_and_its_code_can_be_read(profile: PrinterProfile) -> None:
    paper = printed(self_test.job(profile), profile)

    assert paper.image.width == profile.width
    assert paper.image.height >= self_test.picture(profile).height
    if library() is not None:
        assert read_codes(paper.image) == [f"talon self-test {profile.name}"]


def test_the_ruler_shows_millimetres_and_both_edges() -> None:
    image = ruler(384, 8.0).convert("L")
    black = [image.crop((x, 0, x + 1, 10)).getextrema() == (0, 0) for x in range(384)]

    assert [x for x in range(0, 384, 8) if not black[x]] == []
    assert black[0]
    assert black[383]
    assert not any(black[x] for x in (4, 12, 20))


def test_every_dot_of_the_head_prints_alone_once() -> None:
    image = head_test(384).convert("L")
    below = image.crop((0, 16, 384, image.height))

    assert all(image.getpixel((x, y)) == 0 for x in range(384) for y in range(16))
    assert all(below.crop((x, 0, x + 1, below.height)).histogram()[0] == 1 for x in range(384))


def test_a_logo_is_printed_and_a_broken_one_named(tmp_path: Path) -> None:
    good, broken = tmp_path / "logo.png", tmp_path / "broken.png"
    Image.new("RGB", (1200, 300), (0, 0, 0)).save(good)
    broken.write_text("no picture")
    profile = PROFILES["pos-5890"]
    without = self_test.picture(profile)

    assert self_test.picture(profile, good).height == without.height + 16 + 96
    assert self_test.picture(profile, broken).height > without.height
    assert self_test.picture(profile, tmp_path / "missing.png").height > without.height
    assert printed(self_test.job(profile, good), profile).image.height >= without.height + 96
