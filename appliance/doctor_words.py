"""The words of the doctor: what was looked at, what is wrong there, and what a person should do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from appliance import words
from appliance.desk_word import DeskWord
from appliance.doctor_sentences import CAPS, CONTROLS, POINTS, SENTENCES, TITLES, VERDICTS
from hardware.header import CONTACTS

if TYPE_CHECKING:
    from appliance.domain.plan import Plan
    from hardware.doctor.finding import Finding

PORT_OF_PRINTER = "printer"
GROUPS = {"/dev/input/": "input", "/dev/usb/lp": "lp", "/dev/spidev": "spi"}
"""Groups of devices other than serial ports, by the beginning of their names."""


def finding_lines(finding: Finding, language: str, plan: Plan | None = None) -> tuple[str, str, str]:
    """A finding as a person reads it: what was looked at, what is wrong (or worth knowing), what to do.

    The second and the third are empty where there is nothing to say.
    """
    title, facts = title_of(finding, language, plan), finding.facts
    reason = finding.reason or _well_code(finding)
    why = told_shortly(reason, facts, language, plan) if finding.reason or reason in SENTENCES else ""
    todo = told_shortly(finding.hint, facts, language, plan) if finding.hint else ""
    return title, why, todo


def told_shortly(code: str, facts: Mapping[str, str], language: str, plan: Plan | None = None) -> str:
    """The sentence of a reason without its advice, or of a hint with all of its: for places that show both."""
    own = f"found-{code}"
    told = facts_in_words(facts, language, plan)
    said = words.sentence(own if own in words.SENTENCES else code, told, language, plan)
    return said if "point" in told else said.replace(" (—)", "")


def say(code: str, language: str, plan: Plan | None = None, **facts: object) -> str:
    """One sentence of the doctor, or of what came out of an act."""
    told = facts_in_words({name: str(fact) for name, fact in facts.items()}, language, plan)
    return words.sentence(code, told, language, plan)


def verdict_word(verdict: str, language: str) -> str:
    """How a check ended: «Неисправно», «Внимание», «В порядке»."""
    return words.translations(language).gettext(VERDICTS[verdict])


def title_of(finding: Finding, language: str, plan: Plan | None = None) -> str:
    """What was looked at."""
    if finding.subject and finding.check in ("buttons", "bell", "power") and "/" in finding.subject:
        return control_name(finding.subject, language, plan)
    code = finding.check
    if code == "port" and finding.subject == PORT_OF_PRINTER:
        code = "port-printer"
    elif code == "power" and finding.subject:
        code = "power-contact"
    bus, _, module = finding.subject.partition("/")
    known = {"subject": finding.subject.removeprefix(f"{finding.check}/"), "bus": bus, "module": module}
    message = words.translations(language).gettext(TITLES.get(code, "{code} {subject}"))
    return message.format_map(words.Facts({"code": code, **known})).strip()


def control_name(control: str, language: str, plan: Plan | None = None) -> str:
    """A key of hardware.toml in words: `desk/5/next` is «Окно 5, кнопка СЛЕДУЮЩИЙ», `desk/5` «Окно 5, пульт»."""
    kind, _, rest = control.partition("/")
    name, _, key = rest.partition("/")
    message = CONTROLS.get("panel" if kind == "desk" and not key else kind)
    if message is None or not rest:
        return control
    service = plan.services.get(name) if plan is not None else None
    facts = {
        "desk_word": DeskWord(plan.desk_word if plan is not None else "", language),
        "name": name,
        "key": key_cap(key, language),
        "service": service.short.get(language) if service is not None else name,
    }
    return words.translations(language).gettext(message).format_map(words.Facts(facts))


def key_cap(key: str, language: str) -> str:
    """What stands on a key of a panel: `next` is СЛЕДУЮЩИЙ."""
    return words.translations(language).gettext(CAPS[key]) if key in CAPS else key


def point_in_words(point: str, language: str) -> str:
    """Where a wire ends, from `str` of a `Point`: `gpio 17` is «GPIO 17, контакт J8:11»."""
    bus, _, where = point.partition(" ")
    if not where:
        return point
    module, slash, line = where.rpartition("/")
    kind = "module" if slash else "gpio" if bus == "gpio" else "keypad"
    contact = CONTACTS.get(int(line)) if kind == "gpio" and line.isdigit() else None
    facts = {"bus": bus, "module": module, "line": line, "contact": contact or "—"}
    return words.translations(language).gettext(POINTS[kind]).format_map(words.Facts(facts))


def facts_in_words(facts: Mapping[str, str], language: str, plan: Plan | None = None) -> dict[str, str]:
    """Facts with a person's words for wires, keys and sizes."""
    told = dict(facts)
    if "point" in told:
        told["point"] = point_in_words(told["point"], language)
    elif told.get("pin", "").isdigit():
        told["point"] = point_in_words(f"gpio {told['pin']}", language)
    for name in ("name", "owner"):
        if told.get(name, "").partition("/")[0] in CONTROLS and "/" in told[name]:
            told[name] = control_name(told[name], language, plan)
    if "port" in told:
        told.setdefault("group", usual_group(told["port"]))
    if language != "en" and re.fullmatch(r"\d+\.\d+", told.get("seconds", "")):
        told["seconds"] = told["seconds"].replace(".", ",")
    if told.get("free", "").isdigit():
        told["gigabytes"] = decimal(int(told["free"]) / 1000, language)
    return told


def usual_group(port: str) -> str:
    """The group that owns such a port on Raspberry Pi OS, for whoever doesn't know the real one."""
    return next((group for beginning, group in GROUPS.items() if port.startswith(beginning)), "dialout")


def decimal(value: float, language: str, digits: int = 1) -> str:
    """A number with the decimal mark of the language."""
    text = f"{value:.{digits}f}"
    return text if language == "en" else text.replace(".", ",")


def messages() -> Iterator[str]:
    """Every English sentence and name that a catalogue must have."""
    for table in (SENTENCES, TITLES, CONTROLS, CAPS, POINTS, VERDICTS):
        yield from table.values()


def _well_code(finding: Finding) -> str:
    if finding.check == "power" and finding.subject:
        return "well-power-contact"
    return f"well-{finding.check}"
