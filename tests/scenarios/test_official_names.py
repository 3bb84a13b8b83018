"""The names that the state gives its services, the longest of 344 letters, through the whole office.

The list isn't part of this repository: TALON_SHARED names the folder whose data/ holds it, or it lies beside the
repository in shared/.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from PIL import ImageChops

from appliance.domain.calling import HearCall
from appliance.domain.days import OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.keys import Key, Press
from appliance.domain.message import Command
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.domain.tickets import TakeTicket
from appliance.store.verify import verify
from appliance.store.writer import QueueWriter
from appliance.workers.slip_text import slip_content
from hardware.paper import letters
from hardware.paper.slip import WIDTH_58MM, WIDTH_80MM, clean, margin, render, wrap

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TALON_SHARED", str(ROOT.parent / "shared")))
NAMES = SHARED / "data" / "ua_admin_services_2015.csv"
SERIES = "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯІЇЄҐ"
NOW = Now(Moment(1_795_500_000_000, True, "boot", 60_000), datetime(2026, 11, 24, 9, 0))
ROOMS = [pytest.param(WIDTH_58MM, id="58 mm"), pytest.param(WIDTH_80MM, id="80 mm")]

if not NAMES.is_file():
    pytest.skip(f"{NAMES} is not there", allow_module_level=True)


def official_names() -> list[str]:
    with NAMES.open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


def plan_document(names: list[str]) -> str:
    lines = [
        "schema = 1",
        "version = 1",
        'office = "official"',
        'timezone = "Europe/Kyiv"',
        'languages = ["uk"]',
        '[name]\nuk = "Центр надання адміністративних послуг"',
        '[hours]\nopens = "00:00"\ncloses = "24:00"',
        '[[organisation]]\nid = "city"\nname = { uk = "Місто" }',
    ]
    for number, name in enumerate(names, start=1):
        series, told = SERIES[number % len(SERIES)], json.dumps(name, ensure_ascii=False)
        lines.append(f'[[service]]\nid = "s{number:03d}"\nseries = "{series}"\nname = {{ uk = {told} }}')
    lines += [f"[[desk]]\nnumber = {number}" for number in range(1, 12)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Hall:
    plan: Plan
    names: list[str]
    office: Office
    database: Path


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """An office in which somebody has come for each of the services."""
    names = official_names()
    plan = read_plan(plan_document(names))
    database = tmp_path_factory.mktemp("official") / "queue.db"
    writer = QueueWriter(database, lambda: NOW, on_death=lambda death: None)
    writer.start()

    def ask(command: Command) -> None:
        writer.submit(command, actor="test").result(10.0)

    for command in (BeginIncarnation("official"), AdoptPlan(plan), OpenDay()):
        ask(command)
    for service in plan.services:
        ask(TakeTicket(service, "uk"))
    for desk in plan.desks:
        ask(OpenDesk(desk))
        ask(Press(desk, Key.NEXT))
    ask(HearCall(1, 1))
    yield Hall(plan, names, writer.office, database)
    writer.stop()


def test_every_name_is_read_kept_and_asked_for(hall: Hall) -> None:
    assert len(hall.names) == len(hall.plan.services) == len(hall.office.tickets) == 512
    assert max(map(len, hall.names)) == 344
    assert [service.name.get("uk") for service in hall.plan.services.values()] == [n.strip() for n in hall.names]
    assert len({(t.series, t.number) for t in hall.office.tickets.values()}) == 512


@pytest.mark.parametrize("width", ROOMS)
def test_every_word_of_every_name_is_on_the_slip(hall: Hall, width: int) -> None:
    room = width - 2 * margin(width)
    fits = letters.fits(letters.LARGE, letters.STRONG, room)
    for paper in hall.office.slips.values():
        name = slip_content(hall.office, paper).service
        lines = wrap(name, fits)
        assert all(map(fits, lines)), name
        assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", clean(name))
        whole = [word for word in clean(name).split() if fits(word)]
        assert set(whole) <= set(" ".join(lines).split()), name


@pytest.mark.long
@pytest.mark.parametrize("width", ROOMS)
def test_no_ink_lies_outside_the_margins(hall: Hall, width: int) -> None:
    for paper in hall.office.slips.values():
        image = render(slip_content(hall.office, paper), width)
        ink = ImageChops.invert(image).getbbox()
        assert ink is not None
        left, top, right, bottom = ink
        assert margin(width) <= left, paper
        assert right <= width - margin(width), paper
        assert (image.width, top >= 0, bottom <= image.height) == (width, True, True)


def test_kiosk_and_hall_show_every_name_undamaged(hall: Hall) -> None:
    views = pytest.importorskip("appliance.api.views")
    kiosk = views.kiosk(hall.office, NOW, paper=True)
    shown = json.loads(kiosk.model_dump_json())["services"]
    assert [service["name"]["uk"] for service in shown] == [name.strip() for name in hall.names]
    assert [service["short"]["uk"] for service in shown] == [name.strip() for name in hall.names]
    assert all(service["available"] for service in shown)
    board = views.hall(hall.office, NOW)
    assert len(board.calls) == 11
    assert board.waiting == 512 - 11


def test_the_database_is_what_its_journal_says(hall: Hall) -> None:
    report = verify(hall.database)
    assert report.faults == []
    assert report.rows > 1024
