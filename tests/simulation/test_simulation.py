"""A simulated day goes through the real rules; its figures are those of its journal."""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from appliance.domain.calling import TicketCalled
from appliance.domain.desks import BreakStarted, OperatorSignedIn
from appliance.domain.office import TicketState
from appliance.domain.plans.reader import PlanError, read_plan
from appliance.domain.skills import desk_level
from appliance.domain.tickets import TicketIssued
from appliance.simulation.book import Book, journal_lines
from appliance.simulation.command import add_parser, run, seconds
from appliance.simulation.day import Day
from appliance.simulation.figures import Figures
from appliance.simulation.head import FollowingHead
from appliance.simulation.scene import Scene, plain_hall, popularity, true_means_s
from appliance.simulation.telling import Telling

TESTS = Path(__file__).parent.parent
VINNYTSIA = TESTS.parent / "appliance" / "demo" / "vinnytsia.toml"
ENDS = {TicketState.DONE, TicketState.MISSED, TicketState.LEFT}


def independent() -> ModuleType:
    """The recomputation, which knows nothing of the project."""
    path = TESTS / "independent" / "recompute_simulation.py"
    spec = importlib.util.spec_from_file_location("recompute_simulation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scene(seed: int, *, desks: int = 11, **more: object) -> Scene:
    plan = plain_hall(desks, 3)
    return Scene(plan, seed, true_means_s(plan, 900), popularity(plan), **more)  # type: ignore[arg-type]


def seven_organisations(seed: int, visits: int = 200) -> Scene:
    plan = read_plan(VINNYTSIA.read_text(encoding="utf-8"))
    return Scene(plan, seed, true_means_s(plan), popularity(plan), visits=visits, past_days=5)


def played(one: Scene, *, told: bool = False, advised: bool = False) -> Book:
    telling = Telling(one)
    head = FollowingHead(one, telling.past) if advised else None
    return Day(one, telling if told else None, head).play()


def pooled(scenes: list[Scene], *, told: bool = False, advised: bool = False) -> dict[str, float]:
    figures = Figures()
    for one in scenes:
        figures.add(one.plan, played(one, told=told, advised=advised).records)
    return {name: value for name, value in figures.report().items() if value is not None}


def told_options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    return parser.parse_args(["simulate", *words])


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
@pytest.mark.parametrize("advised", [False, True])
def test_the_figures_are_those_that_anyone_reckons_from_the_journal(
    seed: int, advised: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "journal.jsonl"
    words = ["--seed", str(seed), "--json", "--journal", str(file), "--booked", "0.1", *["--advice"][: int(advised)]]
    assert run(told_options(*words)) == 0
    printed = json.loads(capsys.readouterr().out)
    other = independent()
    rows = other.rows_of(file)
    assert other.chain_is_whole(rows)
    found = other.figures(rows)
    assert found == {name: printed[name] for name in found}
    assert found["issued"] + found["turned_away"] == 300


def test_a_changed_row_breaks_the_chain() -> None:
    other = independent()
    rows = [json.loads(line) for line in journal_lines(played(scene(3, visits=5)).records)]
    assert other.chain_is_whole(rows)
    rows[10]["actor"] = "somebody"
    assert not other.chain_is_whole(rows)


def test_the_same_seed_gives_the_same_journal_and_another_one_another() -> None:
    one, same, other = (list(journal_lines(played(scene(seed), told=True).records)) for seed in (5, 5, 6))
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    "one", [scene(7), scene(8, booked=0.3, no_show=0.2), seven_organisations(9), scene(1, desks=7)]
)
def test_every_ticket_of_a_day_comes_to_an_end_and_the_day_is_closed(one: Scene) -> None:
    office = played(one, advised=True).office
    assert {ticket.state for ticket in office.tickets.values()} <= ENDS
    assert office.day is not None
    assert office.day.closed is not None


def test_nobody_is_called_to_a_desk_that_cannot_serve_them() -> None:
    one = seven_organisations(11)
    book = played(one)
    services, operators, called, breaks = dict[int, str](), dict[int, str](), 0, 0
    for record in book.records:
        match record.event:
            case TicketIssued(ticket=ticket, service=service):
                services[ticket] = service
            case OperatorSignedIn(desk, operator):
                operators[desk] = operator
            case BreakStarted():
                breaks += 1
            case TicketCalled(ticket, desk):
                called += 1
                assert desk_level(one.plan, desk, services[ticket], operator=operators.get(desk))
    assert called > 150
    assert breaks >= 8
    assert len(operators) >= 10


@pytest.mark.long
def test_eleven_desks_without_advice_leave_about_a_quarter_past_the_norm() -> None:
    report = pooled([scene(seed) for seed in range(1, 41)])
    assert 7.5 * 60 < report["mean_wait_s"] < 10 * 60
    assert 0.2 < report["share_over_norm"] < 0.3


@pytest.mark.long
def test_with_advice_hardly_anybody_waits_past_the_norm() -> None:
    report = pooled([scene(seed) for seed in range(1, 5)], advised=True)
    assert report["share_over_norm"] <= 0.03


@pytest.mark.parametrize(
    ("hall", "limit"),
    [
        pytest.param("plain", 1.0, id="plain", marks=pytest.mark.long),
        pytest.param("priority", 0.85, id="priority", marks=pytest.mark.long),
        pytest.param("seven", 0.75, id="seven", marks=pytest.mark.long),
    ],
)
def test_the_estimate_is_nearer_than_the_naive_quotient(hall: str, limit: float) -> None:
    seeds = range(5000, 5006)
    scenes = {
        "plain": [scene(seed, priority=0.0, past_days=5) for seed in seeds],
        "priority": [scene(seed, past_days=5) for seed in seeds],
        "seven": [seven_organisations(seed) for seed in seeds],
    }[hall]
    report = pooled(scenes, told=True)
    assert report["estimate_mae_s"] <= limit * report["naive_mae_s"]
    assert 0.74 <= report["range_coverage"] <= 0.87


def test_a_plan_of_a_file_is_played_and_a_broken_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(told_options("--plan", str(VINNYTSIA), "--visits", "30", "--json", "--no-estimates")) == 0
    assert json.loads(capsys.readouterr().out)["issued"] > 20
    with pytest.raises(PlanError):
        run(told_options("--plan", str(tmp_path / "missing.toml")))


def test_times_are_given_in_minutes_or_seconds() -> None:
    assert (seconds("15m"), seconds("12.5m"), seconds("90s"), seconds("90")) == (900, 750, 90, 90)
    with pytest.raises(argparse.ArgumentTypeError):
        seconds("0")
