"""Whatever is done to a right hardware.toml, it is read or refused with sentences; nothing else is ever raised."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.hardware_words import mistake, summary
from hardware.config import GPIO, HardwareConfig, HardwareConfigError, parse
from hardware.config.mistakes import SENTENCES
from tests.examples import examples
from tests.hardware.broken_hardware import BASE

EXAMPLES = Path(__file__).parents[2] / "hardware" / "examples"
TEXTS = [
    *(file.read_text(encoding="utf-8") for file in sorted(EXAMPLES.glob("*.toml"))),
    resources.files("appliance.demo").joinpath("hardware.toml").read_text(encoding="utf-8"),
    BASE,
]

WORDS = st.sampled_from(
    [
        "",
        "gpio",
        "desks",
        "KP1",
        "simulated",
        "real",
        "open",
        "closed",
        "text",
        "max7219",
        "/dev/serial0",
        "a\nb",
        "#1",
        "{0}",
    ]
)
LEAVES = (
    st.integers()
    | st.integers(-1, 40)
    | st.booleans()
    | st.floats()
    | st.text(max_size=8)
    | WORDS
    | st.just(date(2026, 11, 28))
    | st.just(10**30)
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from paths(below, (*path, key))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A right document with up to four things put, taken away or added."""
    document = copy.deepcopy(draw(st.sampled_from([tomllib.loads(text) for text in TEXTS])))
    for _ in range(draw(st.integers(1, 4))):
        places = list(paths(document))
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        table: Any = document
        for key in way:
            table = table[key]
        what = draw(st.sampled_from(["put", "take", "move", "add"]))
        if what == "take":
            del table[last]
        elif what == "move":
            other: Any = document
            for key in draw(st.sampled_from(places)):
                other = other[key] if isinstance(other, dict) or len(other) > key else last
            table[last] = copy.deepcopy(other)
        elif what == "add" and isinstance(table, dict):
            table[draw(WORDS | st.sampled_from(["bus", "module", "pin", "lamp", "kind"]))] = draw(VALUES)
        else:
            table[last] = draw(VALUES)
    return document


def read(content: bytes) -> HardwareConfig | None:
    """Read it, or see that every mistake is a whole sentence in three languages, on one line."""
    try:
        config = parse(content)
    except HardwareConfigError as error:
        assert error.mistakes
        for found in error.mistakes:
            assert found.code in SENTENCES
            told = {language: mistake(found, language) for language in ("ru", "uk", "en")}
            assert told["en"] == str(found)
            assert len(set(told.values())) == 3
            for sentence in told.values():
                assert sentence.isprintable()
                assert len(sentence) < 1200
        return None
    for language in ("ru", "uk", "en"):
        assert all(line.isprintable() for line in summary(config, language))
    return config


@settings(max_examples=examples(300), deadline=None, suppress_health_check=SLOW)
@given(documents())
def test_a_changed_document_is_read_or_refused(document: dict[str, Any]) -> None:
    read(tomlkit.dumps(document).encode("utf-8", "surrogatepass"))


@settings(max_examples=examples(300), deadline=None)
@given(
    st.sampled_from(TEXTS), st.lists(st.tuples(st.integers(0), st.integers(0, 6), st.binary(max_size=6)), max_size=4)
)
def test_changed_bytes_are_read_or_refused(text: str, changes: list[tuple[int, int, bytes]]) -> None:
    content = text.encode()
    for place, count, put in changes:
        at = place % (len(content) + 1)
        content = content[:at] + put + content[at + count :]
    read(content)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nonsense_is_refused(content: bytes) -> None:
    assert read(content) is None


@settings(max_examples=examples(200), deadline=None)
@given(st.data())
def test_two_keys_on_one_wire_name_each_other(data: st.DataObject) -> None:
    """Any key of an office, moved to the wire of another one of its bus, is refused with the name of that one."""
    text = data.draw(st.sampled_from(TEXTS))
    keys = parse(text.encode()).wired_keys()
    first = data.draw(st.sampled_from(keys))
    alike = [
        key
        for key in keys
        if key is not first and (key.point.bus, key.point.module) == (first.point.bus, first.point.module)
    ]
    if not alike:
        return
    second = data.draw(st.sampled_from(alike))
    document = tomllib.loads(text)
    table, name = _table(document, second.control)
    table[name] = first.point.line
    try:
        parse(tomlkit.dumps(document).encode())
    except HardwareConfigError as error:
        found = [one for one in error.mistakes if one.code.endswith("-taken")]
        assert len(found) == 1 == len(error.mistakes)
        named = {(found[0].place.kind, found[0].place.name), (found[0].facts["by_kind"], found[0].facts["by_name"])}
        assert named == {_place(first.control), _place(second.control)}
        assert {found[0].facts["key"], found[0].facts["by_key"]} == {_key(first.control), _key(second.control)}
    else:
        raise AssertionError(f"{first.control} and {second.control} share {first.point}")


def _table(document: dict[str, Any], control: str) -> tuple[dict[str, Any], str]:
    kind, name, *_ = control.split("/")
    key = _key(control)
    if kind == "desk":
        return next(one for one in document["panel"] if one["desk"] == int(name)), key
    if kind in ("bell", "answer"):
        return next(one for one in document["bell"] if one["name"] == name), key
    wanted = ("kiosk.ticket", name) if kind == "kiosk" else ("power.fail", None)
    return next(one for one in document["button"] if (one["role"], one.get("service")) == wanted), key


def _key(control: str) -> str:
    kind, *_, last = control.split("/")
    return {"desk": last, "answer": "answer"}.get(kind, "pin")


def _place(control: str) -> tuple[str, str]:
    kind, name, *_ = control.split("/")
    return {
        "desk": ("panel", name),
        "kiosk": ("button", f"kiosk.ticket {name}"),
        "power": ("button", "power.fail"),
    }.get(kind, ("bell", name))


def test_the_texts_are_right() -> None:
    assert len(TEXTS) == 6
    for text in TEXTS:
        config = read(text.encode())
        assert config is not None
        assert all(key.point.bus != GPIO or isinstance(key.point.line, int) for key in config.wired_keys())
