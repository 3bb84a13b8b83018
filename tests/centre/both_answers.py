"""Everything that a centre can be asked, by pages, listings and metrics: the same of any database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace

import httpx
from fastapi import FastAPI

from appliance.domain.indicators.period import INDICATORS
from sync.centre.key_tables import Device
from sync.centre.metrics import metrics_of
from sync.centre.thresholds import FIXED, MOBILE, NETWORK, scope_of
from sync.exposition import exposition
from tests.centre.both_databases import DAYS, LANGUAGES, OFFICES, PERIODS, SECOND_PLAN, Told
from tests.domain.clock import MORNING
from web.centre import mount_centre
from web.centre.reading import NotDoneError, PlanRefusedError, Reading
from web.centre.who import COOKIE

NOISE = ("process_cpu_seconds", "talon_watch_cpu_seconds", "talon_follow_seconds")
"""Metrics that tell of the machine."""


def answers(told: Told) -> dict[str, object]:
    """Everything that can be asked, by question. Every method of `Reading` that answers is among the questions."""
    return dict(_of_reading(told)) | dict(_beside(told))


def _of_reading(told: Told) -> Iterator[tuple[str, object]]:
    reading, clock = told.reading, told.clock
    names = [*(one.id for one in OFFICES), "no-such-office"]
    yield "zone", reading.zone
    yield "version", reading.version
    yield "now_ms", reading.now_ms()
    yield "offices", reading.offices()
    yield "tiles", reading.tiles()
    yield "alarms", reading.alarms()
    yield "hushes", reading.hushes()
    yield "past_alarms", reading.past_alarms(None, 1000)
    past = reading.past_alarms(None, 3)
    yield "past_alarms before", reading.past_alarms(None, 5, past[-1].id if past else None)
    yield "devices", [_plain(one) for one in reading.devices()]
    yield "own_limits", reading.own_limits()
    for scope in (NETWORK, FIXED, MOBILE, *(scope_of(name) for name in names)):
        yield f"limits {scope}", reading.limits(scope)
    for name in names:
        for language in LANGUAGES if name == "office-17" else LANGUAGES[2:]:
            yield f"office {name} {language}", reading.office(name, language)
        yield f"shelf {name}", reading.shelf(name)
        for number in (1, 2, 3):
            yield f"shelf_plan {name} {number}", reading.shelf_plan(name, number, "uk")
        yield f"check_plan {name}", _asked(lambda name=name: reading.check_plan(name, SECOND_PLAN, "ru"))
        yield f"stop_figures {name}", reading.stop_figures(name, DAYS[0], DAYS[3])
        yield f"past_alarms {name}", reading.past_alarms(name, 20)
        yield f"route {name}", reading.route(name)
        for seq in range(1, 12):
            yield f"order {name} {seq}", reading.order(name, seq)
        yield f"entries {name}", reading.entries(name, [9, 1, 4, 4, 30, 100_000])
        for indicator in list(INDICATORS)[:: 5 if name == "Barvikha" else 30]:
            yield f"behind {name} {indicator}", reading.behind(name, indicator, DAYS[0], DAYS[3])
    for first, last in PERIODS:
        yield f"report {first} {last}", _asked(lambda first=first, last=last: reading.report(first, last))
        yield f"versions {first} {last}", reading.versions(first, last)
    yield "clock", clock.ms
    yield "refused", told.refused
    yield "corrected", told.corrected


def _beside(told: Told) -> Iterator[tuple[str, object]]:
    """Listings that no page shows whole, and the metrics."""
    centre, now_ms = told.centre, told.clock.ms
    watching, alarms = centre.watching, centre.watching.alarms
    yield "people", centre.people.all()
    yield "person", centre.people.get(told.anna.id)
    yield "session", centre.people.session(told.token)
    yield "audit", centre.audit.deeds()
    for asked in ({"office": "Barvikha"}, {"person": told.anna.id}, {"act": "froze"}, {"before": 4, "limit": 2}):
        yield f"audit {sorted(asked)}", centre.audit.deeds(**asked)  # type: ignore[arg-type]
    yield "thresholds", watching.thresholds.changes()
    yield "advice", watching.advising.history(None, 0, now_ms)
    yield "hushes", alarms.hushes(now_ms)
    yield "alarms per hour", alarms.per_hour(MORNING, now_ms)
    yield "alarm steps", [alarms.steps(one.id) for one in alarms.history(None, 0, now_ms)]
    yield "open orders", centre.directives.open_orders()
    yield "frozen", centre.history.frozen()
    yield "tokens", [replace(one, id="") for one in centre.enrolling.tokens.all()]
    yield "images", centre.network.images()
    yield "doubts", {entry.id: centre.network.doubts(entry.id) for entry in OFFICES}
    for entry in OFFICES:
        yield f"plans {entry.id}", centre.plans.all(entry.id)
        head = centre.facts.head(entry.id)
        yield f"head {entry.id}", None if head is None else {n: repr(getattr(head, n)) for n in head.__slots__}
        yield f"facts {entry.id}", centre.facts.history(entry.id).between(1, 2**40, 100_000)
        yield f"spans {entry.id}", centre.facts.history(entry.id).spans(DAYS[0].isoformat(), DAYS[-1].isoformat())
    lines = exposition(metrics_of(centre)).splitlines()
    yield "metrics", [line for line in lines if not any(noise in str(line) for noise in NOISE)]


PAGES = (
    "/wall", "/wall?view=list", "/wall?mode=wall", "/alarms", "/network", "/audit", "/history?period=today",
    *(f"/office/{entry.id}" for entry in OFFICES), "/office/simulated/figure/waiting", "/office/office-17/entry/3",
    "/history?first=2026-11-24&last=2026-11-24", "/history?first=2026-11-24&last=2026-11-25&office=bus_1",
    "/history/period.csv?first=2026-11-24&last=2026-11-27", "/alarms/open", "/office/office-17/now",
)  # fmt: skip


LIFE_OF_A_PROCESS = re.compile(r' data-life="[0-9a-f]+"')
"""By which a wall notices that the centre was started anew."""


def pages(told: Told) -> dict[str, object]:
    """The HTML of the main pages in Ukrainian, of some in the other languages, as an administrator sees them."""
    app = FastAPI()
    mount_centre(app, told.reading, told.centre.people, told.centre.audit)
    return asyncio.run(_fetched(app, told.token))


async def _fetched(app: FastAPI, token: str) -> dict[str, object]:
    found: dict[str, object] = {}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies={COOKIE: token}) as client:
        for language in LANGUAGES:
            for page in PAGES if language == "uk" else PAGES[::8]:
                answer = await client.get(page, headers={"Accept-Language": language})
                found[f"{page} {language}"] = (answer.status_code, LIFE_OF_A_PROCESS.sub("", answer.text))
    return found


def different(some: Mapping[str, object], others: Mapping[str, object]) -> dict[str, str]:
    """The questions that were answered differently, with the first place where the answers part."""
    found = {}
    for question in [*some, *(one for one in others if one not in some)]:
        one, other = repr(some.get(question)), repr(others.get(question))
        if one != other:
            at = next(
                (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
            )
            found[question] = f"...{one[max(0, at - 80) : at + 80]} | ...{other[max(0, at - 80) : at + 80]}"
    return found


ACTS = {
    *("acknowledge", "issue", "freeze", "put_office", "new_token", "revoke", "rotate", "put_limit", "put_route"),
    *("decide", "hush", "lift", "put_plan"),
}
"""Methods of `Reading` that change something: the story uses every one."""


def asked_of_reading(found: Mapping[str, object]) -> set[str]:
    """Which methods of `Reading` were asked."""
    return {question.split(" ")[0] for question in found} & questions()


def questions() -> set[str]:
    """The methods of `Reading` that answer."""
    return {name for name in vars(Reading) if not name.startswith("_")} - ACTS - {"listen"}


def _asked(question: Callable[[], object]) -> object:
    try:
        return question()
    except NotDoneError as error:
        return error.code, dict(error.facts)
    except PlanRefusedError as error:
        return str(error)


def _plain(device: Device) -> object:
    """A device without what is random in it: signatures and nonces."""
    return {
        one.name: [
            {part.name: getattr(keys, part.name) for part in fields(keys) if part.name not in ("certificate", "sealed")}
            for keys in device.sets
        ]
        if one.name == "sets"
        else getattr(device, one.name)
        for one in fields(device)
    }
