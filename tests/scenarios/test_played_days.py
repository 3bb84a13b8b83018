"""Every written day comes true, and leaves a database that is what its journal says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from appliance import demo
from appliance.scenario.file import read_file
from appliance.scenario.playing import Result, play, play_file

HERE = Path(__file__).parent
LARGE = HERE / "three-hundred.day"
DAYS = sorted({*HERE.glob("*.day"), *Path(str(demo.__file__)).parent.glob("*.day")} - {LARGE})


def day_of(file: Path) -> object:
    marks = [pytest.mark.long] if file.stem == "seven-organisations" else []
    return pytest.param(file, id=file.stem, marks=marks)


SMALL = """
date 2026-11-24
08:00 desk 1 next
      every 40s until 08:08 arrive bills debts collect
      every 90s until 08:12 arrive bills as veteran child 30%
      serve desk 2 every 2m until 08:15 no-shows 30%
08:10 pause alarm
      button bills
      arrive debts
08:13 resume
08:30 expect day open
      expect away 3 paused
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "written.day"
    file.write_text(text, encoding="utf-8")
    return file


def played(folder: Path, text: str, keep: Path | None = None) -> Result:
    return play(read_file(write(folder, text)), keep)


@pytest.mark.parametrize("file", [day_of(file) for file in DAYS])
def test_the_day_comes_true(file: Path) -> None:
    result = play(read_file(file))
    assert result.failures == []
    assert result.report.faults == []
    assert result.report.entries == result.summary.entries > 0


@pytest.mark.long
def test_a_hall_of_eleven_desks_serves_three_hundred_visits() -> None:
    result = play(read_file(LARGE))
    summary = result.summary
    assert result.failures == []
    assert result.report.faults == []
    assert summary.issued == summary.printed == summary.papers == 301
    assert summary.served + summary.missed + summary.left == summary.issued
    assert summary.spoken >= summary.issued


def test_the_same_day_played_twice_leaves_the_same_journal_to_the_last_bit(tmp_path: Path) -> None:
    def journal(folder: Path) -> list[tuple[object, ...]]:
        played(tmp_path, SMALL, folder)
        with sqlite3.connect(folder / "queue.db") as db:
            return db.execute("SELECT * FROM journal ORDER BY seq").fetchall()

    first, second = journal(tmp_path / "first"), journal(tmp_path / "second")
    assert len(first) > 50
    assert first == second


def test_faults_and_the_bell_leave_the_same_journal_every_time(tmp_path: Path) -> None:
    def journal(file: str, folder: Path) -> list[tuple[object, ...]]:
        play(read_file(HERE / file), folder)
        with sqlite3.connect(folder / "queue.db") as db:
            return db.execute("SELECT * FROM journal ORDER BY seq").fetchall()

    for file in ("bell.day", "devices.day"):
        assert journal(file, tmp_path / f"1-{file}") == journal(file, tmp_path / f"2-{file}")


@pytest.mark.long
def test_another_seed_is_another_day(tmp_path: Path) -> None:
    services = []
    for seed in (1, 2):
        keep = tmp_path / str(seed)
        played(tmp_path, f"seed {seed}\n{SMALL}", keep)
        with sqlite3.connect(keep / "queue.db") as db:
            services.append(db.execute("SELECT service FROM ticket ORDER BY id").fetchall())
    assert services[0] != services[1]


def test_a_failed_expectation_names_file_and_line_and_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "08:00 arrive bills\n      expect waiting 2\n08:01 expect А 1 waiting\n")
    assert play_file(file, None, None, "en") == 1
    told = capsys.readouterr().out
    assert f"{file}:2: 'waiting 2' was expected, found: 1 waiting" in told
    assert f"{file}:3" not in told


@pytest.mark.parametrize(
    ("expectation", "found"),
    [
        ("А 1 done", "А\u00a0001 waiting"),
        ("А 7 done", "no ticket А 007"),
        ("desk 1 serving", "desk 1 free"),
        ('spoken "Талон"', "silence"),
        ("paper А 1 copy", "1 papers and 0 copies of А 001"),
        ("no paper А 1", "1 papers and 0 copies of А 001"),
        ("torn 1", "0 torn"),
        ("slip А 1 expired", "slips printed"),
        ("refused nobody-waiting", "nothing refused"),
        ("refused disk-full 3", "0 refusals disk-full"),
        ("day closed", "day open, 2026-11-24"),
        ("day 2026-11-25", "day open, 2026-11-24"),
        ("day undated", "day open, 2026-11-24"),
        ("journal TicketIssued 9", "journal TicketIssued 1"),
        ("clock doubtful", "clock trusted"),
    ],
)
def test_each_expectation_can_fail(tmp_path: Path, expectation: str, found: str) -> None:
    result = played(tmp_path, f"08:00 desk 1 next\n08:01 arrive bills\n08:02 expect {expectation}\n")
    assert [failure.split("found: ")[1] for failure in result.failures] == [found]


