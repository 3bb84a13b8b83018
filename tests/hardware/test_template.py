from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from hardware.paper.blocks import blocks
from hardware.paper.content import SlipContent
from hardware.paper.letters import STRONG, ink_width
from hardware.paper.mistakes import PaperError
from hardware.paper.slip import draw, margin, render
from hardware.paper.template import (
    Template,
    default_document,
    default_template,
    load_template,
    parse_template,
)
from tests.examples import examples
from tests.hardware.broken_templates import BROKEN
from tests.hardware.make_golden import GOLDEN, LOGO, SAMPLES, WIDTHS
from tests.hardware.templates import NUMBER_ALONE, OFFICE, documents, logo, templates

WIDTH = st.sampled_from(sorted(WIDTHS.values()))
WORDS = st.text("абвгґдеєїжіЩЮАBq0179№«»’-/., ", max_size=50)
CONTENTS = st.builds(
    SlipContent,
    office=WORDS,
    address=WORDS,
    heading=WORDS,
    number=st.text("АКЩЖW0123456789\u00a0", min_size=1, max_size=9).filter(lambda text: text.strip()),
    service=WORDS,
    rows=st.lists(st.tuples(WORDS, WORDS.filter(str.strip)), max_size=3).map(tuple),
    notes=st.lists(WORDS, max_size=3).map(tuple),
    mark=st.sampled_from(["", "КОПИЯ", "КОПІЯ", "COPY"]),
    footer=WORDS,
    qr=st.sampled_from(["", "https://talon.example/t/7KQ2M9"]),
    qr_note=WORDS,
    language=st.sampled_from(["ru", "uk", "en", ""]),
)


def mistakes(text: str) -> list[str]:
    with pytest.raises(PaperError) as refused:
        parse_template(text.encode())
    assert str(refused.value).splitlines() == [str(found) for found in refused.value.mistakes]
    return str(refused.value).splitlines()


def ink_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.invert(image.convert("L")).getbbox()


def kinds(content: SlipContent, template: Template, *, picture: bool = False) -> list[str]:
    return [printed.kind for printed in blocks(content, template, logo=picture)]


@settings(max_examples=examples(60), deadline=None)
@given(template=templates(), content=CONTENTS, width=WIDTH, pictured=st.booleans())
def test_any_right_template_prints_any_slip_between_the_margins(
    template: Template, content: SlipContent, width: int, pictured: bool
) -> None:
    image = render(content, width, template, logo() if pictured else None)
    box = ink_box(image)

    assert image.width == width
    assert box is not None
    assert margin(width) <= box[0] < box[2] <= width - margin(width)


@settings(max_examples=examples(60), deadline=None)
@given(template=templates(), content=CONTENTS, width=WIDTH)
def test_the_number_is_there_once_large_and_between_the_margins(
    template: Template, content: SlipContent, width: int
) -> None:
    (number,) = [printed for printed in blocks(content, template) if printed.kind == "number"]
    box = ink_box(draw([number], width))

    assert number.text == content.number
    assert box is not None
    assert margin(width) <= box[0] < box[2] <= width - margin(width)
    wanted = min(number.block.size or 152, 72)
    assert box[3] - box[1] >= min(wanted, 48) * 0.6


@settings(max_examples=examples(60), deadline=None)
@given(template=templates(), content=CONTENTS, width=WIDTH)
def test_a_copy_always_begins_and_ends_with_the_inverted_bar(
    template: Template, content: SlipContent, width: int
) -> None:
    image = render(replace(content, mark="КОПІЯ"), width, template).convert("L")
    room = width - 2 * margin(width)
    for y in (0, 1, image.height - 2, image.height - 1):
        assert image.crop((0, y, width, y + 1)).histogram()[0] == room


@settings(max_examples=examples(60), deadline=None)
@given(template=templates(), content=CONTENTS, width=WIDTH)
def test_a_slip_is_its_blocks_one_below_the_other(template: Template, content: SlipContent, width: int) -> None:
    """Order is all that a template decides between blocks: each looks the same wherever it stands."""
    content = replace(content, mark="")
    whole = render(content, width, template)
    y = 0
    for printed in blocks(content, template):
        alone = draw([printed], width)
        assert ImageChops.difference(whole.crop((0, y, width, y + alone.height)), alone).getbbox() is None
        y += alone.height
    assert y == whole.height


@given(text=documents())
def test_blocks_come_in_the_order_of_the_template(text: str) -> None:
    template = parse_template(text.encode())
    full = replace(SAMPLES["ru"], mark="КОПИЯ", language="ru")
    written = [line.split('"')[1] for line in text.splitlines() if line.startswith("kind = ")]
    printed = kinds(full, template, picture=True)

    assert [kind for kind in printed if kind != "rule"] == [kind for kind in written if kind != "rule"]


@given(template=templates(), content=CONTENTS)
def test_a_rule_always_stands_between_two_things(template: Template, content: SlipContent) -> None:
    loud = [kind for kind in kinds(content, template) if kind not in ("space",)]
    for at, kind in enumerate(loud):
        if kind == "rule":
            assert 0 < at < len(loud) - 1
            assert {loud[at - 1], loud[at + 1]} & {"rule", "mark"} == set()


