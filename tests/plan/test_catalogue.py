"""A catalogue of services from CSV."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.catalogue import ID_LETTERS, SHORT_LETTERS, cut, free_letter, read_catalogue
from appliance.domain.plans.reader import read_plan
from appliance.plan_editing import appended, tables
from tests.plan.broken import BASE
from tests.plan.variants import HALL

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TALON_SHARED", str(ROOT.parent / "shared")))
NAMES = SHARED / "data" / "ua_admin_services_2015.csv"
UKRAINIAN = "Назва послуги;Літера;Норма, хв;Розділ\nВидача довідки;В;10 хв;Довідки\nРеєстрація місця проживання;;15;\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_spreadsheet_is_read_whatever_it_was_saved_as(encoding: str, delimiter: str) -> None:
    text = UKRAINIAN.replace("Норма, хв", "Норма хв").replace(";", delimiter)
    found = read_catalogue(text.encode(encoding), "city", "А")
    assert found.faults == ()
    assert [dict(service) for service in found.services] == [
        {
            "id": "vidacha-dovidki",
            "series": "В",
            "organisation": "city",
            "norm_min": 10,
            "name": {"uk": "Видача довідки"},
            "group": {"uk": "Довідки"},
        },
        {
            "id": "reiestratsiia-mistsia-prozhivannia",
            "series": "А",
            "organisation": "city",
            "norm_min": 15,
            "name": {"uk": "Реєстрація місця проживання"},
        },
    ]


@pytest.mark.parametrize(
    ("heading", "language"),
    [
        ("name", "ru"),
        ("Наименование услуги", "ru"),
        ("НАЗВАНИЕ", "ru"),
        ("name_uk", "uk"),
        ("Назва (укр.)", "uk"),
        ("Name (en)", "en"),
    ],
)
def test_headings_are_found_in_three_languages(heading: str, language: str) -> None:
    (service,) = read_catalogue(f"№;{heading}\n1;Выдача документов\n".encode(), "city", "А").services
    assert service["name"] == {language: "Выдача документов"}


def test_names_in_several_languages_make_one_service() -> None:
    text = "id;name_ru;name_uk;short_ru;documents;keywords_uk\npass-1;Паспорт;Паспорт громадянина;Пас;фото;фото, вік\n"
    (service,) = read_catalogue(text.encode(), "city", "А").services
    assert service["id"] == "pass-1"
    assert service["name"] == {"ru": "Паспорт", "uk": "Паспорт громадянина"}
    assert service["short"] == {"ru": "Пас", "uk": "Паспорт громадянина"}
    assert service["keywords"] == {"uk": "фото, вік"}


def test_what_is_wrong_is_told_with_its_line() -> None:
    text = "назва;норма;літера\n\n;5;А\nПерша;500;А\n«Перша»;;\nДруга;15;7\n" + "д" * 601 + ";;\nвідома;;\n"
    found = read_catalogue(text.encode(), "city", "В", known=("vidoma",))
    assert [(fault.code, fault.facts["line"]) for fault in found.faults] == [
        ("csv-empty-name", 3),
        ("csv-not-a-number", 4),
        ("csv-duplicate", 5),
        ("csv-not-a-letter", 6),
        ("csv-too-long", 7),
        ("csv-known", 8),
    ]
    assert found.faults[2].facts["other"] == 4
    assert [service["name"]["uk"] for service in found.services] == ["Перша", "Друга"]
    assert found.services[1]["series"] == "В"
    assert found.left_out == 4


def test_a_line_is_where_its_row_begins_though_names_go_over_lines() -> None:
    found = read_catalogue('назва\n"Довга\nназва"\n""\n , \nДовга назва\n'.encode(), "city", "А")
    assert [(fault.code, fault.facts["line"]) for fault in found.faults] == [("csv-duplicate", 6)]
    assert found.services[0]["name"] == {"uk": "Довга назва"} or found.services[0]["name"] == {"ru": "Довга назва"}


def test_a_file_without_names_says_what_it_has() -> None:
    (fault,) = read_catalogue("код;ціна\n1;2\n".encode(), "city", "А").faults
    assert (fault.code, fault.facts["found"]) == ("csv-no-name", "код, ціна")
    assert read_catalogue(b"", "city", "A").faults[0].code == "csv-no-name"


def test_an_id_does_not_depend_on_the_other_lines() -> None:
    names = ["Видача " + "дуже довгої " * 5 + end for end in ("довідки", "ліцензії", "картки")]
    ids: dict[str, set[str]] = {}
    for order in (names, names[::-1], names[1:]):
        text = "назва\n" + "\n".join(order)
        for service in read_catalogue(text.encode(), "city", "А").services:
            ids.setdefault(service["name"]["uk"], set()).add(service["id"])
    assert all(len(each) == 1 for each in ids.values())
    assert len(set.union(*ids.values())) == 3


def test_a_short_name_ends_with_a_word() -> None:
    assert cut("Видача довідки") == "Видача довідки"
    assert cut("Видача картки платника податків та внесення до паспорта громадянина України") == (
        "Видача картки платника податків та внесення до паспорта…"
    )
    assert cut("а" * 61) == "а" * 59 + "…"


@given(st.text(alphabet="аб ,«(-", max_size=150).map(lambda text: " ".join(text.split())))
def test_a_short_name_is_a_beginning_of_the_name_and_fits(text: str) -> None:
    short = cut(text)
    assert len(short) <= SHORT_LETTERS
    assert text.startswith(short.removesuffix("…"))


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: ("name;norm;series;id\n" + text).encode()))
def test_any_file_at_all_gives_services_that_a_plan_accepts(data: bytes) -> None:
    services = read_catalogue(data, "billing", "А").services
    if services:
        plan = read_plan(appended(BASE, "service", services))
        assert len(plan.services) == 3 + len(services)


def test_the_first_clear_letter_of_no_other_organisation_is_taken() -> None:
    assert free_letter(None, "city") == "А"
    assert free_letter(HALL, "zhek") == "А"
    assert free_letter(HALL, "new") == "К"


def test_tables_alone_are_toml_to_be_pasted() -> None:
    services = read_catalogue(UKRAINIAN.encode(), "billing", "А").services
    assert len(read_plan(BASE + tables("service", services)).services) == 5


@pytest.mark.skipif(not NAMES.is_file(), reason=f"{NAMES} is not there")
def test_the_official_names_of_a_country_become_services() -> None:
    data = NAMES.read_bytes()
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    found = read_catalogue(data, "billing", "А")
    assert len(rows) == len(found.services) + found.left_out
    assert {fault.code for fault in found.faults} == {"csv-duplicate"}
    lines = data.decode().splitlines()
    for fault in found.faults:
        line, other = (re.sub(r"\W", "", lines[int(str(fault.facts[key])) - 1].casefold()) for key in ("line", "other"))
        assert line == other
    plan = read_plan(appended(BASE, "service", found.services))
    assert len(plan.services) == 3 + len(found.services) >= 500
    official = {" ".join(row["name"].split()) for row in rows}
    services = list(plan.services.values())[3:]
    assert {service.name.get("uk") for service in services} <= official
    assert max(len(service.name.get("uk")) for service in services) == 344
    assert all(len(service.short.get("uk")) <= SHORT_LETTERS for service in services)
    assert all(re.fullmatch(rf"[a-z0-9-]{{2,{ID_LETTERS}}}", service.id) for service in services)
    assert read_catalogue(data.replace(b"\n", b"\r\n"), "billing", "А").services == found.services