@pytest.mark.parametrize(
    ("expectation", "found"),
    [
        ("А 1 for meters", "А\u00a0001 for bills"),
        ("why А 1 turn", "А\u00a0001 was never called"),
        ("why А 7 turn", "no ticket А 007"),
        ("why К 1 priority", "why К\u00a0001 turn"),
        ("why К 1 turn over А 1", "why К\u00a0001 turn"),
        ("why А 2 priority", "why А\u00a0002 picked over А\u00a0001"),
        ("away 2", "away 1 (not-here 1)"),
        ("away 1 limit", "away 1 (not-here 1)"),
        ("not paused", "paused fire"),
        ("paused alarm", "paused fire"),
    ],
)
def test_each_expectation_of_the_whole_queue_can_fail(tmp_path: Path, expectation: str, found: str) -> None:
    day = (
        "08:00 desk 1 next\n08:01 arrive meters\n08:02 desk 1 next\n08:02:20 desk 1 finish\n"
        "08:04 desk 1 finish\n08:06 arrive bills\n arrive bills\n pick desk 1 А 2\n away not-here\n pause fire\n"
    )
    result = played(tmp_path, f"{day}08:07 expect {expectation}\n")
    assert [failure.split("found: ")[1] for failure in result.failures] == [found]


def test_a_paused_hall_is_told(tmp_path: Path) -> None:
    result = played(tmp_path, "08:00 desk 1 next\n08:01 expect paused\n")
    assert [failure.split("found: ")[1] for failure in result.failures] == ["not paused"]


def test_numbers_are_merged_only_with_numbers_that_there_are(tmp_path: Path) -> None:
    result = played(tmp_path, "08:00 desk 1 next\n arrive bills\n merge А 1 into А 9\n")
    assert [failure.split(":")[-1] for failure in result.failures] == [" there is no ticket А 009"]


def test_whom_the_kiosk_or_a_button_refuses_is_counted_once_and_staff_by_themselves(tmp_path: Path) -> None:
    day = (
        "08:00 desk 1 next\n pause power\n arrive bills\n button bills\n give bills\n"
        "08:01 expect away 2 paused\n expect journal VisitorTurnedAway 2\n expect refused hall-paused 3\n"
    )
    assert played(tmp_path, day).failures == []


def test_a_spoken_call_breaks_an_expected_silence(tmp_path: Path) -> None:
    day = "08:00 desk 1 next\n08:01 arrive bills\n08:02 desk 1 next\n expect silence\n"
    assert len(played(tmp_path, day).failures) == 1


def test_an_act_on_a_number_that_was_never_given_fails_its_line(tmp_path: Path) -> None:
    result = played(tmp_path, "08:00 leave А 5\n")
    assert [failure.split(":")[-1] for failure in result.failures] == [" there is no ticket А 005"]


def test_what_is_kept_is_the_database_and_each_paper_as_picture_and_text(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    day = "08:00 arrive bills uk\n08:01 reprint А 1\n08:02 expect paper А 1 copy\n"
    assert play_file(write(tmp_path, day), None, keep, "en") == 0
    assert (keep / "queue.db").is_file()
    names = sorted(path.name for path in (keep / "papers").iterdir())
    assert names == ["0001-А001.png", "0001-А001.txt", "0002-А001-copy.png", "0002-А001-copy.txt"]
    assert "Рахунки та нарахування" in (keep / "papers" / "0001-А001.txt").read_text(encoding="utf-8")
    assert (keep / "papers" / "0002-А001-copy.txt").read_text(encoding="utf-8").startswith("КОПІЯ\n")


def test_a_folder_with_another_days_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_bytes(b"precious")
    assert play_file(write(tmp_path, "08:00 arrive bills\n"), None, tmp_path, "en") == 2
    assert (tmp_path / "queue.db").read_bytes() == b"precious"


def test_a_power_cut_leaves_the_write_ahead_log_to_the_next_life(tmp_path: Path) -> None:
    """The second life must find what was never checkpointed."""
    day = "08:00 every 1s until 08:00:20 arrive bills\n08:01 power cut\n08:02 expect waiting 21\n expect А 21 waiting\n"
    result = played(tmp_path, day)
    assert result.failures == []
    assert result.report.clean


def test_a_named_hardware_file_decides_which_keys_there_are(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text(
        'schema = 1\nmode = "simulated"\n[gpio.lockout_ms]\nnext = 0\n'
        "[[panel]]\ndesk = 1\nnext = 4\nrepeat = 5\nfinish = 6\n",
        encoding="utf-8",
    )
    day = (
        "hardware keys.toml\n08:00 desk 1 next twice\n expect refused nobody-waiting\n"
        "08:01 arrive bills\n expect no paper А 1\n"
    )
    result = played(tmp_path, day)
    assert result.failures == []
    assert result.summary.papers == 0
