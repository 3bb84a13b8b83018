from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from hardware.paper import letters, sheet, slip
from hardware.paper.slip import SlipContent, margin, render, wrap
from tests.examples import examples
from tests.hardware.make_golden import GOLDEN, SAMPLES, WIDTHS

REPOSITORY = Path(__file__).parents[2]
SHARED = Path(os.environ.get("TALON_SHARED", REPOSITORY.parent / "shared"))
SERVICES = SHARED / "data" / "ua_admin_services_2015.csv"
LETTERS = "абвгґдеєёжзиіїйклмнопрстуфхцчшщьыъэюяАЩЮЇҐABCWMijklq0179№«»’-/.,()"
NAMES = st.lists(st.text(LETTERS, min_size=1, max_size=60), max_size=40).map(
    lambda words: " ".join(words)[:400].strip()
)


def ink_box(image: Image.Image) -> tuple[int, int, int, int]:
    box = ImageChops.invert(image.convert("L")).getbbox()
    assert box is not None
    return box


def written(content: SlipContent, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything the sheet was asked to write, without spaces."""
    lines: list[str] = []
    paint = sheet.Sheet._paint_text

    def spy(self: sheet.Sheet, line: str, *args: int) -> None:
        lines.append(line)
        paint(self, line, *args)

    monkeypatch.setattr(sheet.Sheet, "_paint_text", spy)
    render(content, width)
    return "".join("".join(lines).split())


@pytest.mark.parametrize("paper", WIDTHS)
@pytest.mark.parametrize("name", SAMPLES)
def test_slip_is_the_golden_picture_dot_for_dot(name: str, paper: str) -> None:
    drawn = render(SAMPLES[name], WIDTHS[paper])
    golden = Image.open(GOLDEN / f"slip-{name}-{paper}.png")

    assert drawn.size == golden.size
    assert ImageChops.difference(drawn.convert("L"), golden.convert("L")).getbbox() is None


@settings(max_examples=examples(40), deadline=None)
@given(name=NAMES, width=st.sampled_from(sorted(WIDTHS.values())))
def test_no_service_name_leaves_the_margins_or_loses_a_letter(name: str, width: int) -> None:
    content = replace(SAMPLES["ru"], service=name, rows=((name[:90], name[-90:]),), qr="", mark=name[:40])
    with pytest.MonkeyPatch.context() as patch:
        text = written(content, width, patch)
    left, _, right, _ = ink_box(render(content, width))

    assert left >= margin(width)
    assert right <= width - margin(width)
    assert "".join(name.split()) in text
    assert "".join(name[-90:].split()) in text


@given(name=NAMES, columns=st.integers(1, 48))
def test_a_word_that_fits_a_line_is_never_broken(name: str, columns: int) -> None:
    lines = wrap(name, lambda line: len(line) <= columns)
    pieces = [piece for line in lines for piece in line.split()]

    assert all(len(line) <= columns for line in lines)
    assert "".join(pieces) == "".join(name.split())
    assert all(word in pieces for word in name.split() if len(word) <= columns)


@pytest.mark.skipif(not SERVICES.exists(), reason=f"no list of real services at {SERVICES}")
@pytest.mark.parametrize("width", sorted(WIDTHS.values()))
def test_real_service_names_fit_with_all_words(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with SERVICES.open(encoding="utf-8") as file:
        names = {row["name"] for row in csv.DictReader(file)}
    fits = letters.fits(28, 700, width - 2 * margin(width))
    for name in names:
        lines = wrap(name, fits)
        assert "".join("".join(lines).split()) == "".join(slip.clean(name).split())
        assert all(fits(line) for line in lines)

    longest = max(names, key=len)
    content = replace(SAMPLES["uk-copy"], service=longest)
    assert "".join(longest.split()) in written(content, width, monkeypatch)
    left, _, right, _ = ink_box(render(content, width))
    assert margin(width) <= left < right <= width - margin(width)


@pytest.mark.parametrize("width", sorted(WIDTHS.values()))
@pytest.mark.parametrize("number", ["7", "А\u00a0138", "ЩЖ\u00a01024", "W" * 40])
def test_number_is_as_large_as_the_paper_allows(number: str, width: int) -> None:
    blank = SlipContent("", "", "", number, "")
    left, _, right, bottom = ink_box(render(blank, width))

    assert margin(width) <= left < right <= width - margin(width)
    assert bottom >= 48
    if number == "А\u00a0138":
        assert right - left >= 0.9 * (width - 2 * margin(width))


def test_a_lone_letter_stays_with_the_next_word() -> None:
    assert wrap("паспорт и договор", lambda line: len(line) <= 10) == ["паспорт", "и\u00a0договор"]


def test_a_long_word_breaks_after_its_hyphen() -> None:
    assert wrap("водо-користування", lambda line: len(line) <= 8) == ["водо-", "користув", "ання"]


def test_copy_carries_its_mark_above_and_below() -> None:
    image = render(SAMPLES["uk-copy"], 384).convert("L")

    for y in (2, image.height - 3):
        assert image.crop((0, y, 384, y + 1)).histogram()[0] > 0.9 * 368


def test_a_code_too_long_for_the_paper_is_an_error() -> None:
    with pytest.raises(ValueError, match="code"):
        render(replace(SAMPLES["ru"], qr="x" * 5000), 384)


def test_the_drivers_are_imported_without_pillow_and_escpos() -> None:
    code = "import sys, hardware.printing.printer, hardware.paper.slip; print({'PIL', 'escpos'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
