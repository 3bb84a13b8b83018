"""Every letter and every code is read back from the paper, for each printer that Talon knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardware.printing.code_pages import CODE_PAGES
from hardware.printing.encoder import PrinterProfile, encode
from hardware.printing.profiles import PROFILES
from tests.hardware.code_reader import library, read_codes
from tests.hardware.letter_reader import (
    ALIKE,
    LABEL,
    LETTERS,
    VALUE,
    alphabet_slip,
    glyphs,
    printed,
    read,
    readings,
    references,
)
from tests.hardware.make_golden import SAMPLES

WIDTHS = {profile.width: profile for profile in PROFILES.values()}
PLACES = [
    (name, codepage, slot)
    for name, profile in PROFILES.items()
    for slot, codepage in profile.code_pages.items()
    if codepage in CODE_PAGES
]
SAME_LOOK = str.maketrans("iI", "іІ")
LEAST_MARGIN = 6
"""Dots that must lie between being a letter and being another; `letter_reader` prints what there is."""


def in_letters(profile: PrinterProfile, codepage: str, slot: int) -> PrinterProfile:
    return replace(profile, mode="text", codepage=codepage, codepage_slot=slot)


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_every_drawn_letter_is_read_back_from_the_dots(width: int) -> None:
    for letter, small, large in readings(WIDTHS[width]):
        assert (small.letter, large.letter) == (letter, letter)
        assert min(small.margin, large.margin) >= LEAST_MARGIN, (letter, small, large)


@pytest.mark.parametrize("pair", ALIKE)
def test_letters_that_look_alike_are_told_apart(pair: str) -> None:
    for style in (LABEL, VALUE):
        first, second = (references(*style)[letter] for letter in pair)
        assert min((one ^ other).bit_count() for one in first for other in second) >= LEAST_MARGIN


def test_the_reader_notices_a_letter_that_is_not_the_one() -> None:
    """The control: a slip that writes г for ґ is read as what it says."""
    wrong = alphabet_slip()
    rows = tuple((left.replace("ґ", "г"), right.replace("ґ", "г")) for left, right in wrong.rows)
    profile = PrinterProfile()
    found = glyphs(printed(encode(replace(wrong, rows=rows), profile), profile).image)
    assert [
        read(glyph, style).letter for glyph, style in zip(found[LETTERS.index("ґ")], (LABEL, VALUE), strict=True)
    ] == [
        "г",
        "г",
    ]


@pytest.mark.parametrize(("name", "codepage", "slot"), PLACES, ids=[f"{n}-{c}-{s}" for n, c, s in PLACES])
def test_every_letter_set_in_the_printers_own_is_read_back(name: str, codepage: str, slot: int) -> None:
    """What a page lacks is not replaced by another letter: the slip is drawn, and read back dot by dot."""
    profile = in_letters(PROFILES[name], codepage, slot)
    for letter in LETTERS:
        content = replace(alphabet_slip(), rows=((letter, letter),))
        job = encode(content, profile)
        if b"\x1dv0" in job:
            assert codepage == "CP866"
            assert letter in "ґҐ"
            continue
        line = printed(job, profile).text[-1].translate(SAME_LOOK)
        assert line == letter + " " * (profile.columns - 2) + letter


def test_drawn_is_what_the_page_lacks() -> None:
    profile = in_letters(PROFILES["rongta-rp326"], "CP866", 7)
    job = encode(alphabet_slip(), profile)

    assert b"\x1dv0" in job
    assert (
        printed(job, profile).image.tobytes()
        == printed(encode(alphabet_slip(), PrinterProfile()), PrinterProfile()).image.tobytes()
    )


@pytest.mark.parametrize("name", [name for name, profile in PROFILES.items() if profile.code_pages])
def test_a_wrong_slot_shows_on_the_paper(name: str) -> None:
    """The control: the slot of another model gives other letters."""
    profile = PROFILES[name]
    right = next(slot for slot, page in profile.code_pages.items() if page in CODE_PAGES)
    wrong = next(slot for slot in range(1, 255) if slot not in profile.code_pages)
    content = replace(SAMPLES["ru"], qr="")
    papers = [
        printed(encode(content, in_letters(profile, profile.code_pages[right], slot)), profile).text
        for slot in (right, wrong)
    ]

    assert any("Счета" in line for line in papers[0])
    assert not any("Счета" in line for line in papers[1])


@pytest.mark.skipif(library() is None, reason="zbar is not installed (Debian: libzbar0)")
@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("mode", ["raster", "text"])
def test_the_code_is_read_back_from_the_paper(name: str, mode: str) -> None:
    profile = PROFILES[name]
    if mode == "text":
        slot, codepage = next((slot, page) for slot, page in profile.code_pages.items() if page in CODE_PAGES)
        profile = in_letters(profile, codepage, slot)
    content = SAMPLES["ru"]
    job = encode(content, profile)

    assert (b"\x1d(k" in job) == (mode == "text" and profile.native_qr)
    assert read_codes(printed(job, profile).image) == [content.qr]


@pytest.mark.skipif(library() is None, reason="zbar is not installed (Debian: libzbar0)")
def test_a_damaged_code_is_not_read() -> None:
    """The control: what zbar reads is what the dots say."""
    profile = PrinterProfile()
    image = printed(encode(SAMPLES["ru"], profile), profile).image.copy()
    width, height = image.size
    for y in range(0, height, 2):
        image.paste(255, (0, y, width, y + 1))

    assert read_codes(image) == []
