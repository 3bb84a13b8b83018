"""`talon plan` and `talon roster` as a technician or a head types them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.domain.plans.reader import read_plan
from tests.plan.broken import BASE

CSV = "назва;норма\nВидача довідки;10\n;5\n"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(BASE, encoding="utf-8")
    return path


def test_a_right_plan_is_told_in_one_line(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "check", str(plan), "--language", "en"]) == 0
    assert capsys.readouterr().out == (
        "Plan 1 of office-17 is right: organisations 2, services 3, desks 2 (reserve 0), operators 2, shifts 2.\n"
    )


@pytest.mark.parametrize("words", [["plan", "--language", "uk", "check"], ["plan", "check", "--language", "uk"]])
def test_the_language_may_stand_anywhere(plan: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, str(plan)]) == 0
    assert capsys.readouterr().out.startswith("План 1 офісу office-17 правильний")


def test_every_mistake_is_told_and_the_answer_is_no(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_text(BASE.replace("park_min", "parc_min").replace("number = 2", "number = 0"), encoding="utf-8")
    assert main(["plan", "check", str(plan), "--language", "en"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first == "desk 0.number: 0 is not between 1 and 999."
    assert second.endswith("Did you mean “park_min”?")


def test_a_file_that_is_no_text_or_not_there_is_told(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_bytes(b"\xff\xfe\x00")
    assert main(["plan", "check", str(plan), "--language", "en"]) == 1
    assert "can't be read" in capsys.readouterr().out
    assert main(["plan", "check", str(plan.with_name("none")), "--language", "en"]) == 2
    assert "doesn't exist" in capsys.readouterr().err


def test_a_plan_saved_by_a_windows_editor_is_read(plan: Path) -> None:
    plan.write_text(BASE.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    assert main(["plan", "check", str(plan)]) == 0


def test_differences_say_from_when_on_they_hold(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = plan.with_name("new.toml")
    new.write_text(
        BASE.replace("norm_min = 15", "norm_min = 20").replace('"Долги"', '"Задолженность"'), encoding="utf-8"
    )
    assert main(["plan", "diff", str(plan), str(new), "--language", "en"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "At once:",
        "  service bills: norm of the service, min was “15”, will be “20”.",
        "From the next opening of a day:",
        "  service debts: name (ru) was “Долги”, will be “Задолженность”.",
        "  service debts: short name (ru) was “Долги”, will be “Задолженность”.",
    ]
    assert main(["plan", "diff", str(plan), str(plan), "--language", "en"]) == 0
    assert capsys.readouterr().out == "The two plans say the same.\n"


def test_differences_of_a_broken_plan_could_not_be_asked_for(plan: Path) -> None:
    broken = plan.with_name("broken.toml")
    broken.write_text("x", encoding="utf-8")
    assert main(["plan", "diff", str(plan), str(broken)]) == 2


def test_a_catalogue_is_added_to_a_plan(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (table := plan.with_name("services.csv")).write_text(CSV, encoding="cp1251")
    out = plan.with_name("out.toml")
    words = [
        "plan",
        "import",
        str(table),
        "--organisation",
        "water",
        "--into",
        str(plan),
        "-o",
        str(out),
        "--language",
        "en",
    ]
    assert main(words) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[:2] == ["line 3: the name is empty; left out.", "1 services added, 1 lines left out."]
    assert told[2].endswith("Add it to a desk or remove it.")
    made = read_plan(out.read_text(encoding="utf-8"))
    assert made.version == 2
    assert made.services["vidacha-dovidki"].series == "К"
    assert plan.read_text(encoding="utf-8") == BASE
    assert main([*words[:4], "nobody", *words[5:]]) == 2


def test_a_catalogue_alone_goes_to_the_standard_output(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (table := plan.with_name("services.csv")).write_text(CSV, encoding="utf-8")
    assert main(["plan", "import", str(table), "--organisation", "water", "--series", "К"]) == 0
    assert 'id = "vidacha-dovidki"' in capsys.readouterr().out


def test_a_week_is_copied_shown_and_an_absence_noted(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.chmod(0o640)
    assert main(["roster", "copy", str(plan), "--from", "2026-W48", "--to", "2026-W49", "--language", "en"]) == 0
    assert capsys.readouterr().out == "2 shifts of 2026-W48 copied to 2026-W49; the plan is version 2 now.\n"
    assert plan.stat().st_mode & 0o777 == 0o640
    assert main(["roster", "copy", str(plan), "--from", "2026-W48", "--to", "2026-W49", "--language", "en"]) == 1
    assert "--replace" in capsys.readouterr().err
    assert main(["roster", "absent", str(plan), "op-2", "2026-12-03", "2026-12-03", "--reason", "illness"]) == 0
    capsys.readouterr()
    assert main(["roster", "show", str(plan), "--week", "2026-W49", "--language", "ru"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "место 1: op-1 понедельник, вторник, среда, четверг, пятница 08:00-17:00, перерывы 12:00-12:30, 15:00-15:15",
        "место 2: op-2 понедельник, вторник, среда, четверг, пятница 09:00-18:00",
        "нет 2026-12-01 - 2026-12-14: op-1",
        "нет 2026-12-03 - 2026-12-03: op-2",
    ]
    assert read_plan(plan.read_text(encoding="utf-8")).version == 3


def test_a_change_that_would_break_the_plan_is_not_written(plan: Path) -> None:
    assert main(["roster", "absent", str(plan), "op-2", "2026-12-03", "2026-12-03", "--reason", "Much too long!"]) == 1
    assert plan.read_text(encoding="utf-8") == BASE


def test_an_office_does_not_load_what_only_edits_plans() -> None:
    code = (
        "import sys, appliance.process, appliance.plan_commands; print('tomlkit' in sys.modules, 'csv' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "False"
