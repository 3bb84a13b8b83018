"""What hardware.toml may say, and what each mistake says back."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.config import GPIO, HardwareConfigError, Point, load, parse
from tests.hardware.config_toml import GOOD, changed, mistakes

# name: (old text, new text, code, sentence)
BROKEN = {
    "pin shared": (
        "next = 22",
        "next = 17",
        "pin-taken",
        "panel for desk 3: pin 17 is already used by 'pin' of button kiosk.ticket A; change 'next'",
    ),
    "pin shared within a panel": (
        "finish = 24",
        "finish = 22",
        "pin-taken",
        "panel for desk 3: pin 22 is already used by 'next' of panel for desk 3; change 'finish'",
    ),
    "pin shared with the lamp": (
        "finish = 24",
        "finish = 24\nlamp = 17",
        "pin-taken",
        "panel for desk 3: pin 17 is already used by 'pin' of button kiosk.ticket A; change 'lamp'",
    ),
    "pin beyond the header": (
        "pin = 17",
        "pin = 40",
        "pin-not-bcm",
        "button kiosk.ticket A: 'pin' is pin 40, the Pi has BCM pins 2 to 27",
    ),
    "EEPROM pin": (
        "repeat = 23",
        "repeat = 1",
        "pin-eeprom",
        "panel for desk 3: 'repeat' is pin 1, which belongs to the HAT's EEPROM",
    ),
    "pin as text": (
        "pin = 17",
        'pin = "GPIO17"',
        "wrong-type",
        "button kiosk.ticket A: 'pin' must be of type integer, not text (did you mean '17'?)",
    ),
    "pin as truth": (
        "pin = 17",
        "pin = true",
        "wrong-type",
        "button kiosk.ticket A: 'pin' must be of type integer, not boolean",
    ),
    "desk twice": (
        "[printer]",
        "[[panel]]\ndesk = 3\nnext = 4\nrepeat = 5\nfinish = 6\n[printer]",
        "desk-twice",
        "panel for desk 3: desk 3 already has a panel; remove one of them",
    ),
    "service twice": (
        "[[panel]]",
        '[[button]]\nrole = "kiosk.ticket"\nservice = "A"\npin = 27\n[[panel]]',
        "service-twice",
        "button kiosk.ticket A: service A already has a button; remove one of them",
    ),
    "unknown role": (
        '"kiosk.ticket"',
        '"kiosk.tiket"',
        "unknown-role",
        "button kiosk.tiket A: unknown role 'kiosk.tiket', it must be one of kiosk.ticket, power.fail "
        "(did you mean 'kiosk.ticket'?)",
    ),
    "misspelt key": (
        "[sound]",
        "boud = 9600\n[sound]",
        "unknown-key",
        "[printer]: unknown key 'boud' (did you mean 'baud'?)",
    ),
    "misspelt table": (
        "[sound]",
        "[sounds]",
        "unknown-key",
        "hardware.toml: unknown key 'sounds' (did you mean 'sound'?)",
    ),
    "missing key": (
        "repeat = 23\n",
        "",
        "missing-key",
        "panel for desk 3: 'repeat' is missing",
    ),
    "missing desk": (
        "desk = 3\n",
        "",
        "missing-key",
        "panel #1 in the file: 'desk' is missing",
    ),
    "wrong mode": (
        '"real"',
        '"simulate"',
        "unknown-word",
        "hardware.toml: 'mode' is 'simulate', it must be one of real, simulated (did you mean 'simulated'?)",
    ),
    "factory that drops edges": (
        '"lgpio"',
        '"native"',
        "unknown-word",
        "[gpio]: 'pin_factory' is 'native', it must be one of auto, gpiod, lgpio",
    ),
    "paper width": (
        "width_mm = 58",
        "width_mm = 57",
        "unknown-word",
        "[printer]: 'width_mm' is '57', it must be one of 58, 80 (did you mean '58'?)",
    ),
    "debounce out of range": (
        "[[button]]",
        "debounce_ms = 500\n[[button]]",
        "out-of-range",
        "[gpio]: 'debounce_ms' is 500, it must be from 5 to 100",
    ),
    "lock-out of an unknown role": (
        "[[button]]",
        "[gpio.lockout_ms]\nnxt = 700\n[[button]]",
        "unknown-key",
        "[gpio.lockout_ms]: unknown key 'nxt' (did you mean 'next'?)",
    ),
    "service with a slash": (
        'service = "A"',
        'service = "A/1"',
        "bad-name",
        "button kiosk.ticket A/1: 'service' is 'A/1': up to 40 letters, digits, '-' or '_'",
    ),
    "one panel instead of a list": (
        "[[panel]]",
        "[panel]",
        "not-a-list",
        "hardware.toml: [panel] must be written [[panel]], once for each",
    ),
    "printer as a list": (
        "[printer]",
        "[[printer]]",
        "wrong-type",
        "hardware.toml: 'printer' must be of type table, not list",
    ),
    "next schema": (
        "schema = 1",
        "schema = 2",
        "schema-unsupported",
        "hardware.toml: schema 2 is not supported, this version reads schema 1",
    ),
    "virtual printer in a real office": (
        '"/dev/serial/by-id/usb-printer"',
        '"simulated"',
        "simulated-in-real",
        '[printer]: \'port\' is "simulated", but mode is "real"',
    ),
    "syntax": (
        "desk = 3",
        "desk = ",
        "syntax",
        "hardware.toml: line 11: not TOML: Invalid value",
    ),
    "syntax at the end of the file": (
        'kind = "none"',
        'kind = """none',
        "syntax",
        "hardware.toml: line 19: not TOML: Unterminated string",
    ),
    "key twice": (
        "pin = 17",
        "pin = 17\npin = 18",
        "syntax",
        "hardware.toml: line 10: not TOML: Cannot overwrite a value",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_says_what_and_where(name: str) -> None:
    old, new, code, sentence = BROKEN[name]
    found = mistakes(changed(old, new))
    assert code in [mistake.code for mistake in found]
    assert sentence in [str(mistake) for mistake in found]


ONE_MISTAKE_EACH = set(BROKEN) - {"printer as a list"}


@pytest.mark.parametrize("name", sorted(ONE_MISTAKE_EACH))
def test_one_error_in_the_file_is_one_mistake(name: str) -> None:
    old, new, _, sentence = BROKEN[name]
    assert [str(mistake) for mistake in mistakes(changed(old, new))] == [sentence]


def test_the_shared_good_file_is_good() -> None:
    config = parse(GOOD.encode())
    assert [key.control for key in config.wired_keys()] == [
        "desk/3/next",
        "desk/3/repeat",
        "desk/3/finish",
        "kiosk/A",
    ]


def test_all_mistakes_come_at_once_with_codes_facts_and_the_nearest_word() -> None:
    text = changed("next = 22", "next = 17").replace('"none"', '"simulatd"').replace("= 58", "= 81")
    found = mistakes(text)
    assert [mistake.code for mistake in found] == ["pin-taken", "unknown-word", "unknown-word"]
    taken, width, sound = found
    assert (taken.place.kind, taken.place.name) == ("panel", "3")
    assert taken.facts["by_kind"] == "button"
    assert taken.facts["by_name"] == "kiosk.ticket A"
    assert width.nearest == "80"
    assert sound.nearest == "simulated"


def test_the_error_prints_one_line_for_each_mistake() -> None:
    with pytest.raises(HardwareConfigError) as caught:
        parse(changed("next = 22", "next = 17").replace("repeat = 23", "repeat = 0").encode())
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(HardwareConfigError) as caught:
        load(tmp_path / "hardware.toml")
    assert caught.value.mistakes[0].code == "unreadable"


def test_a_file_in_windows_1251_is_a_mistake() -> None:
    with pytest.raises(HardwareConfigError) as caught:
        parse("# окно\nschema = 1".encode("cp1251"))
    assert caught.value.mistakes[0].code == "not-utf8"


def test_a_byte_order_mark_is_forgiven() -> None:
    assert parse(GOOD.encode("utf-8-sig")).mode == "real"


def test_an_office_without_a_printer_has_none() -> None:
    text = GOOD[: GOOD.index("[printer]")]
    config = parse(text.encode())
    assert config.printer is None
    assert config.sound.kind == "none"


def test_keys_carry_the_rule_of_their_role() -> None:
    text = changed("[[button]]", "[gpio.lockout_ms]\nrepeat = 400\n[[button]]")
    text = text.replace('"lgpio"', '"lgpio"\nhold_ms = 800')
    rules = {key.control: key.rule for key in parse(text.encode()).wired_keys()}
    assert rules["desk/3/next"].lockout_s == pytest.approx(0.7)
    assert rules["desk/3/repeat"].lockout_s == pytest.approx(0.4)
    assert rules["desk/3/next"].hold_s == pytest.approx(0.8)
    assert rules["desk/3/next"].holds
    assert not rules["kiosk/A"].holds
    assert rules["kiosk/A"].lockout_s == pytest.approx(1.5)
    assert rules["kiosk/A"].stable_s == pytest.approx(0.02)


def test_the_power_fails_for_as_long_as_it_likes() -> None:
    text = changed("[[panel]]", '[[button]]\nrole = "power.fail"\npin = 5\ncontact = "closed"\n[[panel]]')
    (key,) = (key for key in parse(text.encode()).wired_keys() if key.control == "power/fail")
    assert key.closed
    assert key.point == Point(GPIO, 5)
    assert key.rule.baseline_counts
    assert key.rule.lockout_s == 0.0


def test_a_value_never_breaks_the_line_of_its_sentence() -> None:
    text = changed("width_mm = 58", 'width_mm = 58\nflow = "a\\nb\\u001b[2J"').replace('"A"', '"A\\r\\nB"')
    for mistake in mistakes(text):
        assert str(mistake).isprintable()


def test_a_number_as_long_as_the_file_is_shown_short() -> None:
    (found,) = mistakes(changed("pin = 17", f"pin = 0x{'f' * 20_000}"))
    assert found.code == "pin-not-bcm"
    assert len(str(found)) < 200
