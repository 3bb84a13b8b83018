"""Requests made from the API's own description, right and wrong: `python -m tests.api.fuzz --requests 2000`.

Every request is drawn from one seed, so a failure can be asked for again. A run prints how often each status came.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from appliance.api.asking import COOKIE
from appliance.api.openapi import COMMITTED
from appliance.domain.bell import PressBell
from appliance.domain.days import OpenDay
from appliance.domain.devices import NoteDevice
from appliance.domain.tickets import Told
from appliance.store.local import Role
from tests.api.halls import ADVICE, Hall
from tests.api.rig import PIN, Rig
from tests.web.technician_tools import FakeTools

SKIPPED = {"listen"}
"""A stream never ends by itself."""

TEXTS = [
    "", " ", "consult", "submit", "anna", "А", "A", "Б", "0", "-1", "null", "ё" * 90, "\x00", "\ud800", "🦅", "../..",
    "' OR 1=1 --", "{service}", "%s", "09:30", "99:99", "next", "repeat", "finish", "ru", "uk", PIN, "1" * 13,
    "0001-01-01", "9999-12-31",
]  # fmt: skip
SENSE = {
    "service": ["consult", "consult", "submit", "archive"],
    "also": ["consult", "submit"],
    "category": ["veteran", "large-family"],
    "reason": ["form", "lunch", "left"],
    "operator": ["anna", "vera", "oleh"],
    "pin": [PIN],
    "bell": ["ramp", "ramp", "yard"],
    "device": ["printer", "module/desks/1"],
    "on": ["2026-11-24", "2027-01-01"],
    "first": ["2026-11-24", "2026-11-24", "2026-11-01"],
    "last": ["2026-11-24", "2026-11-24", "2026-11-30"],
    "indicator": ["issued", "wait_mean", "over_norm", "paused", "turned_away"],
    "key": ["consult", "veteran", "9", "1", "anna"],
    "document": [Hall(version=2, limit=0).document, Hall(version=3, limit=9).document, Hall(office="other").document],
}
"""Texts that a field of this name may really have."""

NUMBERS = [0, 1, 2, 3, 7, 999, 1000, 9001, -1, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, 10**30, 1.5, True]
HEADERS = [
    *[{}] * 20, {"Accept-Language": "uk"}, {"Accept-Language": "ru;q=x,,;"}, {"Idempotency-Key": "k1"},
    {"Idempotency-Key": "k2"}, {"Idempotency-Key": "a b"}, {"Origin": "http://evil.example"}, {"Host": "evil.example"},
    {"Cookie": "talon_session=x; ="}, {"Sec-Fetch-Site": "cross-site"}, {"Accept": "image/png"},
]  # fmt: skip
RAW = [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"a":' * 2000, b"{}" * 9000, b'{"service": Infinity}']


@dataclass
class Outcome:
    """What a run met. `bad` are requests that were answered with 500, or with a status nobody documented."""

    by_status: Counter[int] = field(default_factory=Counter)
    by_operation: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)


class Maker:
    """Draws requests."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.document = json.loads(COMMITTED.read_text(encoding="utf-8"))
        self.operations = [
            (path, method, operation)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            if operation["operationId"] not in SKIPPED
        ]

    def request(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """An operation and the arguments of one request to it."""
        path, method, operation = self.random.choice(self.operations)
        query = {}
        for parameter in operation.get("parameters", ()):
            value = self.value(parameter["schema"], parameter["name"])
            if parameter["in"] == "path":
                text = quote(str(value).encode("utf-8", "replace"), safe="")
                path = path.replace("{" + parameter["name"] + "}", text or "x")
            elif parameter["in"] == "query" and self.random.random() < 0.5:
                query[parameter["name"]] = str(value).encode("utf-8", "replace").decode()
        arguments: dict[str, Any] = {"method": method.upper(), "url": path, "params": query}
        headers: dict[str, str] = dict(self.random.choice(HEADERS))
        body = operation.get("requestBody")
        if body is not None:
            content = self.body(body["content"]["application/json"]["schema"])
            arguments["content"] = content
            headers.setdefault("Content-Type", self.random.choice(["application/json"] * 12 + ["text/plain"]))
        arguments["headers"] = headers
        return operation, arguments

    def body(self, schema: dict[str, Any]) -> bytes:
        if self.random.random() < 0.1:
            return self.random.choice(RAW)
        return json.dumps(self.value(schema)).encode()

    def value(self, schema: dict[str, Any], name: str = "") -> Any:
        """A value that fits the schema, or now and then one that doesn't."""
        if self.random.random() < 0.04:
            return self.random.choice([None, [], {}, *TEXTS[:6], *NUMBERS[:6]])
        if "$ref" in schema:
            return self.value(self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        if "anyOf" in schema:
            return self.value(self.random.choice(schema["anyOf"]), name)
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        kind = schema.get("type")
        if kind == "object":
            required, share = schema.get("required", ()), self.random.choice([0.0, 0.2, 0.6])
            made = {
                name: self.value(inner, name)
                for name, inner in schema.get("properties", {}).items()
                if name in required or self.random.random() < share
            }
            if self.random.random() < 0.05:
                made["extra"] = 1
            return made
        if kind == "integer":
            return self.random.choice([*NUMBERS, self.random.randint(1, 9)] + [1, 2, 3] * 8)
        if kind == "boolean":
            return self.random.choice([True, False])
        if kind == "null":
            return None
        if kind == "array":
            return [self.value(schema["items"], name) for _ in range(self.random.choice([0, 1, 1, 2, 9]))]
        if name in SENSE and self.random.random() < 0.8:
            return self.random.choice(SENSE[name])
        return self.random.choice([*TEXTS, *["consult", "submit", "anna", PIN] * 12])


def morning(rig: Rig) -> list[str]:
    """Cookies of everybody who may ask, and an open day: the storm closes both again and again."""
    if rig.office.open_day is None:
        rig.do(OpenDay())
    rig.do(PressBell("ramp"))
    rig.do(NoteDevice("printer", "fault", "paper-out"))
    people: list[tuple[Role, str | None, int | None]] = [
        ("owner", None, None),
        ("operator", "anna", 1),
        ("operator", "vera", 2),
        ("operator", "oleh", None),
    ]
    return ["", *(f"{COOKIE}={rig.local.begin_session(*person)}" for person in people)]


async def storm(rig: Rig, requests: int, seed: int) -> Outcome:
    """Ask `requests` times, as nobody, as an operator and as the owner in turn."""
    maker, outcome = Maker(seed), Outcome()
    transport = httpx.ASGITransport(rig.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        cookies: list[str] = []
        for number in range(requests):
            if number % 25 == 0:
                cookies = morning(rig)
            operation, arguments = maker.request()
            headers = arguments["headers"]
            cookie = maker.random.choice(cookies)
            if cookie:
                headers.setdefault("Cookie", cookie)
            client.cookies.clear()
            rig.clock.later(0.5)
            rig.wall_s += 0.5
            answer = await client.request(**arguments)
            outcome.by_status[answer.status_code] += 1
            outcome.by_operation[operation["operationId"]] += 1
            known = set(operation["responses"]) | {"404", "405", "400"}
            if (answer.status_code >= 500 and answer.status_code != 503) or str(answer.status_code) not in known:
                outcome.bad.append(f"{answer.status_code} {arguments} {answer.text[:300]}")
            elif answer.status_code >= 400 and "json" not in answer.headers.get("content-type", ""):
                outcome.bad.append(f"no problem: {answer.status_code} {arguments}")
    return outcome


def run(folder: Path, requests: int, seed: int) -> Outcome:
    """One office, one storm."""
    rig = Rig(folder, Hall(limit=0))
    rig.waits.known = {"consult": Told(0, 60, 30, 30), "archive": Told(0, 10**6, 10**5, 0)}
    rig.waits.advised = ADVICE
    rig.context.technician = FakeTools(folder=folder)
    try:
        for name in ("anna", "vera", "oleh"):
            rig.local.put_operator(name, name, PIN)
        outcome = asyncio.run(storm(rig, requests, seed))
        assert rig.deaths == []
        assert rig.writer.alive
        return outcome
    finally:
        rig.close()


def main() -> int:
    """Print the counts; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder), chosen.requests, chosen.seed)
    for status, count in sorted(outcome.by_status.items()):
        print(f"{status}: {count}")
    print(f"{len(outcome.by_operation)} operations, seed {chosen.seed}, {len(outcome.bad)} wrong answers")
    for line in outcome.bad[:10]:
        print(line)
    return 1 if outcome.bad else 0


if __name__ == "__main__":
    sys.exit(main())
