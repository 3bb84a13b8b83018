"""An office in memory: the real rules, a virtual clock, and the journal that an office would have written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from appliance.domain.chain import GENESIS
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.domain.rules import decide, evolve
from appliance.simulation.scene import Scene
from appliance.store.journal import COLUMNS, row_of

UPTIME_AT_MIDNIGHT_MS = 60_000


class Book:
    """The office of a scene. `second` is the second of its day and only grows; the clock is always trusted."""

    def __init__(self, scene: Scene, second: float) -> None:
        self._scene = scene
        self._boot = f"{scene.seed:032x}"
        self._midnight_ms = scene.utc_ms(0)
        self._plans = {scene.plan.digest: scene.plan}
        self.office = Office()
        self.records: list[Record] = []
        self.second = second
        self.do(BeginIncarnation(scene.plan.office, f"life-{scene.seed}"), "simulation")
        self.do(AdoptPlan(scene.plan), "simulation")

    def now(self) -> Now:
        """The present of the rules."""
        ms = round(self.second * 1000)
        moment = Moment(self._midnight_ms + ms, True, self._boot, UPTIME_AT_MIDNIGHT_MS + ms)
        return Now(moment, self._scene.local(self.second))

    def do(self, command: Command, actor: str) -> Sequence[Event]:
        """Decide and note what follows; raises Refused as the rules do."""
        now = self.now()
        events = decide(self.office, command, now)
        for event in events:
            record = Record(self.office.seq + 1, now.moment, actor, event)
            self.office = evolve(self.office, record, self._plans.__getitem__)
            self.records.append(record)
        return events


def journal_lines(records: Sequence[Record]) -> Iterator[str]:
    """The journal as JSON lines, each row linked to the one before it: the shape of `talon journal --jsonl`."""
    chain = GENESIS
    for record in records:
        row = row_of(record, chain)
        chain = row[-1]
        values: dict[str, object] = dict(zip(COLUMNS, row, strict=True))
        values["body"] = json.loads(row[-2])
        values["chain"] = chain.hex()
        yield json.dumps(values, ensure_ascii=False)
