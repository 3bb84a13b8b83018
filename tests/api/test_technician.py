"""The technician's routes: whose they are, what they ask of the devices, and what they say came of it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from appliance.api.technician_views import report
from appliance.technician.doctoring import report_of
from hardware.config import ConfigMistake, HardwareConfigError, Place, Point, load
from tests.api.rig import Browser, Part, Rig
from tests.web.technician_tools import ILL, MENDABLE, FakeTools

AT = "/api/v1/technician"
READS = ("report", "walk", "lesson")
ACTS: dict[str, Any] = {
    "print": {"paper": "self-test"},
    "code-page": {"number": 4},
    "probe": {},
    "pattern": {},
    "chime": {},
    "walk": {"act": "begin"},
    "lesson": {"desk": 2},
    "lesson/again": {},
    "lesson/save": {},
    "lesson/end": {},
    "restart": {},
}


@pytest.fixture
def tools(rig: Rig, tmp_path: Path) -> FakeTools:
    """The devices behind the routes."""
    (tmp_path / "hardware").mkdir()
    made = FakeTools(folder=tmp_path / "hardware")
    rig.context.technician = made
    return made


@pytest.fixture
def owner(rig: Rig, tools: FakeTools) -> Browser:
    """The owner's browser."""
    return rig.owner()


def code(answer: Any) -> str:
    """The code of a problem, or of an outcome."""
    return str(answer.json()["code"])


def test_everything_of_the_technician_is_the_owners_alone(rig: Rig, tools: FakeTools) -> None:
    nobody, operator = rig.client(), rig.operator()
    for path in READS:
        assert code(nobody.get(f"{AT}/{path}")) == "not-signed-in"
        assert code(operator.get(f"{AT}/{path}")) == "owner-only"
    for path, body in ACTS.items():
        assert code(nobody.post(f"{AT}/{path}", json=body)) == "not-signed-in"
        assert code(operator.post(f"{AT}/{path}", json=body)) == "owner-only"
    assert tools.asked == []
    assert not tools.walk.view().active


def test_without_devices_every_route_says_so(rig: Rig) -> None:
    client = rig.owner()
    for path in READS:
        assert code(client.get(f"{AT}/{path}")) == "no-devices"
    for path, body in ACTS.items():
        answer = client.post(f"{AT}/{path}", json=body)
        assert (answer.status_code, code(answer)) == (409, "no-devices"), path


def test_a_foreign_page_may_not_move_the_devices(owner: Browser, tools: FakeTools) -> None:
    for path, body in ACTS.items():
        answer = owner.post(f"{AT}/{path}", json=body, headers={"Origin": "http://evil.example"})
        assert code(answer) == "origin-refused"
        assert owner.post(f"{AT}/{path}", content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    assert tools.asked == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ru", ("Окно 5, кнопка СЛЕДУЮЩИЙ", "Кнопка долго нажата", "шина desks, модуль\u00a01, вход\u00a00")),
        ("uk", ("Вікно 5, кнопка НАСТУПНИЙ", "Кнопка довго натиснута", "шина desks, модуль\u00a01, вхід\u00a00")),
        ("en", ("Window 5, key NEXT", "The key has been held down", "bus desks, module\u00a01, input\u00a00")),
    ],
)
def test_a_report_tells_the_worst_first_in_the_readers_language(
    owner: Browser, language: str, said: tuple[str, str, str]
) -> None:
    told = owner.get(f"{AT}/report", headers={"Accept-Language": language}).json()
    assert [one["verdict"] for one in told["findings"][:3]] == ["fault", "warning", "well"]
    first = told["findings"][0]
    assert (first["check"], first["reason"], first["hint"]) == ("buttons", "key-stuck", "free-the-key")
    assert first["title"] == said[0]
    assert first["why"].startswith(said[1])
    assert said[2] in first["todo"]


def test_the_counts_of_a_report_are_those_of_its_rows(owner: Browser) -> None:
    told = owner.get(f"{AT}/report").json()
    verdicts = [one["verdict"] for one in told["findings"]]
    counted = [verdicts.count(one) for one in ("fault", "warning", "well")]
    assert [told["faults"], told["warnings"], told["well"]] == counted == [1, 1, len(ILL) - 2]
    assert told["remedies"] == []
    assert told["took_s"] == 3.1


