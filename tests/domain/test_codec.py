"""Events as text: what was ever shipped stays readable, and nothing is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain import codec
from appliance.domain.calling import TicketCalled
from appliance.domain.days import DayOpened
from appliance.domain.message import Event
from appliance.domain.undoing import Undone

GOLDEN = Path(__file__).parent.parent / "store" / "golden"
FROZEN: list[dict[str, Any]] = [
    json.loads(line)
    for path in sorted(GOLDEN.glob("events-v*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
VALUES: Mapping[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**63),
    str: TEXT,
    bool: st.booleans(),
    type(None): st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of one field of an event."""
    if hint in VALUES:
        return VALUES[hint]
    if isinstance(hint, UnionType):
        return st.one_of(*map(values, get_args(hint)))
    if get_origin(hint) is Mapping:
        return st.dictionaries(st.text(max_size=9), values(get_args(hint)[1]), max_size=5)
    assert get_origin(hint) is tuple, f"no values known for {hint}"
    return st.lists(values(get_args(hint)[0]), max_size=20).map(tuple)


def events_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Events of one kind with any values."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: values(hints[field.name]) for field in fields(kind)})


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda frozen: f"{frozen['kind']}-{frozen['version']}")
def test_every_event_ever_shipped_is_still_read(frozen: dict[str, Any]) -> None:
    event = codec.decode(frozen["kind"], frozen["version"], json.dumps(frozen["body"]))
    assert type(event).__name__ == frozen["kind"]
    for name, value in frozen["reads"].items():
        read = getattr(event, name)
        assert read == (tuple(value) if isinstance(value, list) else value)


def test_the_fixtures_hold_every_kind_in_every_version() -> None:
    shipped = {(frozen["kind"], frozen["version"]) for frozen in FROZEN}
    assert shipped >= {(name, version) for name, kind in codec.KINDS.items() for version in range(1, kind.version + 1)}


@pytest.mark.parametrize("kind", codec.KINDS.values(), ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_an_event_comes_back_as_it_was(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(events_of(kind))
    assert codec.decode(kind.__name__, event.version, codec.encode(event)) == event


def test_a_body_is_compact_json_in_the_order_of_the_fields() -> None:
    called = '{"ticket":7,"desk":3,"chained":false,"back":true,"why":"returned","over":null}'
    assert codec.encode(TicketCalled(7, 3, back=True, why="returned")) == called
    assert codec.encode(DayOpened(1, None, 0, "п")) == '{"day":1,"date":null,"block":0,"plan":"п","continues":false}'


def test_an_unknown_kind_is_not_guessed() -> None:
    with pytest.raises(codec.UnknownEventError, match="TicketEaten"):
        codec.decode("TicketEaten", 1, "{}")


def test_a_version_of_a_later_release_is_not_guessed() -> None:
    later = TicketCalled.version + 1
    with pytest.raises(codec.UnknownEventError, match=f"TicketCalled version {later}"):
        codec.decode("TicketCalled", later, '{"ticket":1,"desk":1}')


def test_a_version_without_a_way_up_is_not_guessed() -> None:
    with pytest.raises(codec.UnknownEventError, match="TicketCalled version 0"):
        codec.decode("TicketCalled", 0, '{"ticket":1,"desk":1}')


def test_an_old_version_is_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TicketCalled, "version", 3)
    monkeypatch.setattr(
        codec,
        "UPCASTS",
        {
            ("TicketCalled", 1): lambda body: {"ticket": body["number"], "place": body["place"]},
            ("TicketCalled", 2): lambda body: {"ticket": body["ticket"], "desk": body["place"]},
        },
    )
    assert codec.decode("TicketCalled", 1, '{"number":7,"place":2}') == TicketCalled(7, 2)


def test_a_body_has_a_limit_in_bytes() -> None:
    body = codec.encode(Undone(1, 1, "", ()))
    room = codec.BODY_LIMIT - len(body)
    assert len(codec.encode(Undone(1, 1, "x" * room, ()))) == codec.BODY_LIMIT
    with pytest.raises(ValueError, match="4097 bytes"):
        codec.encode(Undone(1, 1, "x" * (room + 1), ()))
    with pytest.raises(ValueError, match="bytes"):
        codec.encode(Undone(1, 1, "ї" * (room // 2 + 1), ()))
