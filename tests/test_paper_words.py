"""`talon slip` in three languages: every mistake of a template or a logo, and what a right one is told."""

from __future__ import annotations

import re
import string
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from PIL import Image

from appliance.cli import main
from appliance.paper_words import CONTEXT, SAID, paper_mistake
from appliance.words import PARTS
from hardware.paper.mistakes import PLACES, SENTENCES, PaperError
from hardware.paper.template import parse_template
from tests.hardware.broken_templates import BROKEN
from tests.hardware.templates import OFFICE, emblem

LOCALE = Path(__file__).parents[1] / "appliance" / "locale"
LANGUAGES = ("ru", "uk")
MESSAGES = {
    *((None, message) for message in (*SENTENCES.values(), *SAID.values())),
    *((CONTEXT, message) for code, message in PLACES.items() if code != "file"),
}
"""The name of the file is the same in every language."""


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def catalogue(part: str, language: str) -> dict[tuple[str | None, str], str]:
    text = (LOCALE / f"{language}.{part}.po").read_bytes().decode()
    found = read_po(text.splitlines(keepends=True))
    return {(one.context, str(one.id)): str(one.string) for one in found if one.id}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.toml"
    file.write_text(resources.files("appliance.demo").joinpath("plan.toml").read_text(encoding="utf-8"), "utf-8")
    return file


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_with_the_same_facts_and_nothing_else_is(language: str) -> None:
    told = catalogue("paper", language)

    assert set(told) == MESSAGES
    for (_, message), sentence in told.items():
        assert places(sentence) == places(message), message
        assert re.search("[а-яіїєґ]", sentence), message
        assert not re.search("[ыэъё]" if language == "uk" else "[іїєґ]", sentence), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_other_part_says_the_same_in_other_words(language: str) -> None:
    own = catalogue("paper", language)
    for part in PARTS:
        if part != "paper":
            assert set(own) & set(catalogue(part, language)) == set(), part


@pytest.mark.parametrize(("document", "english"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_mistake_is_told_with_all_its_facts(document: str | bytes, english: list[str]) -> None:
    with pytest.raises(PaperError) as refused:
        parse_template(document if isinstance(document, bytes) else document.encode())
    assert [paper_mistake(found, "en") for found in refused.value.mistakes] == english
    for found in refused.value.mistakes:
        told = {language: paper_mistake(found, language) for language in ("ru", "uk", "en")}
        assert len(set(told.values())) == 3
        for sentence in told.values():
            assert not re.search("[{}—]", sentence)
            assert found.nearest in sentence


def test_a_broken_template_is_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "slip.toml"
    file.write_text(OFFICE.replace('"number"', '"namber"').replace("size = 24", "size = 20"), encoding="utf-8")

    assert main(["slip", "check", str(file), "--language", "uk"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "блок 3: у «kind» стоїть «namber», а може бути лише: mark, logo, office, address, rule, heading, number, "
        "service, rows, notes, code, footer, text, space (можливо, «number»?)",
        "блок 8 (rows): у «size» стоїть «20», а може бути лише: 24, 28 (можливо, «24»?)",
    ]


def test_the_template_that_comes_with_talon_is_printed_and_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["slip", "template"]) == 0
    file = tmp_path / "slip.toml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")

    assert main(["slip", "check", str(file), "--language", "ru"]) == 0
    assert capsys.readouterr().out == (
        "Ошибок в шаблоне нет; блоки: mark, logo, office, address, rule, heading, number, service, rule, rows, rule, "
        "notes, code, rule, footer, mark.\n"
    )


def test_a_preview_is_drawn(tmp_path: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template, logo, out = (tmp_path / name for name in ("slip.toml", "arms.png", "out.png"))
    template.write_text(OFFICE, encoding="utf-8")
    emblem().save(logo)
    arguments = ["--template", str(template), "--logo", str(logo), "--width", "80", "--copy", "--language", "en"]

    assert main(["slip", "preview", "--plan", str(plan), *arguments, str(out)]) == 0
    with Image.open(out) as picture:
        assert (picture.mode, picture.width) == ("1", 576)
        length = round(picture.height / 8)
        told = f"The preview is in {out}: 576 by {picture.height} dots, {length} mm of paper.\n"
    assert capsys.readouterr().out == told


def test_what_is_wrong_with_a_preview_is_told(tmp_path: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = ["slip", "preview", "--plan", str(plan), "--language", "ru"]
    missing, nowhere = tmp_path / "arms.png", tmp_path / "none" / "out.png"

    assert main([*start, "--logo", str(missing), str(tmp_path / "out.png")]) == 1
    assert capsys.readouterr().err.endswith("логотип arms.png: файл не читается: No such file or directory\n")
    assert main([*start, str(nowhere)]) == 2
    assert capsys.readouterr().err.endswith(
        f"Рисунок талона не записывается в {nowhere}: No such file or directory. Укажите другой файл.\n"
    )
    assert main(["slip", "preview", "--plan", str(tmp_path / "none.toml"), str(nowhere)]) == 2