def test_a_report_carries_the_lines_that_mend_it(owner: Browser, tools: FakeTools) -> None:
    tools.findings = MENDABLE
    remedies = owner.get(f"{AT}/report").json()["remedies"]
    assert remedies == [
        {"reason": "port-denied", "file": "", "lines": ["usermod --append --groups dialout talon"]},
        {"reason": "no-clock-chip", "file": "/boot/firmware/config.txt", "lines": ["dtoverlay=i2c-rtc,ds3231"]},
    ]


def test_a_report_survives_the_way_through_a_socket(tools: FakeTools) -> None:
    found = tools.report()
    assert report(report_of(found.as_json()), "uk", None) == report(found, "uk", None)


@pytest.mark.parametrize(
    ("outcome", "done", "said"),
    [
        ("printed", True, "Проба вышла"),
        ("sent", True, "посмотрите, вышла ли бумага"),
        ("unknown", False, "Принтер замолчал"),
        ("failed", False, "Ничего не напечатано. Закончилась бумага"),
    ],
)
def test_what_became_of_a_test_slip_is_told(
    owner: Browser, tools: FakeTools, outcome: str, done: bool, said: str
) -> None:
    tools.outcome = outcome
    answer = owner.post(f"{AT}/print", json={"paper": "code-pages"}, headers={"Accept-Language": "ru"}).json()
    assert (answer["done"], answer["code"]) == (done, outcome)
    assert said in answer["said"]
    assert tools.asked == [("print", "code-pages")]


def test_a_printer_that_is_well_gives_no_reason(rig: Rig, owner: Browser, tools: FakeTools) -> None:
    tools.outcome = "failed"
    rig.health.listed = [Part(condition="ready", reason="", hint="")]
    answer = owner.post(f"{AT}/print", json={"paper": "self-test"}, headers={"Accept-Language": "en"}).json()
    assert answer["said"] == "Nothing was printed."


def test_an_office_without_a_printer_says_so(owner: Browser, tools: FakeTools) -> None:
    tools.outcome = "no-printer"
    assert code(owner.post(f"{AT}/print", json={"paper": "self-test"})) == "no-printer"


@pytest.mark.parametrize(
    ("verdict", "done", "told"),
    [("confirm-right", True, "gs-r"), ("confirm-false", False, "none"), ("probe-failed", False, "")],
)
def test_what_a_confirmation_is_worth_is_told(
    owner: Browser, tools: FakeTools, verdict: str, done: bool, told: str
) -> None:
    tools.trust = verdict
    answer = owner.post(f"{AT}/probe", headers={"Accept-Language": "ru"}).json()
    assert (answer["done"], answer["code"]) == (done, verdict)
    assert told in answer["said"]
    assert "{" not in answer["said"]
    tools.trust = "no-printer"
    assert code(owner.post(f"{AT}/probe")) == "no-printer"


def test_a_line_of_the_test_slip_is_ticked(owner: Browser, tools: FakeTools) -> None:
    answer = owner.post(f"{AT}/code-page", json={"number": 4}, headers={"Accept-Language": "ru"}).json()
    assert tools.asked == [("letters", 4)]
    assert "CP1251, таблица 46" in answer["said"]
    assert "после перезапуска" in answer["said"]


def test_slips_are_drawn_again(owner: Browser, tools: FakeTools) -> None:
    assert code(owner.post(f"{AT}/code-page", json={"number": None})) == "letters-drawn"
    assert tools.asked == ["draw"]


def test_a_line_that_the_slip_does_not_have_is_refused(owner: Browser, tools: FakeTools) -> None:
    answer = owner.post(f"{AT}/code-page", json={"number": 44})
    assert (answer.status_code, code(answer)) == (404, "unknown-line")
    assert answer.json()["facts"] == {"number": 44}
    assert tools.asked == []


def test_a_wrong_file_and_a_full_disk_are_answers(owner: Browser, tools: FakeTools) -> None:
    tools.error = HardwareConfigError([ConfigMistake(Place("table", "printer"), "unknown-key", {"key": "bauds"})])
    answer = owner.post(f"{AT}/code-page", json={"number": 4}, headers={"Accept-Language": "ru"})
    assert (answer.status_code, code(answer)) == (422, "hardware-has-mistakes")
    assert "bauds" in answer.json()["detail"]
    tools.error = OSError(28, "No space left on device")
    answer = owner.post(f"{AT}/code-page", json={"number": None})
    assert (answer.status_code, code(answer)) == (503, "hardware-not-saved")
    assert "No space left on device" in answer.json()["detail"]


