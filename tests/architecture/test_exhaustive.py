"""Nothing is forgotten: every command is decided, every event evolves and is read back, every refusal is used."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sqlite3
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import get_type_hints

import pytest

import appliance
import appliance.domain
from appliance.domain import codec
from appliance.domain.clockwork import ClockCorrected
from appliance.domain.identity import PlanAdopted
from appliance.domain.keys import TABLE, Key, Press
from appliance.domain.message import Command, Event
from appliance.domain.office import DeskState, SlipState, TicketState
from appliance.domain.plan import PURPOSES
from appliance.domain.refusal import Code
from appliance.domain.rules import DECIDERS, EVOLVERS
from appliance.domain.standing import StandingBegun, StandingEnded
from appliance.store import rows
from appliance.store.database import migrate, migrations

SPECIAL_EVENTS = {PlanAdopted, StandingBegun, StandingEnded, ClockCorrected}
"""`evolve` handles them itself: three need the plan's document, the other changes no row."""

SCALARS = {int, str, bool, int | None, str | None, bool | None}
LISTS = {tuple[int, ...], tuple[str, ...], tuple[int, ...] | None}
FACTS = {Mapping[str, str | int]}


def subclasses(of: type[Command] | type[Event]) -> set[type]:
    """Every class below, in all modules of the rules."""
    for module in pkgutil.iter_modules(appliance.domain.__path__):
        importlib.import_module(f"appliance.domain.{module.name}")
    return {kind for kind in of.__subclasses__() if kind.__module__.startswith("appliance.domain.")}


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    """The parsed sources of the office."""
    (root,) = map(Path, appliance.__path__)
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(root.rglob("*.py")))


@cache
def codes_used() -> frozenset[str]:
    """Every `Code.NAME` in the office's sources."""
    return frozenset(
        node.attr
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Code"
    )


def test_every_command_has_a_decider() -> None:
    assert subclasses(Command) == {*DECIDERS, Press}


def test_every_event_has_an_evolver() -> None:
    assert subclasses(Event) == {*EVOLVERS, *SPECIAL_EVENTS}
    assert not SPECIAL_EVENTS & set(EVOLVERS)


def test_every_event_can_be_read_back_from_the_journal() -> None:
    assert set(codec.KINDS.values()) == subclasses(Event)
    assert all(name == kind.__name__ for name, kind in codec.KINDS.items())


@pytest.mark.parametrize("kind", codec.KINDS.values(), ids=lambda kind: kind.__name__)
def test_an_event_holds_json_values_alone(kind: type[Event]) -> None:
    hints = get_type_hints(kind)
    assert {hints[field.name] for field in fields(kind)} <= SCALARS | LISTS | FACTS


@pytest.mark.parametrize("kind", sorted(subclasses(Event), key=str), ids=lambda kind: kind.__name__)
def test_every_older_version_of_an_event_has_a_way_up(kind: type[Event]) -> None:
    assert all((kind.__name__, version) in codec.UPCASTS for version in range(1, kind.version))


@pytest.mark.parametrize("code", Code)
def test_every_refusal_is_given_somewhere(code: Code) -> None:
    assert code.name in codes_used()


def test_every_kind_of_event_fits_the_journal() -> None:
    assert max(map(len, codec.KINDS)) <= 40


@pytest.mark.parametrize("states", [TicketState, DeskState, SlipState], ids=lambda states: states.__name__)
def test_the_schema_knows_every_state_and_no_other(states: type[TicketState | DeskState | SlipState]) -> None:
    listed = ", ".join(f"'{state.value}'" for state in states)
    assert f"CHECK (state IN ({listed}))" in "".join(migrations())


def test_the_schema_knows_every_purpose_and_no_other() -> None:
    listed = ", ".join(f"'{purpose}'" for purpose in ("", *PURPOSES))
    assert f"CHECK (purpose IN ({listed}))" in "".join(migrations())


def test_every_column_of_the_mapping_is_in_the_schema_and_no_other() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db)
    for table, columns in rows.COLUMNS.items():
        assert tuple(row[1] for row in db.execute(f"PRAGMA table_info({table})")) == columns
    db.close()


def test_every_table_of_the_mapping_has_its_keys_first() -> None:
    for table, columns in rows.COLUMNS.items():
        assert columns[: len(rows.KEYS[table])] == rows.KEYS[table]


def test_the_table_of_keys_names_known_states_and_keys_alone() -> None:
    assert {(state, key) for state, key, _ in TABLE} <= {(state, key) for state in DeskState for key in Key}


def test_no_module_of_the_rules_is_longer_than_it_should_be() -> None:
    long = {
        path.name: length
        for path, _ in trees()
        if path.parent.name in ("domain", "store") and (length := path.read_text(encoding="utf-8").count("\n")) > 420
    }
    assert long == {}
