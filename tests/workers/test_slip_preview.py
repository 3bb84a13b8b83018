"""The preview of a slip: a made-up visitor through the words and the drawing of every real slip."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib import resources

import pytest
from PIL import Image, ImageChops

from appliance.domain.plan import Category, Plan, Words
from appliance.domain.plans.reader import checked_plan
from appliance.workers.slip_preview import WIDTHS, preview_png, sample_content
from hardware.paper.slip import margin, render
from hardware.paper.template import parse_template
from tests.hardware.templates import OFFICE, logo
from tests.plans import Sketch

OFFICES = ("plan", "odintsovo", "vinnytsia")
LANGUAGES = ("ru", "uk", "en")


def office(name: str) -> Plan:
    return checked_plan(resources.files("appliance.demo").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", OFFICES)
def test_the_fullest_slip_of_an_office(name: str, language: str) -> None:
    plan = office(name)
    content = sample_content(plan, language, copy=True)
    service = next(one for one in plan.services.values() if one.short.get(language) == content.service)
    same = [one for one in plan.services.values() if one.documents.get(language)]

    assert len(content.service) == max(len(one.short.get(language)) for one in same)
    assert content.number == f"{service.series}\u00a0138"
    assert content.language == language
    assert content.mark in ("КОПИЯ", "КОПІЯ", "COPY")
    told = " ".join(content.notes)
    assert service.documents.get(language) in told
    assert "; " in told.split(":")[1]
    assert [value for _, value in content.rows][-1] == "10:50–10:59"
    assert ("24.11.2026 10:42" in dict(content.rows).values()) is True


def test_a_priority_that_nobody_has_seen_yet_is_asked_for_but_not_named() -> None:
    named = {"veteran": Category("veteran", Words({"en": "Veteran"}), confirm_first=True)}
    content = sample_content(replace(Sketch().plan, categories=named), "en")

    assert "Show your document to the administrator now." in content.notes
    assert "Veteran" not in repr(content)


def test_a_plan_with_one_service_and_nothing_else_has_a_slip_too() -> None:
    plain = sample_content(Sketch(services={"consult": "А"}, desks={1: ()}, transfer_to={}).plan, "ru")

    assert plain.service == "Услуга consult"
    assert plain.notes == ("Ждите вызова на табло",)


def test_a_plan_without_services_has_none() -> None:
    with pytest.raises(ValueError, match="services"):
        sample_content(replace(Sketch().plan, services={}), "ru")


@pytest.mark.parametrize("width_mm", WIDTHS)
@pytest.mark.parametrize("name", OFFICES)
def test_the_picture_is_the_slip_dot_for_dot(name: str, width_mm: int) -> None:
    plan, template = office(name), parse_template(OFFICE.encode())
    content = preview_png(plan, "uk", width_mm=width_mm, template=template, logo=logo(), copy=True)
    picture = Image.open(io.BytesIO(content))
    box = ImageChops.invert(picture.convert("L")).getbbox()

    assert picture.format == "PNG"
    drawn = render(sample_content(plan, "uk", copy=True), WIDTHS[width_mm], template, logo())
    assert ImageChops.difference(picture.convert("L"), drawn.convert("L")).getbbox() is None
    assert box is not None
    assert margin(picture.width) <= box[0] < box[2] <= picture.width - margin(picture.width)
    assert content == preview_png(plan, "uk", width_mm=width_mm, template=template, logo=logo(), copy=True)