@pytest.mark.parametrize(("width_mm", "dots"), [(58, 384), (80, 576)])
def test_the_slip_of_this_office_is_drawn(owner: Browser, width_mm: int, dots: int) -> None:
    sizes = set()
    for language in ("ru", "uk", "en"):
        for copy in ("false", "true"):
            answer = owner.get(f"{AT}/slip?width_mm={width_mm}&language={language}&copy={copy}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
            picture = Image.open(io.BytesIO(answer.content))
            assert picture.width == dots
            sizes.add(answer.content)
    assert len(sizes) == 6


def test_a_slip_that_cannot_be_drawn_says_why(owner: Browser, tools: FakeTools) -> None:
    template = tools.file.with_name("slip.toml")
    template.write_text("schema = 1\n", encoding="utf-8")
    assert tools.config.printer is not None
    tools.config = replace(tools.config, printer=replace(tools.config.printer, template=template))
    answer = owner.get(f"{AT}/slip", headers={"Accept-Language": "uk"})
    assert (answer.status_code, code(answer)) == (422, "slip-has-mistakes")
    assert answer.json()["detail"].startswith("Так талон намалювати не можна: ")


def test_the_slip_is_the_owners_and_has_its_sizes(rig: Rig, owner: Browser) -> None:
    assert code(rig.client().get(f"{AT}/slip")) == "not-signed-in"
    for query in ("width_mm=57", "language=de", "copy=perhaps"):
        assert code(owner.get(f"{AT}/slip?{query}")) == "bad-input"


def test_without_a_plan_there_is_no_slip(bare: Rig) -> None:
    bare.context.technician = FakeTools()
    assert code(bare.owner().get(f"{AT}/slip")) == "no-plan"


def test_displays_and_loudspeaker_answer_or_say_why_not(owner: Browser, tools: FakeTools) -> None:
    assert owner.post(f"{AT}/pattern").json()["done"]
    assert owner.post(f"{AT}/chime").json()["done"]
    tools.boards, tools.heard = 0, False
    assert (owner.post(f"{AT}/pattern").json()["done"], code(owner.post(f"{AT}/pattern"))) == (
        False,
        "doctor-no-boards",
    )
    assert (owner.post(f"{AT}/chime").json()["done"], code(owner.post(f"{AT}/chime"))) == (False, "doctor-no-chime")


def test_a_walk_ticks_off_key_by_key(owner: Browser, tools: FakeTools) -> None:
    assert not owner.get(f"{AT}/walk").json()["active"]
    assert code(owner.post(f"{AT}/walk", json={"act": "begin"})) == "walk-begun"
    assert tools.press("desk/3/next")
    told = owner.get(f"{AT}/walk", headers={"Accept-Language": "uk"}).json()
    assert told["active"]
    assert told["left_s"] > 800
    keys = {one["control"]: one for one in told["keys"]}
    assert len(keys) == len(tools.config.wired_keys())
    assert keys["desk/3/next"]["at"] is not None
    assert keys["desk/3/next"]["point"] == "GPIO\u00a017, контакт J8:11"
    assert keys["desk/3/finish"]["at"] is None
    assert keys["desk/3/finish"]["name"] == "Вікно 3, кнопка КІНЕЦЬ"
    assert code(owner.post(f"{AT}/walk", json={"act": "end"})) == "walk-ended"
    assert not tools.press("desk/3/finish")
    assert not owner.get(f"{AT}/walk").json()["active"]


def test_a_lesson_goes_from_key_to_key_and_into_the_file(owner: Browser, tools: FakeTools) -> None:
    assert code(owner.post(f"{AT}/lesson/save")) == "no-lesson"
    assert code(owner.post(f"{AT}/lesson/again")) == "no-lesson"
    assert code(owner.post(f"{AT}/lesson", json={"desk": 2})) == "lesson-begun"
    assert owner.get(f"{AT}/lesson").json()["wanted"] == "next"
    tools.touch(Point("desks", 12, 1))
    assert code(owner.post(f"{AT}/lesson/save")) == "lesson-unfinished"
    tools.touch(Point("desks", 3, 1))
    told = owner.get(f"{AT}/lesson", headers={"Accept-Language": "ru"}).json()
    assert (told["wanted"], told["refused"]) == ("repeat", "key-taken")
    assert "Окно 7, кнопка СЛЕДУЮЩИЙ" in told["said"]
    tools.touch(Point("gpio", 23))
    told = owner.get(f"{AT}/lesson", headers={"Accept-Language": "ru"}).json()
    assert told["refused"] == "key-elsewhere"
    assert "GPIO\u00a023, контакт J8:16" in told["said"]
    for line in (13, 14):
        tools.touch(Point("desks", line, 1))
    told = owner.get(f"{AT}/lesson").json()
    assert (told["wanted"], told["refused"], told["said"], len(told["learnt"])) == ("", "", "", 3)
    assert code(owner.post(f"{AT}/lesson/save")) == "lesson-saved"
    panel = next(one for one in load(tools.file).panels if one.desk == 2)
    assert (panel.next, panel.repeat, panel.finish) == tuple(Point("desks", line, 1) for line in (12, 13, 14))
    assert owner.get(f"{AT}/lesson").json()["saved"]
    assert code(owner.post(f"{AT}/lesson/end")) == "lesson-saved"
    assert not owner.get(f"{AT}/lesson").json()["active"]


def test_what_was_learnt_counts_for_the_next_lesson(owner: Browser, tools: FakeTools) -> None:
    owner.post(f"{AT}/lesson", json={"desk": 2})
    for line in (12, 13, 14):
        tools.touch(Point("desks", line, 1))
    owner.post(f"{AT}/lesson/save")
    owner.post(f"{AT}/lesson", json={"desk": 3})
    tools.touch(Point("desks", 13, 1))
    told = owner.get(f"{AT}/lesson", headers={"Accept-Language": "en"}).json()
    assert told["refused"] == "key-taken"
    assert "Window 2, key REPEAT" in told["said"]


def test_a_lesson_can_be_begun_anew_and_put_away(owner: Browser, tools: FakeTools) -> None:
    before = tools.file.read_bytes()
    owner.post(f"{AT}/lesson", json={"desk": 2})
    tools.touch(Point("desks", 12, 1))
    assert code(owner.post(f"{AT}/lesson/again")) == "lesson-again"
    assert owner.get(f"{AT}/lesson").json()["learnt"] == []
    assert code(owner.post(f"{AT}/lesson/end")) == "lesson-ended"
    assert tools.file.read_bytes() == before


def test_a_desk_that_the_plan_does_not_have_is_not_learnt(owner: Browser, tools: FakeTools) -> None:
    answer = owner.post(f"{AT}/lesson", json={"desk": 99})
    assert (answer.status_code, code(answer)) == (404, "unknown-desk")
    assert not tools.teaching.view().active


def test_a_file_that_cannot_be_written_leaves_the_lesson_as_it_is(owner: Browser, tools: FakeTools) -> None:
    owner.post(f"{AT}/lesson", json={"desk": 2})
    for line in (12, 13, 14):
        tools.touch(Point("desks", line, 1))
    tools.file.unlink()
    assert code(owner.post(f"{AT}/lesson/save")) == "hardware-not-saved"
    told = owner.get(f"{AT}/lesson").json()
    assert (told["active"], told["saved"], len(told["learnt"])) == (True, False, 3)


def test_a_walk_and_a_lesson_never_want_the_same_press(owner: Browser, tools: FakeTools) -> None:
    owner.post(f"{AT}/lesson", json={"desk": 2})
    owner.post(f"{AT}/walk", json={"act": "begin"})
    assert not owner.get(f"{AT}/lesson").json()["active"]
    owner.post(f"{AT}/lesson", json={"desk": 2})
    assert not owner.get(f"{AT}/walk").json()["active"]


def test_the_office_begins_again_or_says_that_it_cannot(owner: Browser, tools: FakeTools) -> None:
    answer = owner.post(f"{AT}/restart")
    assert (answer.status_code, code(answer)) == (202, "restarting")
    tools.restarts = False
    answer = owner.post(f"{AT}/restart")
    assert (answer.status_code, code(answer)) == (409, "no-restart")


def test_bad_input_is_refused(owner: Browser, tools: FakeTools) -> None:
    for path, body in (
        ("print", {"paper": "money"}),
        ("code-page", {}),
        ("code-page", {"number": "4"}),
        ("walk", {"act": "jump"}),
        ("lesson", {"desk": 0}),
    ):
        assert code(owner.post(f"{AT}/{path}", json=body)) == "bad-input", path
    assert tools.asked == []
