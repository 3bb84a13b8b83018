from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from hardware.paper.logo import HEAVIEST_MIB, MOST_HEIGHT, Logo, load_logo, read_logo
from hardware.paper.mistakes import PaperError
from hardware.paper.slip import margin, render
from tests.examples import examples
from tests.hardware.make_golden import SAMPLES
from tests.hardware.templates import emblem, logo


def png(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def told(content: bytes) -> list[str]:
    with pytest.raises(PaperError) as refused:
        read_logo(content, "arms.png")
    return str(refused.value).splitlines()


def share_of_ink(dots: Image.Image) -> float:
    return dots.histogram()[255] / (dots.width * dots.height)


@settings(max_examples=examples(60), deadline=None)
@given(
    size=st.tuples(st.integers(1, 900), st.integers(1, 900)),
    room=st.integers(200, 640),
    width=st.one_of(st.just(0), st.integers(40, 640)),
    dither=st.booleans(),
)
def test_a_logo_is_never_wider_than_the_paper_nor_higher_than_its_bound(
    size: tuple[int, int], room: int, width: int, dither: bool
) -> None:
    dots = Logo(Image.new("L", size, 0)).ink(room, width, dither=dither)

    assert dots.mode == "1"
    assert dots.width <= min(room, width or room)
    assert dots.height <= MOST_HEIGHT
    assert share_of_ink(dots) == 1.0


@pytest.mark.parametrize(
    ("size", "width", "printed"),
    [
        ((200, 96), 0, (200, 96)),
        ((200, 96), 300, (300, 144)),
        ((200, 96), 640, (368, 176)),
        ((800, 100), 0, (368, 46)),
        ((100, 480), 0, (50, 240)),
        ((2000, 2000), 300, (240, 240)),
    ],
)
def test_a_logo_keeps_its_proportions(size: tuple[int, int], width: int, printed: tuple[int, int]) -> None:
    assert read_logo(png(Image.new("L", size, 0))).ink(368, width).size == printed


def test_the_dots_are_those_of_the_picture() -> None:
    dots = logo().ink(368)

    assert (
        ImageChops.difference(
            ImageChops.invert(dots.convert("L")), emblem().point(lambda v: 0 if v < 128 else 255)
        ).getbbox()
        is None
    )


def test_greys_become_dots_only_where_the_template_says_so() -> None:
    field = (110, 60, 190, 84)  # grey 150 in the emblem
    plain, dotted = (logo().ink(368, dither=dither).crop(field) for dither in (False, True))

    assert share_of_ink(plain) == 0.0
    assert 0.3 < share_of_ink(dotted) < 0.5  # (255 - 150) / 255


@pytest.mark.parametrize("dither", [False, True])
def test_the_same_file_gives_the_same_dots(dither: bool) -> None:
    content = png(emblem(333, 150))
    first, second = (read_logo(content).ink(300, dither=dither).tobytes() for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    "picture",
    [
        emblem(),
        emblem().convert("1"),
        emblem().convert("RGB"),
        emblem().convert("P"),
        emblem().convert("LA"),
        emblem().convert("I;16").point(lambda level: level * 257),
    ],
    ids=["grey", "one bit", "colours", "palette", "alpha", "sixteen bits"],
)
def test_every_kind_of_png_looks_the_same(picture: Image.Image) -> None:
    assert (
        read_logo(png(picture)).ink(368).crop((0, 0, 200, 50)).tobytes()
        == logo().ink(368).crop((0, 0, 200, 50)).tobytes()
    )


def test_greys_of_sixteen_bits_are_greys() -> None:
    deep = emblem().convert("I;16").point(lambda level: level * 257)

    assert read_logo(png(deep)).ink(368, dither=True).tobytes() == logo().ink(368, dither=True).tobytes()


def test_what_is_transparent_is_white_paper() -> None:
    arms = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    arms.paste((0, 40, 0, 255), (20, 10, 60, 40))

    assert read_logo(png(arms)).ink(368).getbbox() == (20, 10, 60, 40)


def test_a_jpeg_stands_upright() -> None:
    turned = Image.new("L", (60, 30), 255)
    turned.paste(0, (0, 0, 30, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: turn it by 90 degrees to the right
    dots = read_logo(png(turned, "JPEG", exif=exif, quality=95)).ink(368)

    assert dots.size == (30, 60)
    assert share_of_ink(dots.crop((0, 0, 30, 28))) == 1.0
    assert share_of_ink(dots.crop((0, 32, 30, 60))) == 0.0


def test_a_pale_logo_is_printed_as_dark_as_a_dark_one() -> None:
    pale = emblem().point(lambda level: 200 + level * 55 // 255)
    assert read_logo(png(pale)).ink(368).tobytes() == logo().ink(368).tobytes()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "this is no picture that can be printed; save it as PNG or JPEG"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "this is no picture that can be printed; save it as PNG or JPEG",
        ),
        (png(emblem())[:200], "this is no picture that can be printed; save it as PNG or JPEG"),
        (png(emblem(), "GIF"), "this is no picture that can be printed; save it as PNG or JPEG"),
        (
            png(Image.new("L", (200, 100), 255)),
            "nothing in the picture is darker than the paper; take one with dark lines on white",
        ),
        (png(Image.new("1", (5000, 5000))), "the picture has more than 16 million dots; save it smaller"),
        (png(Image.new("1", (10_000, 10_000))), "the picture has more than 16 million dots; save it smaller"),
        (png(Image.new("1", (20_000, 20_000))), "the picture has more than 16 million dots; save it smaller"),
    ],
    ids=["empty", "svg", "cut off", "gif", "blank", "large", "larger", "a bomb"],
)
def test_what_is_no_logo_is_a_mistake_with_a_sentence(content: bytes, sentence: str) -> None:
    assert told(content) == [f"logo arms.png: {sentence}"]


def test_a_heavy_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "arms.png"
    file.write_bytes(png(emblem()) + bytes(HEAVIEST_MIB * 1024 * 1024))
    with pytest.raises(PaperError, match=r"logo arms\.png: the file is larger than 4 MiB; save the picture smaller"):
        load_logo(file)


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(PaperError, match=r"logo arms\.png: the file cannot be read: No such file or directory"):
        load_logo(tmp_path / "arms.png")


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "arms.png"
    file.write_bytes(png(emblem()))
    first = load_logo(file)
    assert load_logo(file) is first
    assert first.ink(300) is first.ink(300)

    file.write_bytes(png(emblem(100, 60)))
    os.utime(file, ns=(1, 1))
    assert load_logo(file) is not first
    assert load_logo(file).ink(368).size == (100, 60)


@pytest.mark.parametrize("width", [384, 576])
def test_the_logo_stands_at_the_top_between_the_margins(width: int) -> None:
    plain, pictured = render(SAMPLES["ru"], width), render(SAMPLES["ru"], width, logo=logo())
    indent = (width - 200) // 2

    assert pictured.height == plain.height + 96 + 12
    assert ImageChops.difference(pictured.crop((0, 108, width, pictured.height)), plain).getbbox() is None
    assert ImageChops.invert(pictured.crop((0, 0, width, 96))).getbbox() == (indent + 2, 2, indent + 198, 94)
    wide = render(SAMPLES["ru"], width, logo=logo(3000, 400))
    box = ImageChops.invert(wide.crop((0, 0, width, 60))).getbbox()
    assert box is not None
    assert margin(width) <= box[0] < box[2] <= width - margin(width)
