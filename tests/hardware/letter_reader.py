"""Reads letters back from the dots of a paper, by references that are drawn another way than slips are.

A slip's letters come from FreeType's rasteriser for black and white. The references come from its grey one, cut at half
grey: no dot of a reference is computed as a dot of a slip is. `python -m tests.hardware.letter_reader`
prints how far every letter is from being taken for another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

from hardware.paper.slip import SlipContent
from hardware.printing.encoder import PrinterProfile, encode
from hardware.printing.self_test import RUSSIAN, UKRAINIAN
from hardware.simulator.paper import Mechanism, Paper

LETTERS = "".join(dict.fromkeys(RUSSIAN + UKRAINIAN + RUSSIAN.upper() + UKRAINIAN.upper()))
"""Both alphabets, both cases."""

ALIKE = ("ґг", "єе", "ії", "ий", "ёе", "ҐГ", "ЄЕ", "ІЇ", "ИЙ", "ЁЕ", "шщ", "ьъ", "цч")
"""Letters that a careless rasteriser could make one of."""

LABEL, VALUE = (24, 600), (28, 700)
"""Size in dots and weight of the left and the right side of a slip's row."""

_FONTS = Path(__file__).parents[2] / "hardware" / "fonts"
_LINE_GAP = 4  # rows without ink within a letter: below its accent
_FIELD = 48
_SHIFTS = (-1, 0, 1)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a glyph was read as, how many dots it is off, and the nearest other letter."""

    letter: str
    distance: int
    rival: str
    rival_distance: int

    @property
    def margin(self) -> int:
        """Dots between being this letter and being another."""
        return self.rival_distance - self.distance


def alphabet_slip() -> SlipContent:
    """A slip whose rows hold every letter twice, in both sizes that slips are set in."""
    return SlipContent("", "", "", "1", "", rows=tuple((letter, letter) for letter in LETTERS))


def printed(job: bytes, profile: PrinterProfile) -> Paper:
    """The paper that comes out of a printer of that model."""
    papers: list[Paper] = []
    dpi = round(profile.dots_per_mm * 25.4)
    mechanism = Mechanism(
        profile.width, lambda _: None, papers.append, lambda _: None, profile.code_pages, dpi, profile.cutter
    )
    rest = bytearray(job)
    while rest:
        used = mechanism.step(rest)
        assert used, "a command without its end"
        del rest[:used]
    assert mechanism.unknown == []
    assert len(papers) == 1
    return papers[0]


def glyphs(image: Image.Image) -> list[tuple[Image.Image, Image.Image]]:
    """The left and the right letter of every row below the rule, each cropped to its ink."""
    grey = image.convert("L")
    width, height = grey.size
    inked = [grey.crop((0, y, width, y + 1)).getextrema()[0] == 0 for y in range(height)]
    lines: list[tuple[int, int]] = []
    for y, ink in enumerate(inked):
        if not ink:
            continue
        if lines and y - lines[-1][1] <= _LINE_GAP:
            lines[-1] = lines[-1][0], y + 1
        else:
            lines.append((y, y + 1))
    rule = next(number for number, (top, bottom) in enumerate(lines) if bottom - top <= 3)
    return [_sides(grey.crop((0, top, width, bottom))) for top, bottom in lines[rule + 1 :]]


def _sides(line: Image.Image) -> tuple[Image.Image, Image.Image]:
    middle = line.width // 2
    return _cropped(line.crop((0, 0, middle, line.height))), _cropped(line.crop((middle, 0, line.width, line.height)))


def _cropped(image: Image.Image) -> Image.Image:
    box = ImageChops.invert(image).getbbox()
    assert box is not None, "a letter left no ink"
    return image.crop(box)


def read(glyph: Image.Image, style: tuple[int, int]) -> Reading:
    """The letter that a glyph of this size and weight is nearest to."""
    ranked = sorted((_distance(glyph, placed), letter) for letter, placed in references(*style).items())
    (distance, letter), (rival_distance, rival) = ranked[:2]
    return Reading(letter, distance, rival, rival_distance)


@lru_cache(maxsize=4)
def references(size: int, weight: int) -> dict[str, tuple[int, ...]]:
    """Every letter, drawn in grey: its dots at every shift by a dot."""
    font = ImageFont.truetype(_FONTS / f"GolosText-{weight}.ttf", size)
    drawn = {letter: _in_grey(letter, font) for letter in LETTERS}
    return {letter: tuple(_dots(glyph, x, y) for x in _SHIFTS for y in _SHIFTS) for letter, glyph in drawn.items()}


def _in_grey(letter: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    field = Image.new("L", (_FIELD, _FIELD), 255)
    ImageDraw.Draw(field).text((4, _FIELD * 3 // 4), letter, fill=0, font=font, anchor="ls")
    return _cropped(field.point(lambda level: 0 if level < 128 else 255))


def _distance(glyph: Image.Image, placed: tuple[int, ...]) -> int:
    """How many dots differ, at the best of the shifts."""
    dots = _dots(glyph, 0, 0)
    return min((dots ^ reference).bit_count() for reference in placed)


def _dots(glyph: Image.Image, x: int, y: int) -> int:
    """The dots of a field around a glyph, as the bits of a number."""
    field = Image.new("1", (_FIELD + 8, _FIELD + 8), 255)
    field.paste(glyph, (4 + x, 4 + y))
    return int.from_bytes(field.tobytes(), "big")


def readings(profile: PrinterProfile) -> list[tuple[str, Reading, Reading]]:
    """Every letter with what its two glyphs on paper were read as."""
    paper = printed(encode(alphabet_slip(), profile), profile)
    found = glyphs(paper.image)
    assert len(found) == len(LETTERS), f"{len(found)} lines for {len(LETTERS)} letters"
    return [
        (letter, read(left, LABEL), read(right, VALUE)) for letter, (left, right) in zip(LETTERS, found, strict=True)
    ]


def worst(read_back: Iterable[tuple[str, Reading, Reading]], count: int) -> Sequence[tuple[str, Reading]]:
    """The letters that came nearest to being taken for another."""
    every = [(letter, reading) for letter, *both in read_back for reading in both]
    return sorted(every, key=lambda one: one[1].margin)[:count]


def main() -> None:
    """Print how far apart letters are on the paper of each width."""
    from hardware.printing.profiles import PROFILES

    widths = {profile.width: profile for profile in PROFILES.values()}
    print("width  letters  read right  least margin")
    for width, profile in sorted(widths.items()):
        read_back = readings(profile)
        right = sum(reading.letter == letter for letter, *both in read_back for reading in both)
        margins = ", ".join(
            f"{letter} {r.distance}, not {r.rival} {r.rival_distance}" for letter, r in worst(read_back, 4)
        )
        print(f"{width:>5}  {2 * len(LETTERS):>7}  {right:>10}  {margins}")
    print("\nletters that look alike (dots off the own reference, dots off the other):")
    by_letter = {letter: both for letter, *both in readings(widths[576])}
    for pair in ALIKE:
        for letter, other in (pair, pair[::-1]):
            told = []
            for reading, style, glyph in zip(by_letter[letter], (LABEL, VALUE), _glyphs_of(letter), strict=True):
                told.append(
                    f"{style[0]} dots: {reading.distance:>3} / {_distance(glyph, references(*style)[other]):>3}"
                )
            print(f"  {letter} against {other}   {'   '.join(told)}")


def _glyphs_of(letter: str) -> tuple[Image.Image, Image.Image]:
    profile = PrinterProfile()
    return glyphs(printed(encode(alphabet_slip(), profile), profile).image)[LETTERS.index(letter)]


if __name__ == "__main__":
    main()
