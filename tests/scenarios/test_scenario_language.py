"""The language of written days: what can be said, and how a mistake is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.scenario.file import Scenario, ScenarioError, read_file
from appliance.scenario.grammar import ACTS, EXPECTATIONS, read_duration, read_time, spelled_out, split_words
from appliance.scenario.playing import play_file


def read(folder: Path, text: str) -> Scenario:
    file = folder / "written.day"
    file.write_text(text, encoding="utf-8")
    return read_file(file)


def flaws(folder: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(folder, text)
    return [str(flaw).removeprefix(f"{folder}/written.day:") for flaw in caught.value.flaws]


SAMPLES = {
    "DESK": "1",
    "KEY": "next",
    "GESTURE": "long",
    "BUTTON": "bills",
    "BELL": "ramp",
    "BELLSTATE": "rung",
    "DEVICE": "printer",
    "CONDITION": "fault",
    "CAUSE": "paper-out",
    "SERVICE": "bills",
    "LANGUAGE": "uk",
    "DURATION": "90s",
    "TIME": "09:00",
    "PERCENT": "5%",
    "SHIFT": "+3h",
    "SERIES": "А",
    "NUMBER": "7",
    "SERIES2": "К",
    "NUMBER2": "8",
    "TARGET": "2",
    "OTHER": "meters",
    "PURPOSE": "consult",
    "CATEGORY": "veteran",
    "NEED": "voice",
    "LEAVING": "cancelled",
    "REASON": "left-before",
    "PARKING": "form",
    "BREAK": "lunch",
    "PAUSE": "alarm",
    "WHY": "priority",
    "OPERATOR": "op-1",
    "TICKETSTATE": "done",
    "DESKSTATE": "free",
    "SLIPSTATE": "queued",
    "CODE": "nobody-waiting",
    "DAYSTATE": "open",
    "DATE": "2026-11-24",
    "EVENT": "TicketMissed",
    "TRUST": "trusted",
    "TEXT": '"Талон А один"',
}


@pytest.mark.parametrize("form", [*ACTS, *EXPECTATIONS])
def test_every_form_can_be_written_with_all_and_without_what_may_be_left_out(tmp_path: Path, form: str) -> None:
    forms = spelled_out(form)
    written = [" ".join(SAMPLES.get(word.rstrip("+"), word) for word in one.split()) for one in forms]
    scenario = read(tmp_path, "".join(f"08:00 {line}\n" for line in written))
    assert [line.form for line in scenario.lines] == list(forms)


@pytest.mark.parametrize("form", [*ACTS, *EXPECTATIONS])
def test_every_form_is_told_in_the_documentation(form: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    literal = [word for word in re.findall(r"[A-Za-z0-9+-]+", form) if word.rstrip("+") not in SAMPLES]
    assert f"`{literal[0]} " in text or f"`{literal[0]}`" in text
    assert all(word in text for word in literal)


def test_all_mistakes_are_told_at_once_with_the_nearest_right_word(tmp_path: Path) -> None:
    found = flaws(
        tmp_path,
        "date 2026-11-24\n"
        "08:00 desk 1 nxt\n"
        "08:01 arrivve bills\n"
        "08:02 arrive bils\n"
        "08:03 expect А 1 waitng\n"
        "08:04 desk 9 next\n"
        "08:05 expect refused nobody-waitin\n"
        "08:06 every 90s until\n"
        "8.07 desk 1 next\n",
    )
    told = "\n".join(found)
    assert [line.split(":")[0] for line in found] == ["2", "3", "4", "5", "6", "7", "8", "9"]
    for nearest in ("'next'", "'arrive'", "'bills'", "'waiting'", "'nobody-waiting'"):
        assert f"did you mean {nearest}?" in told
    assert "8: the line ends where a time (08:05) should come" in told
    assert "6: '9' is not a desk (1, 2, 3)" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("08:00 desk 1 next\n07:00 desk 1 next\n", "2: 07:00 lies before the line above it"),
        ("08:00 desk 1 next\ndate 2020-01-01\n08:00 desk 1 next\n", "2: 2020-01-01 lies before"),
        ("desk 1 next\n", "1: the first act of a day needs a time"),
        ("08:00 desk 1 next\ndate 2026-11-25\nseed 3\n08:00 desk 1 next\n", "3: 'seed' belongs above the first act"),
        ('08:00 expect spoken "Талон\n', "1: a quoted text has no end"),
        ("25:00 desk 1 next\n", "1: '25:00' is not a time"),
        ("08:00 return А 5 now\n", "1: 'now' is too much"),
        ("# nothing\n", "1: nothing happens on this day"),
        ("plan missing.toml\n08:00 arrive bills\n", "1: plan "),
        ("hardware missing.toml\n08:00 arrive bills\n", "1: hardware: "),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, text: str, told: str) -> None:
    assert any(flaw.startswith(told) for flaw in flaws(tmp_path, text)), flaws(tmp_path, text)


def test_a_plan_with_mistakes_is_told_with_the_line_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("schema = 1\nversion = 0\n", encoding="utf-8")
    found = flaws(tmp_path, "date 2026-11-24\nplan bad.toml\n08:00 arrive anything\n")
    assert len(found) > 3
    assert all(flaw.startswith("2: plan ") for flaw in found)


def test_a_file_that_cannot_be_read_ends_with_2_and_its_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.day"
    assert play_file(file, None, None, "en") == 2
    file.write_text("08:00 arrivve bills\n", encoding="utf-8")
    assert play_file(file, None, None, "en") == 2
    assert f"{file}:1: 'arrivve' is not" in capsys.readouterr().err


def test_a_line_without_a_time_happens_at_the_moment_of_the_line_above(tmp_path: Path) -> None:
    first, second = read(tmp_path, "08:00 arrive bills\n      expect waiting 1\n").lines
    assert first.at_ms == second.at_ms


def test_times_are_those_of_the_plans_time_zone_and_of_the_date_above(tmp_path: Path) -> None:
    lines = read(tmp_path, "date 2026-11-24\n08:00 open day\ndate 2026-11-25\n8:00:05 open day\n").lines
    assert [datetime.fromtimestamp(line.at_ms / 1000, UTC).isoformat() for line in lines] == [
        "2026-11-24T06:00:00+00:00",
        "2026-11-25T06:00:05+00:00",
    ]


def test_a_number_may_be_written_in_one_word_and_with_a_latin_letter(tmp_path: Path) -> None:
    for text in ("leave А 5", "leave А5", "leave A5", "leave А005"):
        (line,) = read(tmp_path, f"08:00 {text}\n").lines
        assert (line["SERIES"], line["NUMBER"]) == ("А", 5)


def test_words_times_and_durations_are_read_as_written() -> None:
    assert split_words('expect spoken "Талон А # один"  # a call') == ["expect", "spoken", "Талон А # один"]
    assert (read_time("8:05"), read_time("24:00"), read_time("24:01"), read_time("08:60")) == (29100, 86400, None, None)
    assert (read_duration("1h30m"), read_duration("2d"), read_duration("0s"), read_duration("")) == (
        5400,
        172_800,
        None,
        None,
    )