def test_without_a_template_a_slip_is_set_by_the_file_that_comes_with_talon() -> None:
    read = parse_template(default_document().encode())

    assert read == default_template()
    assert render(SAMPLES["ru"], 384, read).tobytes() == render(SAMPLES["ru"], 384).tobytes()


def test_what_is_empty_takes_no_paper_and_leaves_no_rule() -> None:
    bare = SlipContent("", "", "", "А\u00a0001", "")

    assert kinds(bare, default_template()) == ["number"]
    assert kinds(replace(bare, rows=(("a", "b"),), footer="c"), default_template()) == [
        "number", "rule", "rows", "rule", "footer",
    ]  # fmt: skip
    assert kinds(replace(bare, mark="COPY"), default_template()) == ["mark", "number", "mark"]
    assert kinds(bare, default_template(), picture=True) == ["logo", "rule", "number"]


@pytest.mark.parametrize("paper", WIDTHS)
def test_an_offices_own_template_is_the_golden_picture(paper: str) -> None:
    content = replace(SAMPLES["uk-copy"], language="uk")
    drawn = render(content, WIDTHS[paper], parse_template(OFFICE.encode()), LOGO)
    golden = Image.open(GOLDEN / f"template-uk-copy-{paper}.png")

    assert drawn.size == golden.size
    assert ImageChops.difference(drawn.convert("L"), golden.convert("L")).getbbox() is None


def test_changing_the_order_moves_the_blocks() -> None:
    office_first = default_template()
    number_first = Template(
        (office_first.blocks[0], office_first.blocks[6], *office_first.blocks[1:6], *office_first.blocks[7:])
    )
    assert office_first.blocks[6].kind == "number"
    before, after = (render(SAMPLES["ru"], 384, one) for one in (office_first, number_first))

    assert before.size == after.size
    number = draw([blocks(SAMPLES["ru"], number_first)[0]], 384)
    assert ImageChops.difference(after.crop((0, 0, 384, number.height)), number).getbbox() is None


def test_a_text_is_in_the_slips_language_or_the_first_it_has() -> None:
    template = parse_template(
        NUMBER_ALONE.replace('"number"', '"number"\n[[block]]\nkind = "text"\nru = "рус"\nuk = "укр"', 1).encode()
    )

    def said(language: str) -> str:
        return blocks(replace(SAMPLES["en"], language=language), template)[1].text

    assert [said(language) for language in ("ru", "uk", "en", "")] == ["рус", "укр", "рус", "рус"]


def test_centred_text_and_number_stand_in_the_middle() -> None:
    document = NUMBER_ALONE.replace(
        'kind = "number"', 'kind = "heading"\nalign = "centre"\n[[block]]\nkind = "number"\nalign = "centre"\nsize = 72'
    )
    for printed in blocks(SAMPLES["ru"], parse_template(document.encode())):
        box = ink_box(draw([printed], 384))
        assert box is not None
        assert abs((box[0] - 8) - (376 - box[2])) <= 3


def test_a_number_is_no_larger_than_the_template_says() -> None:
    small = parse_template(NUMBER_ALONE.replace('"number"', '"number"\nsize = 80').encode())
    box = ink_box(render(SAMPLES["ru"], 384, small))

    assert box is not None
    assert box[2] - box[0] == ink_width(SAMPLES["ru"].number, 80, STRONG)


@pytest.mark.parametrize(("document", "told"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_mistake_is_told_with_its_place_and_the_nearest_word(document: str | bytes, told: list[str]) -> None:
    with pytest.raises(PaperError) as refused:
        parse_template(document if isinstance(document, bytes) else document.encode())
    assert [str(found) for found in refused.value.mistakes] == told


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    missing = tmp_path / "slip.toml"
    with pytest.raises(PaperError) as refused:
        load_template(missing)
    assert str(refused.value) == f"slip.toml: the file {missing} cannot be read: No such file or directory"


@settings(max_examples=examples(150), deadline=None)
@given(data=st.data())
def test_a_spoilt_file_is_refused_or_right_but_never_a_crash(data: st.DataObject) -> None:
    lines = OFFICE.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    how = data.draw(st.sampled_from(["drop", "twice", "cut", "other"]))
    line = lines[at]
    other = data.draw(st.sampled_from([*lines, "[[block]]", "kind = 1", "size = nan", "height = 1e400", "ru = [1]"]))
    changed = {"drop": [], "twice": [line, line], "cut": [line[: len(line) // 2]], "other": [other]}[how]
    text = "\n".join([*lines[:at], *changed, *lines[at + 1 :]])
    try:
        template = parse_template(text.encode())
    except PaperError as refused:
        assert refused.mistakes
        assert str(refused)
    else:
        assert [block.kind for block in template.blocks].count("number") == 1
        assert template.blocks[0].kind == template.blocks[-1].kind == "mark"
