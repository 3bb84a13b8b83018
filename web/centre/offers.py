"""What may be done at an office with one press: directives that its situation calls for, the most useful first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.centre.pages import Pages
from web.centre.reading import OfficeView
from web.centre.wording import DEVICES, KINDS, MESSAGES, PAUSES, POLICIES, SURE
from web.language import text_in

VERSION = re.compile(r"^version\s*=\s*(\d+)", re.MULTILINE)
"""Where a plan's document tells its version."""

MOST_DESKS = 3
"""Reserve desks, and desks on a break, that are offered at once."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One button: what it says, the form it sends, the question of a heavy one."""

    words: str
    form: Mapping[str, Any]
    sure: str = ""
    main: bool = False


def said(kind: str, body: Mapping[str, Any], view: OfficeView, pages: Pages, code: str) -> str:
    """What a directive does, with the names that people of this office know."""
    choices = view.choices
    return directive_words(kind, body, pages, code, choices.services, choices.neighbours, choices.plans)


def version_of(body: Mapping[str, Any]) -> str:
    """The version of the plan that a directive brings along; '' where it brings none."""
    found = VERSION.search(str(body.get("plan", "")))
    return found[1] if found else ""


def directive_words(
    kind: str,
    body: Mapping[str, Any],
    pages: Pages,
    code: str,
    services: Mapping[str, str],
    offices: Mapping[str, str],
    plans: Mapping[int, str],
) -> str:
    """What a directive does; ids where there is no name, dashes for what its body doesn't say."""
    service = str(body.get("service") or "")
    version = body.get("version") or version_of(body)
    told: dict[str, object] = {
        "desk": body.get("desk", "—"),
        "service": services.get(service, service or "—"),
        "limit": body.get("limit", "—"),
        "minutes": body.get("wait_min", body.get("service_min", "—")),
        "policy": pages.word(POLICIES, body.get("kind", ""), code),
        "ticket": body.get("label", body.get("ticket", "—")),
        "text": text_in(body.get("texts") or {}, code),
        "to": offices.get(str(body.get("office")), body.get("office", "—")),
        "version": version or plans.get(body.get("shelf", 0), "—"),
        "device": pages.word(DEVICES, body.get("device", "—"), code),
    }
    return pages.say(KINDS.get(kind, kind), code, told)


def offers(view: OfficeView, pages: Pages, code: str) -> list[Offer]:
    """The buttons of an office now."""

    def offer(kind: str, *, main: bool = False, words: str = "", **form: Any) -> Offer:
        sure = pages.translate(SURE[kind], code) if kind in SURE else ""
        if sure:
            form["sure"] = True
        return Offer(words or said(kind, form, view, pages, code), {"kind": kind, **form}, sure, main)

    found: list[Offer] = []
    waiting = view.tile.figures.get("waiting")
    busy = waiting is not None and bool(waiting.value)
    if view.paused:
        found.append(offer("resume", main=True))
    reserve = [one for one in view.desks if one.reserve and one.state == "closed"]
    others = [one for one in view.desks if not one.reserve and one.state == "closed"]
    breaks = [one for one in view.desks if one.state == "break"]
    for index, one in enumerate(reserve[:MOST_DESKS]):
        found.append(offer("open-desk", desk=one.number, main=busy and not view.paused and index == 0))
    found += [offer("open-desk", desk=one.number) for one in others[: MOST_DESKS - len(reserve[:MOST_DESKS])]]
    found += [offer("end-break", desk=one.number) for one in breaks[:MOST_DESKS]]
    for standing in view.standing:
        if standing.end is not None:
            found.append(offer(standing.end.kind, **dict(standing.end.body)))
    if not any(one.kind == "show-message" for one in view.standing):
        words = said("show-message", {"texts": {code: pages.translate(MESSAGES["long-wait"], code)}}, view, pages, code)
        found.append(offer("show-message", ready="long-wait", minutes=30, words=words))
    faulty = next((one for one in view.devices if one.condition in ("fault", "missing")), None)
    if faulty is not None:
        found.append(offer("restart-device", device=faulty.id))
        found.append(offer("call-technician", note="other", device=faulty.id))
    if not view.paused:
        words = f"{pages.translate(KINDS['pause'], code)}: {pages.translate(PAUSES['alarm'], code)}"
        found.append(offer("pause", pause="alarm", words=words))
    return found
