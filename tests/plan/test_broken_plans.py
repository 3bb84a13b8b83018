"""Every mistake of a plan is a sentence with its place, in three languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from appliance import document_words
from appliance.domain.plans.reader import DOCUMENT_LIMIT, PlanError, checked_plan, read_plan
from tests.plan.broken import BASE, BROKEN, Broken, sentence

DOMAIN = Path(__file__).resolve().parents[2] / "appliance" / "domain"
IDS = [broken.name for broken in BROKEN]


def test_the_right_plan_is_right() -> None:
    assert len(checked_plan(BASE).services) == 3


def test_there_are_more_than_sixty_broken_plans_no_two_alike() -> None:
    assert len(BROKEN) >= 60
    assert len({broken.text for broken in BROKEN}) == len(BROKEN)


@pytest.mark.parametrize("broken", BROKEN, ids=IDS)
def test_a_broken_plan_gets_one_sentence_with_its_place(broken: Broken) -> None:
    (found,) = broken.mistakes()
    assert (found.place, found.code) == (broken.place, broken.code)
    assert sentence(found, "en") == f"{broken.place}: {broken.sentence}"


@pytest.mark.parametrize("broken", BROKEN, ids=IDS)
def test_the_sentence_is_told_in_russian_and_ukrainian_with_all_its_facts(broken: Broken) -> None:
    for found in broken.mistakes():
        english, russian, ukrainian = (sentence(found, language) for language in ("en", "ru", "uk"))
        assert len({english, russian, ukrainian}) == 3
        for told in (english, russian, ukrainian):
            assert "{" not in told
            assert "—" not in told
            assert found.nearest in told
        assert not re.search("[іїєґ]", russian.partition(": ")[2].replace(str(found.facts), ""))
        assert not re.search("[ыэъё]", ukrainian.partition(": ")[2])


def test_two_mistakes_are_told_at_once() -> None:
    text = BASE.replace("park_min", "parc_min").replace('"ageing"', '"aging"').replace("number = 2", "number = 0")
    with pytest.raises(PlanError) as caught:
        checked_plan(text)
    places = [mistake.place for mistake in caught.value.mistakes]
    assert places == ["desk 0.number", "policy.kind", "settings.parc_min"]


def test_a_document_without_end_is_not_parsed() -> None:
    with pytest.raises(PlanError, match="document-too-long"):
        read_plan("#" * (DOCUMENT_LIMIT + 1))


@pytest.mark.parametrize(
    "text", ["", "x = [", "\0", "a" * 5000, "[[desk]]\n" * 400, "desk = 3", "service = [1, [2]]", "hours = [[1]]"]
)
def test_nonsense_is_answered_with_mistakes(text: str) -> None:
    with pytest.raises(PlanError):
        read_plan(text)


def test_every_code_that_the_reader_knows_has_a_sentence() -> None:
    codes = set()
    for path in (DOMAIN / "plans").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
                "wrong",
                "_wrong",
                "Mistake",
            ):
                codes |= {
                    each.value
                    for each in node.args
                    if isinstance(each, ast.Constant) and re.fullmatch("[a-z]+(-[a-z]+)+", str(each.value))
                }
    codes |= {"unknown-service", "unknown-organisation", "unknown-operator"}
    assert len(codes) > 25
    assert codes - set(document_words.MISTAKES) == set()
